/**
 * What Node tells about its own process, for the process metrics.
 *
 * @module
 */

import { readdirSync } from 'node:fs';
import type { ProcessReading } from '../../telemetry/process-metrics.ts';

const START_TIME_SECONDS = performance.timeOrigin / 1000;

export function readProcess(): ProcessReading {
  const cpu = process.cpuUsage();
  const memory = process.memoryUsage();
  return {
    cpuUserSeconds: cpu.user / 1e6,
    cpuSystemSeconds: cpu.system / 1e6,
    residentBytes: memory.rss,
    heapUsedBytes: memory.heapUsed,
    startTimeSeconds: START_TIME_SECONDS,
    ...openFiles(),
  };
}

/** Linux tells open descriptors as directory entries; elsewhere the metric is left out. */
function openFiles(): { openFds?: number } {
  try {
    return { openFds: readdirSync('/proc/self/fd').length };
  } catch {
    return {};
  }
}

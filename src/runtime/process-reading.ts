/**
 * What a process tells about itself, in the units of the process metrics.
 *
 * @module
 */

import type { ProcessReading } from '../telemetry/process-metrics.ts';

const START_TIME_SECONDS: number = performance.timeOrigin / 1000;

/**
 * @param cpu microseconds in user and system mode
 * @param memory bytes
 * @param countOpenFiles throws where the system does not tell; the metric is left out then
 */
export function toProcessReading(
  cpu: { readonly user: number; readonly system: number },
  memory: { readonly rss: number; readonly heapUsed: number },
  countOpenFiles?: () => number,
): ProcessReading {
  const reading: ProcessReading = {
    cpuUserSeconds: cpu.user / 1e6,
    cpuSystemSeconds: cpu.system / 1e6,
    residentBytes: memory.rss,
    heapUsedBytes: memory.heapUsed,
    startTimeSeconds: START_TIME_SECONDS,
  };
  try {
    if (countOpenFiles !== undefined) reading.openFds = countOpenFiles();
  } catch {
    // Only Linux lists open descriptors as files.
  }
  return reading;
}

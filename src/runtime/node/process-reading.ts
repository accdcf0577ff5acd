/**
 * What Node tells about its own process, for the process metrics.
 *
 * @module
 */

import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { ProcessReading } from '../../telemetry/process-metrics.ts';
import { toProcessReading } from '../process-reading.ts';
import { logLines } from './log-lines.ts';

/** Time between two looks at the clock, in milliseconds: that much of a delay is no delay. */
const RESOLUTION_MS = 20;

/** Nobody pays for the watch who never reads it. */
let delays: ReturnType<typeof monitorEventLoopDelay> | null = null;
let utilization = performance.eventLoopUtilization();

export function readProcess(): ProcessReading {
  return {
    ...toProcessReading(
      process.cpuUsage(),
      process.memoryUsage(),
      () => readdirSync('/proc/self/fd').length,
    ),
    ...readEventLoop(),
    logLinesDropped: logLines.dropped,
  };
}

/** Since the reading before. The first one begins the watch, and has no lag to tell. */
function readEventLoop(): Pick<ProcessReading, 'eventLoopLagSeconds' | 'eventLoopUtilization'> {
  const before = utilization;
  utilization = performance.eventLoopUtilization();
  const eventLoopUtilization = performance.eventLoopUtilization(utilization, before).utilization;
  if (delays === null) {
    delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    delays.enable();
    return { eventLoopUtilization };
  }
  const lagMs = delays.count === 0 ? 0 : delays.max / 1e6 - RESOLUTION_MS;
  delays.reset();
  return { eventLoopUtilization, eventLoopLagSeconds: Math.max(0, lagMs) / 1000 };
}

/**
 * What Node tells about its own process, for the process metrics.
 *
 * @module
 */

import { readdirSync } from 'node:fs';
import type { ProcessReading } from '../../telemetry/process-metrics.ts';
import { toProcessReading } from '../process-reading.ts';

export function readProcess(): ProcessReading {
  return toProcessReading(
    process.cpuUsage(),
    process.memoryUsage(),
    () => readdirSync('/proc/self/fd').length,
  );
}

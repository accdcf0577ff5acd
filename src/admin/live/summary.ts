/**
 * What a reader has read, with percentiles in the place of counts.
 *
 * @module
 */

import { percentiles } from '../../telemetry/live/latency.ts';
import type { LiveUpdate } from '../../telemetry/live/view.ts';
import type { TargetCheck } from '../health.ts';
import type { PageUpdate } from './protocol.ts';

export function summarize(update: LiveUpdate, upstream: TargetCheck | null): PageUpdate {
  const { rows, missed, seconds, standing, tools } = update;
  return {
    rows,
    missed,
    seconds: seconds.map(({ latency, ...second }) => ({
      ...second,
      latency: percentiles(latency),
    })),
    standing,
    tools: tools.map(({ latency, ...tool }) => ({ ...tool, latency: percentiles(latency) })),
    upstream,
  };
}

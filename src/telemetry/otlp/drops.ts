/**
 * What telemetry loses: counted, and told once for each time that things go wrong.
 *
 * @module
 */

import type { DropReason } from '../../delivery/batch-queue.ts';
import type { Logger } from '../log.ts';
import type { MetricDefinition, MetricsStore } from '../metrics-store.ts';
import type { OtlpSignal } from './settings.ts';

export const TELEMETRY_DROPPED: MetricDefinition = {
  name: 'weir_telemetry_dropped_total',
  type: 'counter',
  help: 'Spans, log records and data points that were not delivered to the collector.',
  labels: ['signal', 'reason'],
};

/** Reasons that show before anything was lost, so that an alert has something to compare with. */
const SHOWN_REASONS: readonly DropReason[] = ['queue_full', 'rejected', 'refused', 'attempts'];

/** What was told as trouble already. */
const TOLD_REASONS: ReadonlySet<DropReason> = new Set(['refused', 'attempts']);

/** Shortest time between two lines about the same signal, in milliseconds. */
const QUIET_MS = 60_000;

/** The losses and troubles of one signal. */
export interface Drops {
  dropped(count: number, reason: DropReason): void;
  /** Deliveries have begun to fail: one line. */
  trouble(message: string): void;
}

/** @param store null where nothing can be counted */
export function createDrops(store: MetricsStore | null, logger: Logger, signal: OtlpSignal): Drops {
  const family = store?.counter(TELEMETRY_DROPPED);
  for (const reason of SHOWN_REASONS) family?.with(signal, reason);
  let quietUntil = Number.NEGATIVE_INFINITY;
  return {
    dropped(count, reason) {
      family?.with(signal, reason).add(count);
      const now = Date.now();
      if (TOLD_REASONS.has(reason) || now < quietUntil) return;
      quietUntil = now + QUIET_MS;
      logger.warn('telemetry was lost', { signal, reason, count });
    },
    trouble(message) {
      logger.warn(message, { signal });
    },
  };
}

/**
 * Spans or log records on their way to the collector, in a bounded queue.
 *
 * @module
 */

import { BatchQueue } from '../../delivery/batch-queue.ts';
import type { Drops } from './drops.ts';
import type { OtlpReceiver } from './receiver.ts';
import type { OtlpQueueSettings } from './settings.ts';

/** Attempts for one batch: some 15 to 30 seconds, while others wait behind it. */
const ATTEMPTS = 6;

export interface SignalQueueOptions<Item> {
  readonly receiver: OtlpReceiver<readonly Item[]>;
  readonly settings: OtlpQueueSettings;
  readonly drops: Drops;
  /** `manual` where nothing runs outside of a request. */
  readonly start: 'timers' | 'manual';
  /** From 0 up to 1. */
  readonly random: () => number;
}

export function createSignalQueue<Item>({
  receiver,
  settings,
  drops,
  start,
  random,
}: SignalQueueOptions<Item>): BatchQueue<Item> {
  const { queueRecords, batchRecords, batchInterval } = settings;
  return new BatchQueue({
    sink: {
      batch: {
        // A batch that the queue has no room for would never be full.
        maxRecords: Math.min(batchRecords, queueRecords),
        maxBytes: Number.POSITIVE_INFINITY,
        lingerMs: batchInterval,
      },
      write: (items, signal) => receiver.send(items, signal),
    },
    // Their makers cut what they hold, so their number bounds their size.
    sizeOf: () => 1,
    onFull: 'drop',
    maxRecords: queueRecords,
    maxBytes: Number.POSITIVE_INFINITY,
    attempts: ATTEMPTS,
    start,
    random,
    onDropped: (count, reason) => drops.dropped(count, reason),
    onTrouble: (message) => drops.trouble(message),
    onRoom() {},
  });
}

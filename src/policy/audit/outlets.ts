/**
 * Sinks with their queues, and in what form records wait in them.
 *
 * @module
 */

import { BatchQueue, type BatchQueueOptions, type OnFull } from '../../delivery/batch-queue.ts';
import { utf8Length } from '../../redact/safe-text.ts';
import { formatRecord, writeRecord } from './formats.ts';
import type { AuditRecord } from './record.ts';
import type { AuditFormat } from './settings.ts';
import type { AuditEntry, AuditSink, LineAuditSink } from './sink.ts';
import { LineStore, type StoredLine } from './stored-lines.ts';

/** Where records wait for one sink. */
export interface AuditOutlet {
  readonly onFull: OnFull;
  /** Records there is still room for; 0 when it is full. */
  readonly room: number;
  offer(record: AuditRecord): void;
  flush(): Promise<void>;
  close(deadlineMs: number): Promise<void>;
}

/** What all queues of an audit are told. */
export type OutletOptions = Omit<BatchQueueOptions<never>, 'sink' | 'sizeOf' | 'onSettled'>;

/** For a sink that only takes lines: they wait as bytes. */
export function lineOutlet(
  sink: LineAuditSink,
  format: AuditFormat,
  options: OutletOptions,
): AuditOutlet {
  const store = new LineStore();
  const queue = new BatchQueue<StoredLine>({
    ...options,
    sink,
    sizeOf: ({ bytes }) => bytes,
    onSettled: (lines) => store.release(lines),
  });
  return outlet(queue, (record) => {
    store.begin();
    writeRecord(record, format, store);
    return store.end();
  });
}

/** For a sink that looks into records. */
export function recordOutlet(
  sink: AuditSink,
  format: AuditFormat,
  options: OutletOptions,
): AuditOutlet {
  const queue = new BatchQueue<AuditEntry>({ ...options, sink, sizeOf: ({ bytes }) => bytes });
  return outlet(queue, (record) => {
    const line = formatRecord(record, format);
    return { record, line, bytes: utf8Length(line) + 1 };
  });
}

function outlet<Item>(queue: BatchQueue<Item>, toItem: (record: AuditRecord) => Item): AuditOutlet {
  return {
    onFull: queue.onFull,
    get room() {
      return queue.room;
    },
    offer: (record) => queue.offer(toItem(record)),
    flush: () => queue.flush(),
    close: (deadlineMs) => queue.close(deadlineMs),
  };
}

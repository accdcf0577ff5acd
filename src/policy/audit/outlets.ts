/**
 * Sinks with their queues, and in what form records wait in them.
 *
 * @module
 */

import { BatchQueue, type BatchQueueOptions, type OnFull } from '../../delivery/batch-queue.ts';
import { utf8Length } from '../../redact/safe-text.ts';
import type { AuditRecord } from './record.ts';
import type { AuditEntry, AuditSink, LineAuditSink } from './sink.ts';
import { LineStore, type StoredLine } from './stored-lines.ts';

/** Where records wait for one sink. */
export interface AuditOutlet {
  readonly onFull: OnFull;
  /** Records there is still room for; 0 when it is full. */
  readonly room: number;
  /** @param line the record as JSON, without a line break */
  offer(record: AuditRecord, line: string): void;
  flush(): Promise<void>;
  close(deadlineMs: number): Promise<void>;
}

/** What all queues of an audit are told. */
export type OutletOptions = Omit<BatchQueueOptions<never>, 'sink' | 'sizeOf' | 'onSettled'>;

/** For a sink that only takes lines: they wait as bytes. */
export function lineOutlet(sink: LineAuditSink, options: OutletOptions): AuditOutlet {
  const store = new LineStore();
  const queue = new BatchQueue<StoredLine>({
    ...options,
    sink,
    sizeOf: ({ bytes }) => bytes,
    onSettled: (lines) => store.release(lines),
  });
  return outlet(queue, (_record, line) => store.put(line));
}

/** For a sink that looks into records. */
export function recordOutlet(sink: AuditSink, options: OutletOptions): AuditOutlet {
  const queue = new BatchQueue<AuditEntry>({ ...options, sink, sizeOf: ({ bytes }) => bytes });
  return outlet(queue, (record, line) => ({ record, line, bytes: utf8Length(line) + 1 }));
}

function outlet<Item>(
  queue: BatchQueue<Item>,
  toItem: (record: AuditRecord, line: string) => Item,
): AuditOutlet {
  return {
    onFull: queue.onFull,
    get room() {
      return queue.room;
    },
    offer: (record, line) => queue.offer(toItem(record, line)),
    flush: () => queue.flush(),
    close: (deadlineMs) => queue.close(deadlineMs),
  };
}

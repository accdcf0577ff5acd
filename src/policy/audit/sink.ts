/**
 * Where audit records go.
 *
 * @module
 */

import type { BatchSink } from '../../delivery/batch-queue.ts';
import type { AuditRecord } from './record.ts';
import type { StoredLine } from './stored-lines.ts';

export type { BatchShape } from '../../delivery/batch-queue.ts';
export { DeliveryError } from '../../delivery/delivery-error.ts';

/** A record on its way: shared by all sinks, which do not change it. */
export interface AuditEntry {
  readonly record: AuditRecord;
  /** JSON, without a line break. */
  readonly line: string;
  /** Length of the line as UTF-8, with its line break. */
  readonly bytes: number;
}

/** Takes records in batches. */
export type AuditSink = BatchSink<AuditEntry>;

/** Takes lines in batches. They stay as they are until the write has settled. */
export type LineAuditSink = BatchSink<StoredLine>;

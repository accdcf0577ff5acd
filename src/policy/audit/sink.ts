/**
 * Where audit records go.
 *
 * @module
 */

import type { AuditRecord } from './record.ts';

/** A record on its way: shared by all sinks, which do not change it. */
export interface AuditEntry {
  readonly record: AuditRecord;
  /** JSON, without a line break. */
  readonly line: string;
  /** Length of the line as UTF-8, with its line break. */
  readonly bytes: number;
}

/** How a sink wants its records. */
export interface BatchShape {
  readonly maxRecords: number;
  readonly maxBytes: number;
  /** How long the first record of a batch may wait for others, in milliseconds. */
  readonly lingerMs: number;
}

export interface AuditSink {
  readonly batch: BatchShape;
  /**
   * Delivers records, in order; called again only when it has settled. Resolves to the number of
   * records that the other side will never take.
   *
   * @param signal aborted when there is no more time
   * @throws {DeliveryError} when nothing was delivered
   */
  write(entries: readonly AuditEntry[], signal: AbortSignal): Promise<number>;
  close?(): Promise<void>;
}

/** A batch was not delivered. The message is one line and holds nothing of a record. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
  /** It will not be delivered later either, unless something is changed elsewhere. */
  readonly permanent: boolean;
  /** When the other side wants to be asked again, in milliseconds from now; null when it did not say. */
  readonly retryAfterMs: number | null;

  constructor(
    message: string,
    {
      permanent = false,
      retryAfterMs = null,
    }: { permanent?: boolean; retryAfterMs?: number | null } = {},
  ) {
    super(message);
    this.permanent = permanent;
    this.retryAfterMs = retryAfterMs;
  }
}

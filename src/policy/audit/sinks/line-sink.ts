/**
 * Writes records as lines to standard output, or to whatever takes lines.
 *
 * @module
 */

import { type AuditEntry, type AuditSink, type BatchShape, DeliveryError } from '../sink.ts';

/** Writes whole lines; a promise tells when the other side has taken them. */
export type WriteLines = (lines: string) => void | Promise<void>;

/** Lines of one write: small, since what reads a pipe takes 64 KiB at a time. */
const BATCH: BatchShape = { maxRecords: 100, maxBytes: 65_536, lingerMs: 10 };

export class LineSink implements AuditSink {
  readonly batch: BatchShape = BATCH;
  readonly #write: WriteLines;

  constructor(write: WriteLines) {
    this.#write = write;
  }

  async write(entries: readonly AuditEntry[]): Promise<number> {
    let lines = '';
    for (const { line } of entries) lines += `${line}\n`;
    try {
      await this.#write(lines);
    } catch {
      throw new DeliveryError('standard output does not take audit records');
    }
    return 0;
  }
}

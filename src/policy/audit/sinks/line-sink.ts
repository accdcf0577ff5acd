/**
 * Writes records as lines to standard output, or to whatever takes lines.
 *
 * @module
 */

import { type BatchShape, DeliveryError, type LineAuditSink } from '../sink.ts';
import { type StoredLine, toPieces } from '../stored-lines.ts';

/** Writes whole lines; a promise tells when the other side has taken them. */
export type WriteLines = (lines: string) => void | Promise<void>;

/** Lines of one write: small, since what reads a pipe takes 64 KiB at a time. */
const BATCH: BatchShape = { maxRecords: 100, maxBytes: 65_536, lingerMs: 10 };

const decoder = new TextDecoder();

export class LineSink implements LineAuditSink {
  readonly batch: BatchShape = BATCH;
  readonly #write: WriteLines;

  constructor(write: WriteLines) {
    this.#write = write;
  }

  async write(lines: readonly StoredLine[]): Promise<number> {
    let text = '';
    for (const piece of toPieces(lines)) text += decoder.decode(piece);
    try {
      await this.#write(text);
    } catch {
      throw new DeliveryError('standard output does not take audit records');
    }
    return 0;
  }
}

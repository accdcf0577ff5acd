/**
 * Limits on what comes back: counted on the way, the bytes untouched.
 *
 * @module
 */

import { type ByteRewriter, ResponseRefused } from '../../exchange/guard.ts';
import { CR, LF, LineEndFinder } from '../../protocol/sse/line-end.ts';
import { decisionOf } from './refusals.ts';

const COLON = 0x3a;

/** The response, or one event of it, is longer than allowed. */
export function responseTooLarge(
  limit: 'responseBytes' | 'eventBytes',
  max: number,
): ResponseRefused {
  const what = limit === 'responseBytes' ? 'response' : 'event of the response';
  return new ResponseRefused(
    decisionOf(limit, limit === 'responseBytes' ? 'response_too_large' : 'event_too_large'),
    `The ${what} is longer than ${max} bytes`,
  );
}

/** Lets at most so many bytes through. */
export class ResponseSizeLimit implements ByteRewriter {
  readonly #max: number;
  #passed = 0;

  constructor(maxBytes: number) {
    this.#max = maxBytes;
  }

  write(bytes: Uint8Array): Uint8Array {
    this.#passed += bytes.byteLength;
    if (this.#passed > this.#max) throw responseTooLarge('responseBytes', this.#max);
    return bytes;
  }

  end(): Uint8Array {
    return EMPTY;
  }
}

/**
 * Lets events of at most so many bytes through: their lines as sent, each line end counted as one,
 * and comments not counted, as long as a single one is no longer itself. A chunk with a longer
 * event does not pass at all.
 */
export class EventSizeLimit implements ByteRewriter {
  readonly #max: number;
  /** Of the event's lines that are complete. */
  #eventBytes = 0;
  /** Of the line under way. */
  #lineBytes = 0;
  #lineIsComment = false;
  /** The last chunk ended in CR: an LF that comes now belongs to it. */
  #skipLf = false;

  constructor(maxBytes: number) {
    this.#max = maxBytes;
  }

  write(bytes: Uint8Array): Uint8Array {
    const { length } = bytes;
    if (length === 0) return bytes;
    let position = this.#skipLf && bytes[0] === LF ? 1 : 0;
    this.#skipLf = false;
    const finder = new LineEndFinder(bytes);
    while (position < length) {
      const lineEnd = finder.find(position);
      if (this.#lineBytes === 0) this.#lineIsComment = bytes[position] === COLON;
      this.#lineBytes += lineEnd - position;
      this.#check();
      if (lineEnd === length) break;
      position = lineEnd + 1;
      if (bytes[lineEnd] === CR) {
        if (position === length) this.#skipLf = true;
        else if (bytes[position] === LF) position++;
      }
      this.#endLine();
    }
    return bytes;
  }

  end(): Uint8Array {
    return EMPTY;
  }

  #endLine(): void {
    if (this.#lineBytes === 0) this.#eventBytes = 0;
    else if (!this.#lineIsComment) this.#eventBytes += this.#lineBytes + 1;
    this.#lineBytes = 0;
    this.#check();
  }

  #check(): void {
    const bytes = this.#lineIsComment ? this.#lineBytes : this.#eventBytes + this.#lineBytes;
    if (bytes > this.#max) throw responseTooLarge('eventBytes', this.#max);
  }
}

const EMPTY = new Uint8Array(0);

/** One after the other. */
export class BothLimits implements ByteRewriter {
  readonly #first: ByteRewriter;
  readonly #second: ByteRewriter;

  constructor(first: ByteRewriter, second: ByteRewriter) {
    this.#first = first;
    this.#second = second;
  }

  write(bytes: Uint8Array): Uint8Array {
    return this.#second.write(this.#first.write(bytes));
  }

  end(): Uint8Array {
    return EMPTY;
  }
}

/**
 * Undoes the chunked transfer coding (RFC 9112 §7.1). Extensions and trailers are dropped, within
 * bounds.
 *
 * @module
 */

import { ResponseSyntaxError } from './syntax-error.ts';

/** Longest line of a chunk's size with its extensions, and all trailers together, in bytes. */
const MAX_LINES_BYTES = 16 * 1024;
/** Hexadecimal digits of a chunk's size: fewer than would make a number inexact. */
const MAX_SIZE_DIGITS = 13;

const CR = 0x0d;
const LF = 0x0a;

// What the next byte belongs to.
const SIZE = 0;
const EXTENSION = 1;
const SIZE_LF = 2;
const DATA = 3;
const DATA_CR = 4;
const DATA_LF = 5;
/** The first byte of a trailer, or of the empty line that ends it all. */
const TRAILER_START = 6;
const TRAILER = 7;
const TRAILER_LF = 8;
const LAST_LF = 9;
const ENDED = 10;

export class ChunkedReader {
  readonly #onData: (bytes: Uint8Array<ArrayBuffer>) => void;
  #state = SIZE;
  #digits = 0;
  #bytesLeft = 0;
  #lineBytes = 0;

  constructor(onData: (bytes: Uint8Array<ArrayBuffer>) => void) {
    this.#onData = onData;
  }

  get ended(): boolean {
    return this.#state === ENDED;
  }

  /**
   * Reads from `from` to the end of the body or of the bytes; returns where it stopped.
   *
   * @throws {ResponseSyntaxError}
   */
  read(bytes: Uint8Array<ArrayBuffer>, from: number): number {
    let i = from;
    while (i < bytes.length && this.#state !== ENDED) {
      if (this.#state === DATA) {
        const end = Math.min(bytes.length, i + this.#bytesLeft);
        this.#bytesLeft -= end - i;
        this.#onData(bytes.subarray(i, end));
        i = end;
        if (this.#bytesLeft === 0) this.#state = DATA_CR;
      } else {
        this.#step(bytes[i] as number);
        i++;
      }
    }
    return i;
  }

  #step(byte: number): void {
    switch (this.#state) {
      case SIZE: {
        const digit = hexDigit(byte);
        if (digit !== -1 && this.#digits < MAX_SIZE_DIGITS) {
          this.#digits++;
          this.#bytesLeft = this.#bytesLeft * 16 + digit;
        } else if (this.#digits > 0 && (byte === 0x3b || byte === 0x20 || byte === 0x09)) {
          this.#state = EXTENSION;
        } else if (this.#digits > 0 && byte === CR) {
          this.#state = SIZE_LF;
        } else {
          throw malformed();
        }
        return;
      }
      case EXTENSION:
        if (byte === CR) this.#state = SIZE_LF;
        else this.#countLine(byte);
        return;
      case SIZE_LF:
        this.#expect(byte, LF, this.#bytesLeft === 0 ? TRAILER_START : DATA);
        this.#digits = 0;
        this.#lineBytes = 0;
        return;
      case DATA_CR:
        this.#expect(byte, CR, DATA_LF);
        return;
      case DATA_LF:
        this.#expect(byte, LF, SIZE);
        return;
      case TRAILER_START:
        this.#state = byte === CR ? LAST_LF : TRAILER;
        if (byte !== CR) this.#countLine(byte);
        return;
      case TRAILER:
        if (byte === CR) this.#state = TRAILER_LF;
        else this.#countLine(byte);
        return;
      case TRAILER_LF:
        this.#expect(byte, LF, TRAILER_START);
        return;
      default:
        this.#expect(byte, LF, ENDED);
    }
  }

  #expect(byte: number, expected: number, next: number): void {
    if (byte !== expected) throw malformed();
    this.#state = next;
  }

  /** A byte of what is dropped: it may not hide the end of its line, nor go on for ever. */
  #countLine(byte: number): void {
    this.#lineBytes++;
    if (byte === LF || byte === 0 || this.#lineBytes > MAX_LINES_BYTES) throw malformed();
  }
}

function malformed(): ResponseSyntaxError {
  return new ResponseSyntaxError('the chunks of the response are malformed');
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

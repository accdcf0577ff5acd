/**
 * One chunk of input, prepared for the search that most bytes of a body go through: where does
 * the plain text of a string stop?
 *
 * @module
 */

import { ENDS_PLAIN_RUN } from './byte-tables.ts';

/** Chunks shorter than this are read byte by byte: a second view would cost more than it saves. */
const MIN_WORD_CHUNK_BYTES = 512;

const NO_BYTES = new Uint8Array(0);

/** The bytes of a chunk and, over the same memory, a view that reads 32-bit words. */
export class Chunk {
  bytes: Uint8Array = NO_BYTES;
  #view: DataView | null = null;

  constructor(bytes: Uint8Array = NO_BYTES) {
    this.set(bytes);
  }

  /** Looks at `bytes` from now on. They are read, never written or copied. */
  set(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.#view =
      bytes.length < MIN_WORD_CHUNK_BYTES
        ? null
        : new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Lets go of the memory last set. */
  clear(): void {
    this.bytes = NO_BYTES;
    this.#view = null;
  }

  /** Index of the first quote, backslash or control character from `index` on, or the length. */
  endOfPlainRun(index: number): number {
    const bytes = this.bytes;
    const view = this.#view;
    let i = index;
    if (view !== null) {
      const lastPair = bytes.length - 8;
      while (i <= lastPair) {
        const first = runEndsIn(view.getInt32(i, true));
        if (first !== 0) return i + lowestByte(first);
        const second = runEndsIn(view.getInt32(i + 4, true));
        if (second !== 0) return i + 4 + lowestByte(second);
        i += 8;
      }
    }
    while (i < bytes.length && ENDS_PLAIN_RUN[bytes[i]!] === 0) i++;
    return i;
  }
}

/**
 * Four bytes in one step: the top bit of the first byte that is below 0x20, a quote or a backslash
 * is set in the answer, which is 0 when there is none. Each subtraction borrows into the top bit
 * of a byte that is too small for it. The first exclusive or gives a quote the place of the space,
 * right above the control characters, so that one subtraction finds them all; the second makes a
 * backslash zero. A borrow may reach the bytes above, so only the lowest set bit means something.
 */
function runEndsIn(word: number): number {
  const low = (word ^ 0x02020202) - 0x21212121;
  const backslash = (word ^ 0x5c5c5c5c) - 0x01010101;
  return (low | backslash) & ~word & 0x80808080;
}

/**
 * Which byte of a little-endian word, 0 to 3, holds the lowest set bit. Branches, for what comes
 * next need not wait for the outcome of one that is guessed.
 */
function lowestByte(word: number): number {
  if ((word & 0xffff) !== 0) return (word & 0xff) !== 0 ? 0 : 1;
  return (word & 0xffffff) !== 0 ? 2 : 3;
}

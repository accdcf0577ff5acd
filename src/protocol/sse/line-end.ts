/**
 * The search for line ends, where a splitter spends its time.
 *
 * @module
 */

export const LF = 0x0a;
export const CR = 0x0d;

/** A line is searched byte by byte so far, and word by word beyond. */
const BYTEWISE_BYTES = 32;

/** Chunks below this are searched byte by byte altogether: a view of words would cost more. */
const WORDWISE_CHUNK_BYTES = 128;

/** Positions up to here can be shifted like integers. */
const MAX_INT32 = 0x7fffffff;

/**
 * Finds the line ends of one chunk. One pass looks for CR and LF at once: text has hardly any other
 * byte below 14, so the inner loops ask for that alone, in long lines four bytes at a time.
 */
export class LineEndFinder {
  readonly #bytes: Uint8Array;
  readonly #length: number;
  /** The words that lie whole within the chunk, in the order of the platform. */
  readonly #words: Int32Array | null = null;
  /** Position in the chunk of the first word. */
  readonly #wordsStart: number = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#length = bytes.length;
    if (bytes.length < WORDWISE_CHUNK_BYTES || bytes.length > MAX_INT32) return;
    const firstWord = Math.ceil(bytes.byteOffset / 4);
    const endWord = Math.floor((bytes.byteOffset + bytes.length) / 4);
    this.#words = new Int32Array(bytes.buffer, firstWord * 4, endWord - firstWord);
    this.#wordsStart = firstWord * 4 - bytes.byteOffset;
  }

  /** Position of the first CR or LF from `from` on, or the length of the chunk without one. */
  find(from: number): number {
    const bytes = this.#bytes;
    const length = this.#length;
    const words = this.#words;
    if (words === null || length - from <= BYTEWISE_BYTES) return findByte(bytes, from, length);

    const wordsStart = this.#wordsStart;
    let index = (from + BYTEWISE_BYTES - wordsStart + 3) >>> 2;
    const near = wordsStart + index * 4;
    if (near >= length) return findByte(bytes, from, length);
    const found = findByte(bytes, from, near);
    if (found < near) return found;
    for (index = findWord(words, index); index < words.length; index = findWord(words, index + 1)) {
      const start = wordsStart + index * 4;
      const lineEnd = findByte(bytes, start, start + 4);
      if (lineEnd < start + 4) return lineEnd;
    }
    return findByte(bytes, wordsStart + words.length * 4, length);
  }
}

/** Position of the first CR or LF from `from` to `to - 1`; `to` when there is none. */
function findByte(bytes: Uint8Array, from: number, to: number): number {
  for (let position = from; position < to; position++) {
    const byte = bytes[position]!;
    if (byte <= CR && (byte === LF || byte === CR)) return position;
  }
  return to;
}

/** Index of the first word with a byte below 14 from `from` on; the number of words when none has. */
function findWord(words: Int32Array, from: number): number {
  const count = words.length;
  for (let index = from; index < count; index++) {
    const word = words[index]!;
    // Such a byte, and no other, borrows into a top bit that it does not have itself.
    if (((word - 0x0e0e0e0e) & ~word & 0x80808080) !== 0) return index;
  }
  return count;
}

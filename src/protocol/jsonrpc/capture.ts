/**
 * Keeps the bytes of one token that arrives in several chunks, up to a limit.
 *
 * @module
 */

const INITIAL_BYTES = 256;
const NO_BYTES = new Uint8Array(0);

export class Capture {
  /** What was appended; only the first `length` bytes count, and at most `#maxBytes` of them. */
  bytes: Uint8Array = NO_BYTES;
  /** Bytes appended, the ones above the limit included: those are counted, not kept. 0 clears. */
  length = 0;
  #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  append(source: Uint8Array, start: number, end: number): void {
    const kept = Math.min(this.length, this.#maxBytes);
    const added = Math.min(end - start, this.#maxBytes - kept);
    this.length += end - start;
    if (added === 0) return;
    if (kept + added > this.bytes.length) {
      const size = Math.min(
        this.#maxBytes,
        Math.max(kept + added, this.bytes.length * 2, INITIAL_BYTES),
      );
      const grown = new Uint8Array(size);
      grown.set(this.bytes.subarray(0, kept));
      this.bytes = grown;
    }
    this.bytes.set(source.subarray(start, start + added), kept);
  }
}

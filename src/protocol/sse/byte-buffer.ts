/**
 * A growing run of bytes. Appending is linear over the life of the buffer (capacity doubles), and
 * the memory held is at most twice what was appended: many tiny pieces cost no more than one large
 * one, which a list of views would not give.
 *
 * @module
 */

const FIRST_CAPACITY_BYTES = 512;

/** A buffer above this is given back when it is emptied, so that an idle stream stays small. */
const KEPT_CAPACITY_BYTES = 16 * 1024;

/** Up to this many bytes a loop copies sooner than a view can be made. */
const COPIED_BY_HAND_BYTES = 64;

const NOTHING = new Uint8Array(0);

export class ByteBuffer {
  /** The bytes appended so far are `bytes[0]` to `bytes[length - 1]`. */
  bytes: Uint8Array = NOTHING;
  length = 0;

  /** Appends `source[start]` to `source[end - 1]`. */
  append(source: Uint8Array, start: number, end: number): void {
    const at = this.length;
    const length = at + end - start;
    if (length > this.bytes.length) this.#grow(length);
    const bytes = this.bytes;
    if (end - start <= COPIED_BY_HAND_BYTES) {
      for (let from = start, to = at; from < end; from++, to++) bytes[to] = source[from]!;
    } else {
      bytes.set(source.subarray(start, end), at);
    }
    this.length = length;
  }

  appendByte(byte: number): void {
    if (this.length === this.bytes.length) this.#grow(this.length + 1);
    this.bytes[this.length++] = byte;
  }

  /** Empties the buffer. Views handed out before are no longer valid. */
  clear(): void {
    this.length = 0;
    if (this.bytes.length > KEPT_CAPACITY_BYTES) this.bytes = NOTHING;
  }

  #grow(needed: number): void {
    let capacity = Math.max(this.bytes.length * 2, FIRST_CAPACITY_BYTES);
    if (capacity < needed) capacity = needed;
    const larger = new Uint8Array(capacity);
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}

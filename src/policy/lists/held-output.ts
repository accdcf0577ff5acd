/**
 * The bytes of a body on their way out, of which some are held back until it is decided whether
 * they stay.
 *
 * Bytes that are not held pass at once, and a chunk of which nothing is cut passes as it is. What
 * is still undecided at the end of a chunk is copied; nothing is copied twice.
 *
 * @module
 */

import { ByteBuffer } from '../../protocol/sse/byte-buffer.ts';

const NO_BYTES: Uint8Array = new Uint8Array(0);

/**
 * For each chunk: `begin`, then {@link enter} and {@link leave} around each stretch of content,
 * with {@link hold}, {@link keep} and {@link cut} in between, then `finish`. Positions are those
 * of the chunk and never go back. Bytes outside of the content (the framing of an event stream)
 * are never cut.
 */
export class HeldOutput {
  #chunk = NO_BYTES;
  /** Bytes of the chunk before this one are in `#pieces`, or cut. */
  #from = 0;
  /** Pairs of positions in the chunk: what goes out of it, up to `#from`. */
  readonly #pieces: number[] = [];
  /** Something is undecided, from `#heldFrom` of the chunk on, and what `#held` has before it. */
  #holding = false;
  #heldFrom = 0;
  /** Pairs of positions in the chunk: framing amid what is undecided. */
  readonly #framing: number[] = [];
  /** Where content ended last; 0 at the start of a chunk. */
  #left = 0;
  /** What is undecided of earlier chunks, whole, and its framing alone. */
  readonly #held = new ByteBuffer();
  readonly #heldFraming = new ByteBuffer();
  /** What was decided of them in this chunk; goes out first. */
  #decided: ByteBuffer | null = null;

  get holding(): boolean {
    return this.#holding;
  }

  begin(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#from = 0;
    this.#heldFrom = 0;
    this.#left = 0;
  }

  /** Content begins at `index`. */
  enter(index: number): void {
    if (this.#holding) this.#addFraming(index);
  }

  /** Content ends before `index`. */
  leave(index: number): void {
    this.#left = index;
  }

  /** From `index` on nothing goes out until it is decided. */
  hold(index: number): void {
    this.#holding = true;
    this.#heldFrom = index;
  }

  /** What is held goes out. */
  keep(): void {
    if (this.#holding) this.#settle(this.#held);
  }

  /** What is held, up to `index`, does not go out; its framing does. */
  cut(index: number): void {
    const framing = this.#framing;
    this.#addPiece(this.#from, this.#heldFrom);
    for (let i = 0; i < framing.length; i += 2) this.#addPiece(framing[i]!, framing[i + 1]!);
    this.#from = index;
    this.#settle(this.#heldFraming);
  }

  /** How many bytes are held when `index` of the chunk is reached, framing included. */
  heldBytes(index: number): number {
    if (!this.#holding) return 0;
    return index - this.#heldFrom + (this.#decided === null ? this.#held.length : 0);
  }

  /** Returns what goes out of the chunk. */
  finish(): Uint8Array {
    const chunk = this.#chunk;
    this.#chunk = NO_BYTES;
    const end = this.#holding ? this.#heldFrom : chunk.length;
    const out = this.#assemble(chunk, end);
    if (this.#decided !== null) {
      this.#decided = null;
      this.#held.clear();
      this.#heldFraming.clear();
    }
    if (this.#holding) this.#retain(chunk);
    return out;
  }

  #settle(decided: ByteBuffer): void {
    if (this.#decided === null && this.#held.length > 0) this.#decided = decided;
    this.#holding = false;
    this.#framing.length = 0;
  }

  #addFraming(end: number): void {
    if (end > this.#left) this.#framing.push(this.#left, end);
  }

  #addPiece(start: number, end: number): void {
    if (end > start) this.#pieces.push(start, end);
  }

  #assemble(chunk: Uint8Array, end: number): Uint8Array {
    const pieces = this.#pieces;
    const decided = this.#decided;
    if (decided === null && pieces.length === 0) {
      return this.#from === 0 && end === chunk.length ? chunk : chunk.subarray(this.#from, end);
    }
    this.#addPiece(this.#from, end);
    let length = decided === null ? 0 : decided.length;
    for (let i = 0; i < pieces.length; i += 2) length += pieces[i + 1]! - pieces[i]!;
    const out = new Uint8Array(length);
    let at = 0;
    if (decided !== null) {
      out.set(decided.bytes.subarray(0, decided.length));
      at = decided.length;
    }
    for (let i = 0; i < pieces.length; i += 2) {
      out.set(chunk.subarray(pieces[i], pieces[i + 1]), at);
      at += pieces[i + 1]! - pieces[i]!;
    }
    pieces.length = 0;
    return out;
  }

  /** Copies what is undecided of the chunk. */
  #retain(chunk: Uint8Array): void {
    const framing = this.#framing;
    this.#addFraming(chunk.length);
    this.#held.append(chunk, this.#heldFrom, chunk.length);
    for (let i = 0; i < framing.length; i += 2) {
      this.#heldFraming.append(chunk, framing[i]!, framing[i + 1]!);
    }
    framing.length = 0;
  }
}

/**
 * Puts a trace context into the messages of a JSON body on its way, and leaves every other byte as
 * it was.
 *
 * The `traceparent` of a message's `params._meta` is replaced where it belongs to the trace that
 * goes on, and added where `_meta` has neither it nor a `tracestate`. A message of another trace
 * stays in it; one without `_meta` gets none, for the HTTP field carries the context anyway.
 *
 * What is held back is one `traceparent` at most, whatever the body looks like. The body is read as
 * far as is needed to find the member, not checked: one that is not JSON passes unchanged, or with a
 * context in the same place.
 *
 * @module
 */

import type { ByteRewriter } from '../../exchange/byte-rewriter.ts';
import { parseTraceparent } from '../../protocol/mcp/trace-context.ts';

/** Longest name or context that is held, in bytes as written: every character may be an escape. */
const MAX_HELD_BYTES = 512;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const BYTE_ORDER_MARK: readonly number[] = [0xef, 0xbb, 0xbf];

const isWhitespace = (byte: number): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

// What a string is that is being read.
const OTHER_STRING = 0;
const KEY_STRING = 1;
const CONTEXT_STRING = 2;

// How far the way to `_meta` has been gone, with `params` between the two: the object in which names
// matter.
const IN_MESSAGE = 0;
const IN_META = 2;

/** The member that leads on from each object of the way. */
const WAY: readonly string[] = ['params', '_meta', 'traceparent'];
const NAME_LENGTHS: ReadonlySet<number> = new Set(
  [...WAY, 'tracestate'].map(({ length }) => length),
);

const NO_BYTES = new Uint8Array(0);
const UTF8 = new TextDecoder();

export class MetaRewriter implements ByteRewriter {
  readonly keepsLength: boolean;
  readonly #traceId: string;
  readonly #traceparent: string;

  #begun = false;
  /** Not a JSON object or array, or not any more: everything passes. */
  #idle = false;
  /** 1 within a batch, whose messages lie one level deeper. */
  #batch = 0;
  #depth = 0;
  #way = IN_MESSAGE;
  /** In the object of the way a name comes next. */
  #expectsKey = false;
  /** The value that comes next is that of the member on the way. */
  #onWay = false;
  #inString = false;
  #string = OTHER_STRING;
  /** The byte before was a backslash that escapes the next one. */
  #escapes = false;
  #hasEscape = false;
  /** Where in the chunk the string began that may be a context. */
  #openedAt = 0;
  #metaIsEmpty = true;
  /** `_meta` has a context of its own, however it looks. */
  #metaHasContext = false;
  /** A name or context that began in an earlier chunk; room for one is made when it is needed. */
  #held = NO_BYTES;
  #heldLength = 0;

  /** What goes out before the bytes of the chunk from `#from` on. */
  #pieces: Uint8Array[] = [];
  #from = 0;

  /**
   * @param traceId the trace that goes on
   * @param traceparent what messages of it are to carry
   * @param keepsLength nothing is added, and only replaced what is as long
   */
  constructor(traceId: string, traceparent: string, keepsLength: boolean) {
    this.#traceId = traceId;
    this.#traceparent = traceparent;
    this.keepsLength = keepsLength;
  }

  write(bytes: Uint8Array): Uint8Array {
    if (this.#idle) return bytes;
    this.#from = 0;
    let i = this.#begun ? 0 : this.#begin(bytes);
    while (i < bytes.length && !this.#idle) {
      i = this.#inString ? this.#readString(bytes, i) : this.#readStructure(bytes, i);
    }
    // Its quote was the last byte of the chunk.
    if (this.#isInContext && this.#heldLength === 0) this.#holdContext(bytes, i, i);
    return this.#finish(bytes);
  }

  end(): Uint8Array {
    const held = this.#isInContext ? this.#held.slice(0, this.#heldLength) : NO_BYTES;
    this.#heldLength = 0;
    this.#idle = true;
    return held;
  }

  get #isInContext(): boolean {
    return this.#inString && this.#string === CONTEXT_STRING;
  }

  /** Skips a byte order mark and white space. */
  #begin(bytes: Uint8Array): number {
    let i = 0;
    while (i < bytes.length) {
      const byte = bytes[i] as number;
      if (!isWhitespace(byte) && !BYTE_ORDER_MARK.includes(byte)) break;
      i++;
    }
    const first = bytes[i];
    if (first === undefined) return i;
    this.#begun = true;
    if (first === OPEN_BRACKET) this.#batch = 1;
    else if (first !== OPEN_BRACE) this.#idle = true;
    return i;
  }

  /** Depth of the object in which names matter. */
  get #watched(): number {
    return this.#batch + 1 + this.#way;
  }

  #readStructure(bytes: Uint8Array, index: number): number {
    const byte = bytes[index] as number;
    switch (byte) {
      case QUOTE:
        this.#openString(index);
        return index + 1;
      case OPEN_BRACE:
        this.#openObject();
        break;
      case OPEN_BRACKET:
        this.#depth++;
        this.#onWay = false;
        break;
      case CLOSE_BRACE:
        if (this.#depth === this.#watched) this.#closeWatched(bytes, index);
        this.#close();
        break;
      case CLOSE_BRACKET:
        this.#close();
        break;
      case COMMA:
        this.#onWay = false;
        if (this.#depth === this.#watched) this.#expectsKey = true;
        break;
      case COLON:
        break;
      default:
        // A literal or a number is no object to go into and no text to replace.
        if (!isWhitespace(byte)) this.#onWay = false;
    }
    return index + 1;
  }

  #openObject(): void {
    this.#depth++;
    if (this.#depth === this.#batch + 1) {
      this.#way = IN_MESSAGE;
      this.#expectsKey = true;
    } else if (this.#onWay && this.#way < IN_META) {
      this.#way++;
      this.#expectsKey = true;
      this.#metaIsEmpty = true;
      this.#metaHasContext = false;
    }
    this.#onWay = false;
  }

  /** An object of the way ends at `index`. */
  #closeWatched(bytes: Uint8Array, index: number): void {
    if (this.#way === IN_META && !this.#metaHasContext && !this.keepsLength) {
      const comma = this.#metaIsEmpty ? '' : ',';
      this.#pass(bytes, index);
      this.#add(`${comma}"traceparent":"${this.#traceparent}"`);
    }
    if (this.#way > IN_MESSAGE) this.#way--;
    this.#expectsKey = false;
  }

  #close(): void {
    this.#depth--;
    this.#onWay = false;
    if (this.#depth < 0) this.#idle = true;
  }

  #openString(index: number): void {
    this.#inString = true;
    this.#escapes = false;
    this.#hasEscape = false;
    if (this.#expectsKey && this.#depth === this.#watched) {
      this.#string = KEY_STRING;
      this.#expectsKey = false;
      if (this.#way === IN_META) this.#metaIsEmpty = false;
    } else if (this.#onWay && this.#way === IN_META) {
      this.#string = CONTEXT_STRING;
      this.#openedAt = index;
    } else {
      this.#string = OTHER_STRING;
    }
    this.#onWay = false;
  }

  /** Reads on to the end of a string or of the chunk; returns where it stopped. */
  #readString(bytes: Uint8Array, start: number): number {
    let i = start;
    for (; i < bytes.length; i++) {
      const byte = bytes[i] as number;
      if (this.#escapes) {
        this.#escapes = false;
      } else if (byte === BACKSLASH) {
        this.#escapes = true;
        this.#hasEscape = true;
      } else if (byte === QUOTE) {
        break;
      }
    }
    if (i < bytes.length) {
      this.#inString = false;
      if (this.#string === KEY_STRING) this.#endKey(bytes, start, i);
      else if (this.#string === CONTEXT_STRING) this.#endContext(bytes, start, i);
      return i + 1;
    }
    if (this.#string === KEY_STRING) this.#hold(bytes, start, i);
    else if (this.#string === CONTEXT_STRING) this.#holdContext(bytes, start, i);
    return i;
  }

  /** A name ends before `end`. */
  #endKey(bytes: Uint8Array, start: number, end: number): void {
    let name: string | null = null;
    if (this.#heldLength === 0) {
      // Most names are of another length, and need no look.
      if (this.#hasEscape || NAME_LENGTHS.has(end - start)) name = this.#decode(bytes, start, end);
    } else if (this.#hold(bytes, start, end)) {
      name = this.#decode(this.#held, 0, this.#heldLength);
    }
    this.#heldLength = 0;
    this.#onWay = name === WAY[this.#way];
    if (this.#way === IN_META && (this.#onWay || name === 'tracestate'))
      this.#metaHasContext = true;
  }

  /** The text that may be a context ends before `end`, which is its quote. */
  #endContext(bytes: Uint8Array, start: number, end: number): void {
    if (this.#heldLength === 0) {
      const text = this.#decode(bytes, start, end);
      if (!this.#isReplaced(text, end + 1 - this.#openedAt)) return;
      this.#pass(bytes, this.#openedAt);
    } else {
      if (!this.#holdContext(bytes, start, end + 1)) return;
      const text = this.#decode(this.#held, 1, this.#heldLength - 1);
      const isReplaced = this.#isReplaced(text, this.#heldLength);
      if (!isReplaced) this.#pieces.push(this.#held.slice(0, this.#heldLength));
      this.#heldLength = 0;
      if (!isReplaced) return;
    }
    this.#from = end + 1;
    this.#add(`"${this.#traceparent}"`);
  }

  /** @param length of what stands there, in bytes with its quotes */
  #isReplaced(text: string | null, length: number): boolean {
    if (this.keepsLength && length !== this.#traceparent.length + 2) return false;
    return parseTraceparent(text)?.traceId === this.#traceId;
  }

  /** Holds a context back that goes on in the next chunk; false when it is too long to be one. */
  #holdContext(bytes: Uint8Array, start: number, end: number): boolean {
    const isFirst = this.#heldLength === 0;
    const from = isFirst ? this.#openedAt : start;
    const held = this.#heldLength;
    if (this.#hold(bytes, from, end)) {
      if (isFirst) this.#pass(bytes, from);
      this.#from = end;
      return true;
    }
    if (!isFirst) this.#pieces.push(this.#held.slice(0, held));
    return false;
  }

  /** Keeps bytes of a string; false, and none of it, when it is too long. */
  #hold(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#heldLength + end - start > MAX_HELD_BYTES) {
      this.#heldLength = 0;
      this.#string = OTHER_STRING;
      return false;
    }
    if (this.#held.length === 0) this.#held = new Uint8Array(MAX_HELD_BYTES);
    this.#held.set(bytes.subarray(start, end), this.#heldLength);
    this.#heldLength += end - start;
    return true;
  }

  /** What stands between the quotes of a string; null when it cannot be read. */
  #decode(bytes: Uint8Array, start: number, end: number): string | null {
    if (end - start > MAX_HELD_BYTES) return null;
    const text = UTF8.decode(bytes.subarray(start, end));
    if (!this.#hasEscape) return text;
    try {
      return JSON.parse(`"${text}"`) as string;
    } catch {
      return null;
    }
  }

  /** What of the chunk lies before `index` goes out. */
  #pass(bytes: Uint8Array, index: number): void {
    if (index > this.#from) this.#pieces.push(bytes.subarray(this.#from, index));
    this.#from = index;
  }

  #add(text: string): void {
    this.#pieces.push(new TextEncoder().encode(text));
  }

  #finish(bytes: Uint8Array): Uint8Array {
    if (this.#pieces.length === 0 && this.#from === 0) return bytes;
    this.#pass(bytes, bytes.length);
    const out = join(this.#pieces);
    this.#pieces = [];
    return out;
  }
}

function join(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0] as Uint8Array;
  const out = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

/**
 * Finds the elements of arrays that are members of a `result` (`result.tools`), in bytes of any
 * split, while they pass: where each begins and ends, and its bytes once it is complete.
 *
 * @module
 */

import {
  BYTE_ORDER_MARK,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  IS_WHITESPACE,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from './byte-tables.ts';
import { Capture } from './capture.ts';
import { Chunk } from './chunk.ts';
import { Token } from './token.ts';
import type { ScanProblemReason } from './types.ts';
import { ValueReader } from './value-reader.ts';

export type ListProblemReason = Extract<ScanProblemReason, 'malformed' | 'truncated' | 'too_deep'>;

/** Deepest nesting of arrays and objects; beyond it the input is `too_deep`. */
const MAX_DEPTH = 128;

/**
 * Longest member name or method that is read, in bytes as written. Names that matter are shorter
 * even when each of their characters is an escape.
 */
const MAX_NAME_BYTES = 256;

/** Room for a captured element that is kept for the next one, in bytes. */
const KEPT_CAPTURE_BYTES = 16 * 1024;

// What the next byte belongs to.
const BEGINNING = 0;
const FIRST_VALUE = 1;
const VALUE = 2;
const FIRST_KEY = 3;
const KEY = 4;
const AFTER_KEY = 5;
const AFTER_VALUE = 6;
const AFTER_DOCUMENT = 7;
/** The reader has a member name that is escaped or split. */
const IN_KEY = 8;
/** The reader has a value. */
const IN_VALUE = 9;
/** A document that is neither an object nor an array. */
const OPAQUE = 10;
/** Nothing more is read until `reset()`. */
const CLOSED = 11;

// The containers that are looked into, each inside the one before it.
const DOCUMENT = 0;
const BATCH = 1;
const MESSAGE = 2;
const RESULT = 3;
const LIST = 4;
const ELEMENT = 5;
/** An object that is a member of an element. */
const INNER = 6;

// Members of a message that are read.
const OTHER_MEMBER = 0;
const RESULT_MEMBER = 1;
const METHOD_MEMBER = 2;

const NO_BYTES: Uint8Array = new Uint8Array(0);

/**
 * Receives what the scanner finds, synchronously and in the order of the input. Each `index` is a
 * position in the chunk being written. A handler must not call its scanner; it may throw, after
 * which the scanner needs a `reset()`.
 */
export interface ResultListHandler<List> {
  /** An element of a list begins at `index`. */
  onElementStart(index: number): void;
  /**
   * An element is complete, and ends just before `index`. It is `bytes[start, end)`, valid during
   * the call only, and empty when the element is longer than `maxElementBytes`.
   *
   * @param members How many members the element was written with, in its own object and in the
   *   objects that are its members' values; 0 for an element that is no object. A reader that sees
   *   fewer was shown one of them twice.
   */
  onElement(
    list: List,
    bytes: Uint8Array,
    start: number,
    end: number,
    members: number,
    index: number,
  ): void;
  /** The `]` of a list stands at `index`. */
  onListEnd(index: number): void;
  /** A message has this `method`. */
  onMethod?(method: string): void;
  /** Final: the scanner ignores what follows until `reset()`. */
  onProblem(reason: ListProblemReason): void;
}

/**
 * A push state machine: `write` chunks, then `end`. Its memory is bounded by `maxElementBytes`,
 * whatever the size of the input.
 *
 * **Names** are compared decoded and without regard to case, as lenient readers do: `Tools` and
 * `to\u006fls` are `tools`. Every list counts, also the ones of a member that is written twice. A
 * name of ill-formed UTF-8, which readers repair in different ways, is `malformed`.
 *
 * **Grammar.** RFC 8259, with a byte order mark allowed at the start. A document that is neither
 * object nor array holds no list and may be any text, as long as there is no `{` in it; nothing at
 * all is fine as well. The document may be a batch.
 */
export class ResultListScanner<List> {
  readonly #lists: ReadonlyMap<string, List>;
  readonly #handler: ResultListHandler<List>;
  readonly #chunk = new Chunk();
  readonly #reader = new ValueReader(MAX_NAME_BYTES);
  readonly #token = new Token();
  /** The element that is read, as far as it came in earlier chunks. */
  readonly #element: Capture;
  readonly #maxElementBytes: number;
  #state = BEGINNING;
  #level = DOCUMENT;
  #inBatch = false;
  #markBytes = 0;
  /** The member of the message whose value is read or comes next. */
  #member = OTHER_MEMBER;
  /** The reader keeps the value it has: it is a `method`. */
  #keepsValue = false;
  /** The list whose elements are read, or that is expected as the value of a member of `result`. */
  #list: List | null = null;
  #inElement = false;
  /** Where the element began in this chunk; 0 when it began in an earlier one. */
  #elementStart = 0;
  #members = 0;

  /** @param lists What to hand out for each list, by the name of its member in lower case. */
  constructor(
    lists: ReadonlyMap<string, List>,
    handler: ResultListHandler<List>,
    maxElementBytes: number,
  ) {
    this.#lists = lists;
    this.#handler = handler;
    this.#maxElementBytes = maxElementBytes;
    this.#element = new Capture(maxElementBytes);
  }

  /** Reads the next bytes. They are not changed, and what is needed of them later is copied. */
  write(bytes: Uint8Array): void {
    const chunk = this.#chunk;
    chunk.set(bytes);
    let i = 0;
    while (i < bytes.length && this.#state < OPAQUE) {
      if (this.#state === IN_KEY || this.#state === IN_VALUE) i = this.#continueReading(i);
      else i = this.#step(bytes[i]!, i);
    }
    if (this.#state === OPAQUE && bytes.indexOf(OPEN_BRACE, i) !== -1) this.#fail('malformed');
    if (this.#inElement) {
      this.#element.append(bytes, this.#elementStart, bytes.length);
      this.#elementStart = 0;
    }
    this.#letGo();
  }

  /** The input is complete. What follows is ignored until {@link reset}. */
  end(): void {
    const state = this.#state;
    const nothing = state === BEGINNING || (state === VALUE && this.#level === DOCUMENT);
    if (nothing || state >= OPAQUE || state === AFTER_DOCUMENT) this.#state = CLOSED;
    else this.#fail('truncated');
  }

  /** The next byte is the first of a new document. */
  reset(): void {
    this.#letGo();
    this.#clearElement();
    this.#state = BEGINNING;
    this.#level = DOCUMENT;
    this.#inBatch = false;
    this.#markBytes = 0;
  }

  /** An idle scanner holds on to no chunk. */
  #letGo(): void {
    this.#chunk.clear();
    this.#token.clear();
    this.#reader.clear();
  }

  /** Reads one byte of structure at `index`, and with it a whole plain string if one is there. */
  #step(byte: number, index: number): number {
    if (IS_WHITESPACE[byte] !== 0) {
      if (this.#state === BEGINNING) this.#state = VALUE;
      return index + 1;
    }
    switch (this.#state) {
      case BEGINNING:
        return this.#readMark(byte, index);

      case FIRST_VALUE:
        return byte === CLOSE_BRACKET ? this.#close(index) : this.#openValue(byte, index);

      case VALUE:
        return this.#openValue(byte, index);

      case FIRST_KEY:
        if (byte === CLOSE_BRACE) return this.#close(index);
        return byte === QUOTE ? this.#readKey(index) : this.#failAt('malformed', index);

      case KEY:
        return byte === QUOTE ? this.#readKey(index) : this.#failAt('malformed', index);

      case AFTER_KEY:
        if (byte !== COLON) return this.#failAt('malformed', index);
        this.#state = VALUE;
        return index + 1;

      case AFTER_VALUE: {
        const isArray = this.#level === LIST || this.#level === BATCH;
        if (byte === (isArray ? CLOSE_BRACKET : CLOSE_BRACE)) return this.#close(index);
        if (byte !== COMMA) return this.#failAt('malformed', index);
        this.#state = isArray ? VALUE : KEY;
        return index + 1;
      }

      default:
        // AFTER_DOCUMENT
        return this.#failAt('malformed', index);
    }
  }

  #readMark(byte: number, index: number): number {
    if (byte === BYTE_ORDER_MARK[this.#markBytes]) {
      this.#markBytes++;
      if (this.#markBytes === BYTE_ORDER_MARK.length) this.#state = VALUE;
      return index + 1;
    }
    this.#state = this.#markBytes === 0 ? VALUE : OPAQUE;
    return index;
  }

  /** A value starts at `index`: goes into it, or leaves it to the reader. */
  #openValue(byte: number, index: number): number {
    this.#keepsValue = false;
    switch (this.#level) {
      case DOCUMENT:
        this.#inBatch = byte === OPEN_BRACKET;
        if (byte === OPEN_BRACE) return this.#open(MESSAGE, index);
        if (byte === OPEN_BRACKET) return this.#open(BATCH, index);
        this.#state = OPAQUE;
        return index;

      case BATCH:
        if (byte === OPEN_BRACE) return this.#open(MESSAGE, index);
        break;

      case MESSAGE:
        if (this.#member === RESULT_MEMBER && byte === OPEN_BRACE) return this.#open(RESULT, index);
        this.#keepsValue = this.#member === METHOD_MEMBER && byte === QUOTE;
        break;

      case RESULT:
        if (this.#list !== null && byte === OPEN_BRACKET) return this.#open(LIST, index);
        break;

      case LIST:
        this.#inElement = true;
        this.#elementStart = index;
        this.#members = 0;
        this.#handler.onElementStart(index);
        if (byte === OPEN_BRACE) return this.#open(ELEMENT, index);
        break;

      case ELEMENT:
        if (byte === OPEN_BRACE) return this.#open(INNER, index);
        break;
    }
    if (byte === QUOTE && !this.#keepsValue) {
      const end = this.#chunk.endOfPlainRun(index + 1);
      if (this.#chunk.bytes[end] === QUOTE) return this.#endValue(end + 1);
    }
    this.#reader.begin(this.#keepsValue, MAX_DEPTH - this.#level);
    this.#state = IN_VALUE;
    return index;
  }

  #open(level: number, index: number): number {
    this.#level = level;
    this.#state = level === LIST || level === BATCH ? FIRST_VALUE : FIRST_KEY;
    return index + 1;
  }

  /** The bracket or brace at `index` ends the container that is read. */
  #close(index: number): number {
    const closed = this.#level;
    if (closed === LIST) this.#handler.onListEnd(index);
    const isDocument = closed === BATCH || (closed === MESSAGE && !this.#inBatch);
    this.#level = isDocument ? DOCUMENT : closed - 1;
    return this.#endValue(index + 1);
  }

  /** A value of the container that is read ends before `index`. */
  #endValue(index: number): number {
    this.#state = this.#level === DOCUMENT ? AFTER_DOCUMENT : AFTER_VALUE;
    if (this.#level === LIST) this.#endElement(index);
    return index;
  }

  #endElement(index: number): void {
    const element = this.#element;
    const list = this.#list as List;
    this.#inElement = false;
    if (element.length > 0) element.append(this.#chunk.bytes, this.#elementStart, index);
    const isSplit = element.length > 0;
    const length = isSplit ? element.length : index - this.#elementStart;
    const bytes = isSplit ? element.bytes : this.#chunk.bytes;
    const start = isSplit ? 0 : this.#elementStart;
    if (length > this.#maxElementBytes) {
      this.#handler.onElement(list, NO_BYTES, 0, 0, this.#members, index);
    } else {
      this.#handler.onElement(list, bytes, start, start + length, this.#members, index);
    }
    if (isSplit) this.#clearElement();
  }

  #clearElement(): void {
    this.#inElement = false;
    this.#element.length = 0;
    if (this.#element.bytes.length > KEPT_CAPTURE_BYTES) this.#element.bytes = NO_BYTES;
  }

  /** A member name opens at `index`. */
  #readKey(index: number): number {
    const { bytes } = this.#chunk;
    const end = this.#chunk.endOfPlainRun(index + 1);
    if (bytes[end] === QUOTE) return this.#endKey(bytes, index, end + 1, end + 1);
    this.#reader.begin(this.#level < ELEMENT, MAX_DEPTH);
    this.#state = IN_KEY;
    return index;
  }

  /** The name `bytes[start, end)` ended before `index` of the chunk. */
  #endKey(bytes: Uint8Array, start: number, end: number, index: number): number {
    this.#state = AFTER_KEY;
    if (this.#level >= ELEMENT) {
      this.#members++;
      return index;
    }
    const isShort = end - start - 2 <= MAX_NAME_BYTES;
    const name = isShort ? (this.#token.set(bytes, start, end).text() as string) : '';
    if (name.includes('\ufffd')) return this.#failAt('malformed', index);
    const folded = foldCase(name);
    if (this.#level === RESULT) this.#list = this.#lists.get(folded) ?? null;
    else if (folded === 'result') this.#member = RESULT_MEMBER;
    else this.#member = folded === 'method' ? METHOD_MEMBER : OTHER_MEMBER;
    return index;
  }

  /** Lets the reader go on at `index`, and takes over again where its value ends. */
  #continueReading(index: number): number {
    const reader = this.#reader;
    const stop = reader.consume(this.#chunk, index);
    const { status } = reader;
    if (status === 'pending') return stop;
    if (status !== 'done') return this.#failAt(status, stop);
    const { bytes, start, end } = reader;
    if (this.#state === IN_KEY) return this.#endKey(bytes, start, end, stop);
    if (this.#keepsValue) this.#endMethod(bytes, start, end);
    return this.#endValue(stop);
  }

  #endMethod(bytes: Uint8Array, start: number, end: number): void {
    if (end - start - 2 > MAX_NAME_BYTES) return;
    const method = this.#token.set(bytes, start, end).text();
    if (method !== null) this.#handler.onMethod?.(method);
  }

  #failAt(reason: ListProblemReason, index: number): number {
    this.#fail(reason);
    return index;
  }

  #fail(reason: ListProblemReason): void {
    this.#state = CLOSED;
    this.#clearElement();
    this.#handler.onProblem(reason);
  }
}

/**
 * A name as readers see it that do not tell cases apart, which is also how they see the long s
 * and the Kelvin sign.
 */
export function foldCase(name: string): string {
  return name.toUpperCase().toLowerCase();
}

/**
 * Reads JSON-RPC 2.0 messages from bytes in any split, beside the stream: it keeps the few members
 * a proxy decides and counts by, checks everything else against the grammar, and changes nothing.
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
import { Chunk } from './chunk.ts';
import { resolveScannerLimits } from './limits.ts';
import type { Member, MemberTable } from './members.ts';
import { MESSAGE_MEMBERS, openMember, PARAMS_MEMBER } from './members.ts';
import { MessageDraft } from './message-draft.ts';
import { hasEscape, Token } from './token.ts';
import type { DecidingKey, EnvelopeHandler, ScannerLimits, ScanProblemReason } from './types.ts';
import { ValueReader } from './value-reader.ts';

// What the next byte belongs to, in the parts that are not skipped.
const BEGINNING = 0;
const DOCUMENT = 1;
const FIRST_ELEMENT = 2;
const ELEMENT = 3;
const AFTER_ELEMENT = 4;
const FIRST_KEY = 5;
const KEY = 6;
const AFTER_KEY = 7;
const VALUE = 8;
const AFTER_VALUE = 9;
const AFTER_DOCUMENT = 10;
/** The reader has a member name that is escaped or split. */
const IN_KEY = 11;
/** The reader has the value of a member. */
const IN_VALUE = 12;
/** The reader has a document or batch element that is not a message, or one too many. */
const IN_ELEMENT = 13;
/** Nothing more is read until `reset()`. */
const CLOSED = 14;

/**
 * A push state machine: `write` chunks, then `end`. It never throws on any input, and its memory
 * is bounded by its limits, whatever the size of the input. What the handler throws passes
 * through, and the scanner then needs a `reset()`. A handler must not call the scanner.
 *
 * **Kind.** `method` alone makes a request (with `id`) or a notification (without); `result` alone
 * a result and `error` alone an error, with or without `id`. Any other combination of the three is
 * `invalid`, and so is a `method` that is not a string, an `id` that is not a string, a number or
 * null, and either of them when too long to be captured. The value of `jsonrpc` is not judged.
 *
 * **Duplicates.** Names are compared decoded. The last value wins, as in `JSON.parse`, and it
 * replaces all that the earlier one brought, what was inside of it included. A name in other letter
 * case is no member that is read, and is told as a duplicate, for there are parsers that read it.
 *
 * **Grammar.** `malformed` or `truncated` is reported exactly when `JSON.parse` would throw on the
 * input decoded as UTF-8, as `Response.json()` does it: ill-formed UTF-8 counts as U+FFFD, and a
 * byte order mark is ignored at offset 0 and nowhere else. Input that ends as `too_deep` is not
 * checked further. An empty batch is `not_a_message`.
 *
 * **While a message arrives**, {@link EnvelopeHandler.onDecidable} gets the same object as
 * `onMessage` later: it is filled in until then, its `end` is -1, and its `kind` follows from the
 * members so far (a request whose `id` comes last is still a `notification`).
 *
 * **Offsets of remarks** are those of the first byte of the element or token concerned.
 */
export class EnvelopeScanner {
  readonly #handler: EnvelopeHandler;
  readonly #limits: ScannerLimits;
  readonly #chunk = new Chunk();
  readonly #reader: ValueReader;
  readonly #token = new Token();
  readonly #draft = new MessageDraft();
  #state = BEGINNING;
  /** Bytes of the chunks before this one. */
  #offset = 0;
  #markBytes = 0;
  /** Containers that are open, not counting those of the reader. */
  #depth = 0;
  #inBatch = false;
  /** Position in the batch of the element that is read or comes next; -1 outside of a batch. */
  #batchIndex = -1;
  /** What is read in the object that is open. */
  #table: MemberTable = MESSAGE_MEMBERS;
  /** The members whose objects are open, outermost first; none means the message itself. */
  readonly #path: Member[] = [];
  /** The member whose value is read or comes next, or null when nobody asked for it. */
  #member: Member | null = null;
  /** The value of the member is a scalar that somebody asked for. */
  #keepsValue = false;
  /** Offset of the first byte of the name, value or element that is read. */
  #valueStart = 0;

  /** @throws RangeError when a limit is not an integer of at least 1. */
  constructor(handler: EnvelopeHandler, limits: Partial<ScannerLimits> = {}) {
    this.#handler = handler;
    this.#limits = resolveScannerLimits(limits);
    this.#reader = new ValueReader(this.#limits.maxCaptureBytes);
  }

  /** Reads the next bytes of the body. They are not kept, and not changed. */
  write(bytes: Uint8Array): void {
    if (this.#state === CLOSED) return;
    const chunk = this.#chunk;
    chunk.set(bytes);
    let i = 0;
    while (i < bytes.length && this.#state !== CLOSED) {
      i = this.#state >= IN_KEY ? this.#continueReading(i) : this.#step(bytes[i]!, i);
    }
    this.#letGo();
    this.#offset += bytes.length;
  }

  /** The body is complete. What follows is ignored until {@link reset}. */
  end(): void {
    if (this.#state === CLOSED) return;
    if (this.#state === IN_ELEMENT && !this.#inBatch && this.#reader.finish()) this.#endElement();
    if (this.#state === AFTER_DOCUMENT) this.#state = CLOSED;
    else this.#fail('truncated', this.#offset);
  }

  /** Forgets everything but the limits: the next byte is the first of a new body. */
  reset(): void {
    this.#letGo();
    this.#state = BEGINNING;
    this.#offset = 0;
    this.#markBytes = 0;
    this.#depth = 0;
    this.#inBatch = false;
    this.#batchIndex = -1;
    this.#path.length = 0;
  }

  /** Reads one byte of structure at `index`, and with it a whole plain string if one is there. */
  #step(byte: number, index: number): number {
    if (IS_WHITESPACE[byte] !== 0 && this.#state !== BEGINNING) return index + 1;
    switch (this.#state) {
      case BEGINNING:
        return this.#readMark(byte, index);

      case DOCUMENT:
        if (byte !== OPEN_BRACKET) return this.#openElement(byte, index);
        if (!this.#open(index)) return index;
        this.#inBatch = true;
        this.#batchIndex = 0;
        this.#state = FIRST_ELEMENT;
        this.#handler.onBatch?.();
        return index + 1;

      case FIRST_ELEMENT:
        if (byte !== CLOSE_BRACKET) return this.#openElement(byte, index);
        this.#state = AFTER_DOCUMENT;
        this.#report('not_a_message', this.#offset + index);
        return index + 1;

      case ELEMENT:
        return this.#openElement(byte, index);

      case AFTER_ELEMENT:
        if (byte === COMMA) this.#state = ELEMENT;
        else if (byte === CLOSE_BRACKET) this.#state = AFTER_DOCUMENT;
        else return this.#failAt('malformed', index);
        return index + 1;

      case FIRST_KEY:
      case KEY:
        if (byte === QUOTE) return this.#readKey(index);
        if (byte !== CLOSE_BRACE || this.#state === KEY) return this.#failAt('malformed', index);
        return this.#closeObject(index);

      case AFTER_KEY:
        if (byte !== COLON) return this.#failAt('malformed', index);
        this.#state = VALUE;
        return index + 1;

      case VALUE:
        return this.#readValue(byte, index);

      case AFTER_VALUE:
        if (byte === CLOSE_BRACE) return this.#closeObject(index);
        if (byte !== COMMA) return this.#failAt('malformed', index);
        this.#state = KEY;
        return index + 1;

      default:
        // AFTER_DOCUMENT
        return this.#failAt('malformed', index);
    }
  }

  /** An idle scanner holds on to no chunk. */
  #letGo(): void {
    this.#chunk.clear();
    this.#token.clear();
    this.#reader.clear();
  }

  #readMark(byte: number, index: number): number {
    if (byte === BYTE_ORDER_MARK[this.#markBytes]) {
      this.#markBytes++;
      if (this.#markBytes === BYTE_ORDER_MARK.length) this.#state = DOCUMENT;
      return index + 1;
    }
    if (this.#markBytes !== 0) return this.#failAt('malformed', index);
    this.#state = DOCUMENT;
    return index;
  }

  /** A document or batch element starts at `index`. */
  #openElement(byte: number, index: number): number {
    if (byte === OPEN_BRACE && this.#batchIndex < this.#limits.maxBatchMessages) {
      if (!this.#open(index)) return index;
      this.#draft.begin(this.#offset + index, this.#batchIndex);
      this.#table = MESSAGE_MEMBERS;
      this.#state = FIRST_KEY;
      return index + 1;
    }
    return this.#startReading(IN_ELEMENT, false, index);
  }

  /** The end of an element that is not a message, or one too many. */
  #endElement(): void {
    const spare = this.#limits.maxBatchMessages - this.#batchIndex;
    if (spare > 0) this.#report('not_a_message', this.#valueStart);
    if (spare === 0) this.#report('batch_too_long', this.#valueStart);
    this.#nextElement();
  }

  #nextElement(): void {
    this.#state = this.#inBatch ? AFTER_ELEMENT : AFTER_DOCUMENT;
    if (this.#inBatch) this.#batchIndex++;
  }

  /** A member name opens at `index`. */
  #readKey(index: number): number {
    const { bytes } = this.#chunk;
    const end = this.#chunk.endOfPlainRun(index + 1);
    if (bytes[end] !== QUOTE) return this.#startReading(IN_KEY, true, index);
    this.#valueStart = this.#offset + index;
    this.#endKey(bytes, index, end + 1, false);
    return end + 1;
  }

  #endKey(bytes: Uint8Array, start: number, end: number, mayBeEscaped: boolean): void {
    this.#state = AFTER_KEY;
    this.#member = null;
    if (!this.#fits(end - start - 2)) return;
    const table = this.#table;
    let variant: DecidingKey | null = null;
    if (mayBeEscaped && hasEscape(bytes, start, end)) {
      const name = this.#token.set(bytes, start, end).text() ?? '';
      this.#member = table.findByName(name);
      if (this.#member === null) variant = table.findVariantByName(name);
    } else {
      this.#member = table.find(bytes, start + 1, end - 1);
      if (this.#member === null) variant = table.findVariant(bytes, start + 1, end - 1);
    }
    if (this.#member !== null) openMember(this.#draft, this.#member);
    if (variant !== null) this.#draft.addDuplicate(variant);
  }

  /** The value of a member starts at `index`. */
  #readValue(byte: number, index: number): number {
    const member = this.#member;
    if (byte === OPEN_BRACE && member !== null && member.inside !== null) {
      if (!this.#open(index)) return index;
      this.#path.push(member);
      this.#table = member.inside;
      this.#state = FIRST_KEY;
      return index + 1;
    }
    this.#keepsValue =
      member !== null && member.put !== null && byte !== OPEN_BRACE && byte !== OPEN_BRACKET;
    if (byte === QUOTE) {
      const { bytes } = this.#chunk;
      const end = this.#chunk.endOfPlainRun(index + 1);
      if (bytes[end] === QUOTE) {
        this.#valueStart = this.#offset + index;
        this.#endValue(bytes, index, end + 1);
        return end + 1;
      }
    }
    return this.#startReading(IN_VALUE, this.#keepsValue, index);
  }

  /** The value of the member is complete: `bytes[start, end)` when it was to be kept. */
  #endValue(bytes: Uint8Array, start: number, end: number): void {
    const member = this.#member;
    if (member !== null && member.put !== null) {
      const fits = this.#keepsValue && this.#fits(end - start - (bytes[start] === QUOTE ? 2 : 0));
      member.put(this.#draft, fits ? this.#token.set(bytes, start, end) : null);
    }
    this.#endMember(member);
  }

  #endMember(member: Member | null): void {
    this.#state = AFTER_VALUE;
    if (member === null) return;
    if (member === PARAMS_MEMBER) this.#draft.paramsEnded = true;
    if (this.#draft.isDecidable()) this.#decide();
  }

  #decide(): void {
    const draft = this.#draft;
    draft.decided = true;
    draft.envelope.kind = draft.kind();
    this.#handler.onDecidable?.(draft.envelope);
  }

  /** `}` at `index` ends the message, or an object of it that is read. */
  #closeObject(index: number): number {
    this.#depth--;
    const closed = this.#path.pop();
    if (closed === undefined) {
      this.#endMessage(this.#offset + index + 1);
    } else {
      this.#table = this.#path.at(-1)?.inside ?? MESSAGE_MEMBERS;
      this.#endMember(closed);
    }
    return index + 1;
  }

  #endMessage(end: number): void {
    const draft = this.#draft;
    const { envelope } = draft;
    const kind = draft.kind();
    if ((kind === 'request' || kind === 'notification') && !draft.decided) this.#decide();
    envelope.kind = kind;
    envelope.end = end;
    if (kind === 'result') envelope.protocolVersion = draft.resultVersion;
    this.#nextElement();
    this.#handler.onMessage(envelope);
  }

  /** Leaves what starts at `index` to the reader. */
  #startReading(state: number, keeps: boolean, index: number): number {
    this.#state = state;
    this.#valueStart = this.#offset + index;
    this.#reader.begin(keeps, this.#limits.maxDepth - this.#depth);
    return index;
  }

  /** Lets the reader go on at `index`, and takes over again where its value ends. */
  #continueReading(index: number): number {
    const reader = this.#reader;
    const stop = reader.consume(this.#chunk, index);
    const { status, bytes, start, end } = reader;
    if (status === 'pending') return stop;
    if (status !== 'done') return this.#failAt(status, stop);
    if (this.#state === IN_KEY) this.#endKey(bytes, start, end, true);
    else if (this.#state === IN_VALUE) this.#endValue(bytes, start, end);
    else this.#endElement();
    return stop;
  }

  /** Counts a container that opens at `index`; false when that was one too many. */
  #open(index: number): boolean {
    if (this.#depth >= this.#limits.maxDepth) {
      this.#failAt('too_deep', index);
      return false;
    }
    this.#depth++;
    return true;
  }

  /** Whether a name or token of `length` bytes may be kept; says so when not. */
  #fits(length: number): boolean {
    if (length <= this.#limits.maxCaptureBytes) return true;
    this.#report('capture_too_long', this.#valueStart);
    return false;
  }

  #failAt(reason: ScanProblemReason, index: number): number {
    this.#fail(reason, this.#offset + index);
    return index;
  }

  #fail(reason: ScanProblemReason, offset: number): void {
    this.#state = CLOSED;
    this.#report(reason, offset);
  }

  #report(reason: ScanProblemReason, offset: number): void {
    this.#handler.onProblem({ reason, offset });
  }
}

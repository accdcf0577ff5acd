/**
 * Splits a `text/event-stream` into events: a push state machine over bytes (WHATWG HTML §9.2.6).
 *
 * Input may be cut anywhere, even inside a line end or a UTF-8 sequence: any cut gives the same
 * calls. Work is linear in the input, and memory is bounded by the limits whatever the input. A
 * chunk is read during `write` only; its owner may reuse it afterwards.
 *
 * This file cuts bytes into lines: one that lies within a chunk is read in place, one that does not
 * is gathered first. What lines mean is the business of {@link EventBuilder}.
 *
 * @module
 */

import { ByteBuffer } from './byte-buffer.ts';
import { EventBuilder } from './event-builder.ts';
import { decodeText } from './field-values.ts';
import { CR, LF, LineEndFinder } from './line-end.ts';
import type { SseHandler, SseLimits } from './types.ts';

/** Bounds of a splitter that was given none. */
export const DEFAULT_SSE_LIMITS: Readonly<SseLimits> = {
  maxEventBytes: 4 * 1024 * 1024,
  maxCommentBytes: 1024,
};

const COLON = 0x3a;
const BOM = Uint8Array.of(0xef, 0xbb, 0xbf);

/** Value of `#bomMatched` once the start of the stream is behind. */
const BOM_DECIDED = -1;

export class SseSplitter {
  readonly #handler: SseHandler;
  readonly #maxCommentBytes: number;
  readonly #builder: EventBuilder;

  /** Offset of the current chunk in the stream. */
  #offset = 0;
  /** Bytes of a leading BOM matched so far, or {@link BOM_DECIDED}. */
  #bomMatched = 0;
  /** The last chunk ended in CR: an LF that comes now belongs to it. */
  #skipLf = false;

  /** The line that began in an earlier chunk, as far as its bytes are needed. */
  readonly #line: ByteBuffer = new ByteBuffer();
  /** Length of that line so far, 0 when there is none. May exceed what `#line` holds. */
  #lineLength = 0;
  #lineOffset = 0;
  #lineIsComment = false;

  /** @throws RangeError when a limit is not a number of at least 1. */
  constructor(handler: SseHandler, limits: Partial<SseLimits> = {}) {
    const { maxEventBytes, maxCommentBytes } = { ...DEFAULT_SSE_LIMITS, ...limits };
    checkLimit('maxEventBytes', maxEventBytes);
    checkLimit('maxCommentBytes', maxCommentBytes);
    this.#handler = handler;
    this.#maxCommentBytes = maxCommentBytes;
    this.#builder = new EventBuilder(handler, maxEventBytes);
  }

  /**
   * The last event ID of the standard: the value a client resumes with. It outlives the event that
   * set it, also one that had no data and was not dispatched. Empty at the start and after `reset`.
   */
  get lastEventId(): string {
    return this.#builder.lastEventId;
  }

  write(chunk: Uint8Array): void {
    const length = chunk.length;
    let position = 0;
    if (this.#bomMatched !== BOM_DECIDED) position = this.#matchBom(chunk);
    if (this.#skipLf && position < length) {
      this.#skipLf = false;
      if (chunk[position] === LF) position++;
    }

    const lineEnds = new LineEndFinder(chunk);
    while (position < length) {
      const lineEnd = lineEnds.find(position);
      if (lineEnd === length) {
        this.#holdLine(chunk, position, length);
        break;
      }
      if (this.#lineLength > 0) {
        if (lineEnd > position) this.#holdLine(chunk, position, lineEnd);
        this.#readHeldLine();
      } else if (lineEnd === position) {
        this.#builder.readBlankLine(this.#offset + lineEnd + 1);
        if (this.#line.length > 0) this.#line.clear();
      } else if (chunk[position] === COLON) {
        this.#readComment(chunk, position, lineEnd);
      } else {
        this.#builder.readLine(chunk, position, lineEnd, this.#offset + position);
      }
      position = lineEnd + 1;
      if (chunk[lineEnd] === CR) {
        if (position === length) this.#skipLf = true;
        else if (chunk[position] === LF) position++;
      }
    }

    this.#builder.detach(chunk);
    this.#offset += length;
  }

  /**
   * The stream is over. An event without its blank line is reported and not dispatched. The
   * splitter is then ready for another stream, with {@link lastEventId} kept.
   */
  end(): void {
    // Half a BOM is the beginning of a line, see #matchBom.
    if (this.#bomMatched > 0) this.#builder.expectLine(0, this.#bomMatched);
    this.#builder.abandon();
    this.#restart();
  }

  /** Forgets the stream; the next chunk is the first of another one. Nothing is reported. */
  reset(): void {
    this.#builder.clear();
    this.#builder.lastEventId = '';
    this.#restart();
  }

  #restart(): void {
    this.#offset = 0;
    this.#bomMatched = 0;
    this.#skipLf = false;
    this.#line.clear();
    this.#lineLength = 0;
  }

  /** Passes over one leading BOM. Returns the position after what it took from the chunk. */
  #matchBom(chunk: Uint8Array): number {
    for (let position = 0; position < chunk.length; position++) {
      const matched = this.#bomMatched;
      if (chunk[position] !== BOM[matched]) {
        this.#bomMatched = BOM_DECIDED;
        // Half a BOM is no BOM: it begins the first line, and may have come in an earlier chunk.
        if (matched <= position) return position - matched;
        this.#openLine(0, false);
        this.#holdBytes(BOM, 0, matched);
        return position;
      }
      if (matched + 1 === BOM.length) {
        this.#bomMatched = BOM_DECIDED;
        return position + 1;
      }
      this.#bomMatched = matched + 1;
    }
    return chunk.length;
  }

  /** Takes in a piece of a line whose end is not in sight, or that did not begin in this chunk. */
  #holdLine(chunk: Uint8Array, start: number, end: number): void {
    if (this.#lineLength === 0) this.#openLine(this.#offset + start, chunk[start] === COLON);
    this.#holdBytes(chunk, start, end);
  }

  #openLine(offset: number, isComment: boolean): void {
    this.#builder.detach(this.#line.bytes);
    this.#line.clear();
    this.#lineOffset = offset;
    this.#lineIsComment = isComment;
  }

  #holdBytes(source: Uint8Array, start: number, end: number): void {
    this.#lineLength += end - start;
    if (!this.#lineIsComment) {
      if (this.#builder.expectLine(this.#lineOffset, this.#lineLength)) {
        this.#line.append(source, start, end);
      } else {
        this.#line.clear();
      }
    } else if (this.#handler.onComment !== undefined) {
      const room = 1 + this.#maxCommentBytes - this.#line.length;
      if (room > 0) this.#line.append(source, start, Math.min(end, start + room));
    }
  }

  #readHeldLine(): void {
    const { bytes, length } = this.#line;
    // The bytes stay where they are: the builder may look at them until the next line is held.
    if (this.#lineIsComment) this.#readComment(bytes, 0, length);
    else if (length > 0) this.#builder.readLine(bytes, 0, length, this.#lineOffset);
    this.#lineLength = 0;
  }

  #readComment(source: Uint8Array, start: number, end: number): void {
    const handler = this.#handler;
    if (handler.onComment === undefined) return;
    const textEnd = Math.min(end, start + 1 + this.#maxCommentBytes);
    handler.onComment(decodeText(source, start + 1, textEnd));
  }
}

function checkLimit(name: string, value: number): void {
  if (!(value >= 1)) throw new RangeError(`${name} must be a number of at least 1, got ${value}`);
}

/**
 * Builds events from the lines of a `text/event-stream`: fields, dispatch and the size limit
 * (WHATWG HTML §9.2.6).
 *
 * The first data line of an event is only remembered as a view of the memory it was read from; it
 * is copied when a second one joins it, or when that memory is about to change
 * ({@link EventBuilder.detach}). An event of one line that arrived whole is thus never copied.
 *
 * @module
 */

import { ByteBuffer } from './byte-buffer.ts';
import { decodeText, hasNull, readDigits, spells } from './field-values.ts';
import { LF } from './line-end.ts';
import type { SseEvent, SseHandler, SseProblem } from './types.ts';

const SPACE = 0x20;
const COLON = 0x3a;

export class EventBuilder {
  readonly #handler: SseHandler;
  readonly #maxEventBytes: number;

  /** Offset of the first line of the open event, or -1 between events. */
  #start = -1;
  #bytes = 0;
  /** The open event is above the limit: its lines are passed over. */
  #skipping = false;

  #dataLines = 0;
  #view: Uint8Array | null = null;
  #viewStart = 0;
  #viewEnd = 0;
  readonly #data: ByteBuffer = new ByteBuffer();
  #type = '';
  #id: string | null = null;
  #retryMs: number | null = null;

  /** The type decoded last: streams repeat a few. */
  #knownType = 'message';

  /** See `SseSplitter.lastEventId`. */
  lastEventId = '';

  constructor(handler: SseHandler, maxEventBytes: number) {
    this.#handler = handler;
    this.#maxEventBytes = maxEventBytes;
  }

  /**
   * A line that is no comment has begun at `offset`, and `length` bytes of it are known.
   *
   * @returns Whether its bytes are worth keeping: false once the event is above the limit.
   */
  expectLine(offset: number, length: number): boolean {
    if (this.#start < 0) this.#start = offset;
    if (this.#skipping) return false;
    // The line end to come counts too, so that a line reaches the same verdict whole or in pieces.
    if (this.#bytes + length + 1 <= this.#maxEventBytes) return true;
    this.#skipping = true;
    this.#view = null;
    this.#data.clear();
    this.#report('event_too_large', this.#start);
    return false;
  }

  /** Reads a whole line, neither empty nor a comment. */
  readLine(source: Uint8Array, start: number, end: number, offset: number): void {
    if (!this.expectLine(offset, end - start)) return;
    this.#bytes += end - start + 1;
    // The first letter tells the four fields apart.
    const first = source[start];
    if (first === 0x64) {
      const value = findValue(source, start, end, 'data');
      if (value >= 0) this.#addData(source, value, end);
    } else if (first === 0x65) {
      const value = findValue(source, start, end, 'event');
      if (value >= 0) this.#type = this.#readType(source, value, end);
    } else if (first === 0x69) {
      const value = findValue(source, start, end, 'id');
      if (value >= 0 && !hasNull(source, value, end)) this.#id = decodeText(source, value, end);
    } else if (first === 0x72) {
      const value = findValue(source, start, end, 'retry');
      if (value >= 0) this.#retryMs = readDigits(source, value, end) ?? this.#retryMs;
    }
  }

  /** A blank line, whose end is at offset `end`: dispatches the open event if it has data. */
  readBlankLine(end: number): void {
    if (this.#start < 0) return;
    if (!this.#skipping && this.#id !== null) this.lastEventId = this.#id;
    const event = !this.#skipping && this.#dataLines > 0 ? this.#toEvent(end) : null;
    this.clear();
    if (event !== null) this.#handler.onEvent(event);
  }

  /** The stream is over: an open event is given up. */
  abandon(): void {
    if (this.#start >= 0 && !this.#skipping) this.#report('unfinished_event', this.#start);
    this.clear();
  }

  /** The bytes of `source` are about to change: copies the data line that was left there. */
  detach(source: Uint8Array): void {
    if (this.#view === source) this.#copyView();
  }

  /** Forgets the open event. */
  clear(): void {
    this.#start = -1;
    this.#bytes = 0;
    this.#skipping = false;
    this.#dataLines = 0;
    this.#view = null;
    this.#data.clear();
    this.#type = '';
    this.#id = null;
    this.#retryMs = null;
  }

  #addData(source: Uint8Array, start: number, end: number): void {
    if (++this.#dataLines === 1) {
      this.#view = source;
      this.#viewStart = start;
      this.#viewEnd = end;
      return;
    }
    this.#copyView();
    this.#data.appendByte(LF);
    this.#data.append(source, start, end);
  }

  #copyView(): void {
    const view = this.#view;
    this.#view = null;
    if (view !== null) this.#data.append(view, this.#viewStart, this.#viewEnd);
  }

  #readType(source: Uint8Array, start: number, end: number): string {
    if (!spells(source, start, end, this.#knownType)) {
      this.#knownType = decodeText(source, start, end);
    }
    return this.#knownType;
  }

  #toEvent(end: number): SseEvent {
    const view = this.#view;
    return {
      type: this.#type === '' ? 'message' : this.#type,
      data:
        view === null
          ? this.#data.bytes.subarray(0, this.#data.length)
          : view.subarray(this.#viewStart, this.#viewEnd),
      id: this.#id,
      retryMs: this.#retryMs,
      start: this.#start,
      end,
    };
  }

  #report(reason: SseProblem['reason'], offset: number): void {
    this.#handler.onProblem?.({ reason, offset });
  }
}

/**
 * Where the value of the field `name` begins in a line, past the colon and one space; -1 when the
 * line is of another field. A line without a colon is a field with an empty value.
 */
function findValue(source: Uint8Array, start: number, end: number, name: string): number {
  const nameEnd = start + name.length;
  if (nameEnd > end || !spells(source, start, nameEnd, name)) return -1;
  if (nameEnd === end) return end;
  if (source[nameEnd] !== COLON) return -1;
  const value = nameEnd + 1;
  return value < end && source[value] === SPACE ? value + 1 : value;
}

/**
 * Finds the data of events in a `text/event-stream`, in place (WHATWG HTML §9.2.6): not what the
 * data is, but where in each chunk it stands.
 *
 * An event's type is not looked at: it may come after the data, and there are clients that read
 * the data of every type.
 *
 * @module
 */

import { CR, LF, LineEndFinder } from '../../protocol/sse/line-end.ts';

const SPACE = 0x20;
const COLON = 0x3a;
const FIELD = Uint8Array.of(0x64, 0x61, 0x74, 0x61);
const BOM = Uint8Array.of(0xef, 0xbb, 0xbf);

// What has been read of a line. Below FIELD_READ: so many letters of `data`.
const LINE_START = 0;
const FIELD_READ = 4;
/** The colon has been read; one space may follow it. */
const COLON_READ = 5;
const IN_VALUE = 6;
/** A comment, or a field that is not `data`. */
const OTHER_LINE = 7;

/** The start of the stream is behind. */
const BOM_DECIDED = -1;

/** Called in the order of the input. Positions are those of the chunk being written. */
export interface EventDataHandler {
  /** A line of data begins; what it holds comes after `index`. */
  onDataLine(index: number): void;
  /** Data of the line: `chunk[start, end)`, never empty. A line may come in several. */
  onData(chunk: Uint8Array, start: number, end: number): void;
  /** A blank line ends the event, if one was open. */
  onEventEnd(): void;
}

/** A push state machine of constant size. */
export class EventDataFinder {
  readonly #handler: EventDataHandler;
  #line = LINE_START;
  #bomMatched = 0;
  /** The last chunk ended in CR: an LF that comes now belongs to it. */
  #skipLf = false;

  constructor(handler: EventDataHandler) {
    this.#handler = handler;
  }

  write(chunk: Uint8Array): void {
    const { length } = chunk;
    let position = this.#bomMatched === BOM_DECIDED ? 0 : this.#matchBom(chunk);
    if (this.#skipLf && position < length) {
      this.#skipLf = false;
      if (chunk[position] === LF) position++;
    }
    const lineEnds = new LineEndFinder(chunk);
    while (position < length) {
      const lineEnd = lineEnds.find(position);
      if (lineEnd > position) this.#readPiece(chunk, position, lineEnd);
      if (lineEnd === length) return;
      this.#endLine(lineEnd);
      position = lineEnd + 1;
      if (chunk[lineEnd] !== CR) continue;
      if (position === length) this.#skipLf = true;
      else if (chunk[position] === LF) position++;
    }
  }

  /** Passes over one leading BOM. Returns the position after what it took from the chunk. */
  #matchBom(chunk: Uint8Array): number {
    for (let position = 0; position < chunk.length; position++) {
      if (chunk[position] !== BOM[this.#bomMatched]) {
        // Half a BOM is no BOM: it begins a line of no known field.
        if (this.#bomMatched > 0) this.#line = OTHER_LINE;
        this.#bomMatched = BOM_DECIDED;
        return position;
      }
      this.#bomMatched++;
      if (this.#bomMatched === BOM.length) {
        this.#bomMatched = BOM_DECIDED;
        return position + 1;
      }
    }
    return chunk.length;
  }

  /** Reads a piece of a line, without its end. */
  #readPiece(chunk: Uint8Array, start: number, end: number): void {
    let i = start;
    while (this.#line < FIELD_READ && i < end) {
      this.#line = chunk[i] === FIELD[this.#line] ? this.#line + 1 : OTHER_LINE;
      i++;
    }
    if (this.#line === FIELD_READ && i < end) {
      this.#line = chunk[i] === COLON ? COLON_READ : OTHER_LINE;
      i++;
      if (this.#line === COLON_READ) this.#handler.onDataLine(i);
    }
    if (this.#line === COLON_READ && i < end) {
      this.#line = IN_VALUE;
      if (chunk[i] === SPACE) i++;
    }
    if (this.#line === IN_VALUE && i < end) this.#handler.onData(chunk, i, end);
  }

  /** The end of a line stands at `index`. */
  #endLine(index: number): void {
    if (this.#line === LINE_START) this.#handler.onEventEnd();
    // A field without a colon has an empty value.
    else if (this.#line === FIELD_READ) this.#handler.onDataLine(index);
    this.#line = LINE_START;
  }
}

/**
 * Reads the responses that come over one connection, in any split (RFC 9112). Strict where two
 * readers could differ: what is not plainly well-formed is no response, and its connection is done.
 *
 * @module
 */

import { ChunkedReader } from './chunked-reader.ts';
import { ResponseSyntaxError } from './syntax-error.ts';

/** Bytes that can be read as text, as the `Buffer` of Node and Bun can. */
export type TextBytes = Uint8Array<ArrayBuffer> & {
  toString(encoding: 'latin1', start?: number, end?: number): string;
};

/** What became of the bytes. A handler must not call the reader. */
export interface ResponseHandler {
  /** The final head: names as they were written, values without the whitespace around them. */
  onHead(status: number, headers: readonly string[]): void;
  onData(bytes: Uint8Array<ArrayBuffer>): void;
  /** @param reusable whether the connection may carry another request */
  onEnd(reusable: boolean): void;
}

/** Largest head, in bytes: what Node's parser allows by default. */
export const MAX_HEAD_BYTES: number = 16 * 1024;

/**
 * Status line and fields, up to the empty line. A field has no space before its colon and goes
 * over one line only (RFC 9112 §5.1, §5.2), and no control character but a tab is in its value.
 */
const HEAD =
  /^HTTP\/1\.[01] [1-5]\d\d(?: [\t\x20-\x7e\x80-\xff]*)?\r\n(?:[!#$%&'*+\-.^_`|~\dA-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n)*$/;
const END_OF_HEAD = '\r\n\r\n';

// What the next byte belongs to.
const NOTHING = 0;
const IN_HEAD = 1;
const SIZED_BODY = 2;
const CHUNKED_BODY = 3;
/** The body ends with the connection. */
const REST = 4;

export class ResponseReader {
  readonly #handler: ResponseHandler;
  #state = NOTHING;
  /** What has come of a head that is not complete. */
  #head = '';
  /** The response can have a body, as that to a HEAD cannot. */
  #mayHaveBody = true;
  #bytesLeft = 0;
  #chunked: ChunkedReader | null = null;
  #persistent = false;

  constructor(handler: ResponseHandler) {
    this.#handler = handler;
  }

  /** A request has been sent: its response comes next. */
  begin(method: string): void {
    this.#state = IN_HEAD;
    this.#head = '';
    this.#mayHaveBody = method !== 'HEAD';
  }

  /** @throws {ResponseSyntaxError} when the bytes are no response to one request */
  write(bytes: TextBytes): void {
    let i = 0;
    while (i < bytes.length) {
      switch (this.#state) {
        case IN_HEAD:
          i = this.#readHead(bytes, i);
          break;
        case SIZED_BODY: {
          const end = Math.min(bytes.length, i + this.#bytesLeft);
          this.#bytesLeft -= end - i;
          this.#handler.onData(bytes.subarray(i, end));
          i = end;
          if (this.#bytesLeft === 0) this.#end(i === bytes.length);
          break;
        }
        case CHUNKED_BODY: {
          const chunked = this.#chunked as ChunkedReader;
          i = chunked.read(bytes, i);
          if (chunked.ended) this.#end(i === bytes.length);
          break;
        }
        case REST:
          this.#handler.onData(bytes.subarray(i));
          return;
        default:
          // What follows a response was asked for by nobody; whoever is told so has closed already.
          return;
      }
    }
  }

  /** The peer has closed. Whether that is the proper end of the response. */
  finish(): boolean {
    if (this.#state !== REST) return false;
    this.#end(false);
    return true;
  }

  /** Reads on at `from`; returns where the head, or what has come of it, stops. */
  #readHead(bytes: TextBytes, from: number): number {
    const before = this.#head.length;
    const most = Math.min(bytes.length, from + MAX_HEAD_BYTES + 1 - before);
    const text = this.#head + bytes.toString('latin1', from, most);
    const end = text.indexOf(END_OF_HEAD, Math.max(0, before - END_OF_HEAD.length + 1));
    if (end === -1) {
      if (text.length > MAX_HEAD_BYTES) {
        throw new ResponseSyntaxError(`the response head is longer than ${MAX_HEAD_BYTES} bytes`);
      }
      this.#head = text;
      return bytes.length;
    }
    this.#head = '';
    const stop = from + end + END_OF_HEAD.length - before;
    this.#takeHead(text.slice(0, end + 2), stop === bytes.length);
    return stop;
  }

  /** @param isLast whether nothing has come after it yet */
  #takeHead(text: string, isLast: boolean): void {
    if (!HEAD.test(text)) throw new ResponseSyntaxError('the response head is malformed');
    const status = Number(text.slice(9, 12));
    if (status === 101) throw new ResponseSyntaxError('the upstream changed the protocol unasked');
    if (status < 200) return;
    const headers: string[] = [];
    let length: string | null = null;
    let coding: string | null = null;
    this.#persistent = text.charCodeAt(7) === 0x31;
    for (let start = text.indexOf('\n') + 1; start < text.length; ) {
      const colon = text.indexOf(':', start);
      const end = text.indexOf('\r', colon);
      const name = text.slice(start, colon);
      const value = withoutSpace(text, colon + 1, end);
      headers.push(name, value);
      // Only names of these lengths frame the message.
      switch (name.length) {
        case 10:
          if (isClose(name, value)) this.#persistent = false;
          break;
        case 14:
          if (name.toLowerCase() === 'content-length') length = once(length, value);
          break;
        case 17:
          if (name.toLowerCase() === 'transfer-encoding') coding = once(coding, value);
          break;
      }
      start = end + 2;
    }
    this.#beginBody(status, length, coding);
    this.#handler.onHead(status, headers);
    if (this.#state === SIZED_BODY && this.#bytesLeft === 0) this.#end(isLast);
  }

  /** RFC 9112 §6.3, without the leniency it allows. */
  #beginBody(status: number, length: string | null, coding: string | null): void {
    if (coding !== null && (coding.toLowerCase() !== 'chunked' || length !== null)) {
      throw new ResponseSyntaxError('the response is framed in more than one way, or unknown ones');
    }
    if (length !== null && !/^\d{1,15}$/.test(length)) {
      throw new ResponseSyntaxError('the response has no valid Content-Length');
    }
    if (!this.#mayHaveBody || status === 204 || status === 304) {
      this.#state = SIZED_BODY;
      this.#bytesLeft = 0;
    } else if (coding !== null) {
      this.#state = CHUNKED_BODY;
      this.#chunked = new ChunkedReader((bytes) => this.#handler.onData(bytes));
    } else {
      this.#state = length === null ? REST : SIZED_BODY;
      this.#bytesLeft = Number(length);
    }
  }

  /** @param isLast whether nothing has come after it yet */
  #end(isLast: boolean): void {
    const reusable = this.#persistent && isLast && this.#state !== REST;
    this.#state = NOTHING;
    this.#chunked = null;
    this.#handler.onEnd(reusable);
  }
}

/** @throws {ResponseSyntaxError} for a second field that frames the message */
function once(seen: string | null, value: string): string {
  if (seen !== null) throw new ResponseSyntaxError('the response is framed twice');
  return value;
}

function isClose(name: string, value: string): boolean {
  return name.toLowerCase() === 'connection' && /(?:^|[\t ,])close(?:$|[\t ,])/i.test(value);
}

/** `text[start, end)` without the whitespace of RFC 9110 §5.6.3, which is less than JavaScript's. */
function withoutSpace(text: string, start: number, end: number): string {
  let from = start;
  let to = end;
  while (from < to && isSpace(text.charCodeAt(from))) from++;
  while (to > from && isSpace(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

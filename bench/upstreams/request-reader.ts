/**
 * Finds where each HTTP/1.1 request of a connection ends. It knows just enough for an upstream
 * that must cost little: request line, `Content-Length`, chunked bodies without trailers.
 *
 * @module
 */

export interface RequestLine {
  readonly method: string;
  /** With its query. */
  readonly path: string;
}

const LINE_END = '\r\n';
const HEAD_END = '\r\n\r\n';

/** Where in a request the next byte is. */
type Place = 'head' | 'body' | 'chunk-size' | 'chunk' | 'chunk-end';

export class RequestReader {
  readonly #onRequest: (request: RequestLine) => void;
  #place: Place = 'head';
  /** Bytes not understood yet, as latin1: an unfinished head or chunk size, never a body. */
  #pending = '';
  /** Bytes of the body or chunk that are still to come. */
  #remaining = 0;
  #current: RequestLine = { method: '', path: '' };

  /** @param onRequest called when a request has arrived with all of its body */
  constructor(onRequest: (request: RequestLine) => void) {
    this.#onRequest = onRequest;
  }

  write(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#place === 'body' || this.#place === 'chunk') {
        const taken = Math.min(this.#remaining, chunk.length - at);
        this.#remaining -= taken;
        at += taken;
        if (this.#remaining === 0) this.#partOver();
        continue;
      }
      const end = this.#place === 'head' ? HEAD_END : LINE_END;
      // The terminator may begin in what is pending: look there first, then in the chunk.
      const before = this.#pending.length;
      const text = this.#pending + chunk.toString('latin1', at);
      const found = text.indexOf(end, Math.max(0, before - end.length));
      if (found === -1) {
        this.#pending = text;
        return;
      }
      at += found + end.length - before;
      this.#pending = '';
      this.#line(text.slice(0, found));
    }
  }

  /** A head, a chunk size, or the empty line after a chunk. */
  #line(text: string): void {
    switch (this.#place) {
      case 'head': {
        const [method = '', path = ''] = text.split(' ', 2);
        this.#current = { method, path };
        if (/\r\ntransfer-encoding:\s*chunked/i.test(text)) this.#place = 'chunk-size';
        else {
          this.#remaining = Number(/\r\ncontent-length:\s*(\d+)/i.exec(text)?.[1] ?? 0);
          this.#place = 'body';
          if (this.#remaining === 0) this.#partOver();
        }
        return;
      }
      case 'chunk-size':
        this.#remaining = Number.parseInt(text, 16);
        this.#place = this.#remaining === 0 ? 'chunk-end' : 'chunk';
        // The last chunk is empty, and so is the line after it.
        if (this.#remaining === 0) this.#remaining = -1;
        return;
      default:
        if (this.#remaining === -1) this.#requestOver();
        else this.#place = 'chunk-size';
    }
  }

  #partOver(): void {
    if (this.#place === 'chunk') this.#place = 'chunk-end';
    else this.#requestOver();
  }

  #requestOver(): void {
    this.#place = 'head';
    this.#remaining = 0;
    this.#onRequest(this.#current);
  }
}

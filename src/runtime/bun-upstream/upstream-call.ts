/**
 * One request to the upstream and its response, as the fetch shell sees them.
 *
 * @module
 */

import { joinBytes } from '../../exchange/bytes.ts';
import type { RawHeaders } from '../../exchange/headers.ts';
import type { UpstreamRequest, UpstreamResponse } from '../../roles/proxy/upstream.ts';

/** What is read ahead of a consumer before the connection is told to wait, in bytes. */
const READ_AHEAD_BYTES = 64 * 1024;

/** The connection that carries a call, as the call sees it. */
export interface Carrier {
  /** Reads no further until {@link resume}. */
  pause(): void;
  resume(): void;
  /** Closes at once, whatever is under way. */
  destroy(): void;
}

export class UpstreamCall implements UpstreamResponse {
  readonly request: UpstreamRequest;
  /** Path and query. */
  readonly target: string;
  /** Resolves with the call itself when the response head is there. */
  readonly response: Promise<UpstreamResponse>;
  status = 0;
  headers: RawHeaders = [];
  readonly #resolve: (response: UpstreamResponse) => void;
  readonly #reject: (error: unknown) => void;
  #connection: Carrier | null = null;
  #received: Uint8Array<ArrayBuffer>[] = [];
  #receivedBytes = 0;
  #over = false;
  #failure: unknown = null;
  /** Lets go on who waits for more of the body. */
  #wake: (() => void) | null = null;

  constructor(request: UpstreamRequest, target: string) {
    this.request = request;
    this.target = target;
    const { promise, resolve, reject } = Promise.withResolvers<UpstreamResponse>();
    this.response = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    if (request.signal.aborted) this.handleEvent();
    else request.signal.addEventListener('abort', this);
  }

  /** No more is to be expected of it: it has ended, well or not. */
  get over(): boolean {
    return this.#over;
  }

  /** The signal was aborted. */
  handleEvent(): void {
    this.fail(this.request.signal.reason);
  }

  /** The request goes out on `connection`. */
  begin(connection: Carrier): void {
    this.#connection = connection;
  }

  onHead(status: number, headers: RawHeaders): void {
    this.status = status;
    this.headers = headers;
    this.#resolve(this);
  }

  onData(bytes: Uint8Array<ArrayBuffer>): void {
    this.#received.push(bytes);
    this.#receivedBytes += bytes.byteLength;
    if (this.#wake !== null) this.#continue();
    else if (this.#receivedBytes >= READ_AHEAD_BYTES) this.#connection?.pause();
  }

  onEnd(): void {
    this.#settle();
  }

  /** The call is over before its proper end; so is the connection. */
  fail(error: unknown): void {
    if (this.#over) return;
    this.#failure = error;
    const connection = this.#connection;
    this.#settle();
    this.#reject(error);
    connection?.destroy();
  }

  bytes(): Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>> {
    const [first] = this.#received;
    const isThere = this.#over && this.#failure === null && this.#received.length === 1;
    return isThere && first !== undefined ? first : this.#join();
  }

  get body(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          if (this.#received.length === 0 && !this.#over) await this.#more();
          const bytes = this.#received.shift();
          if (bytes !== undefined) {
            this.#receivedBytes -= bytes.byteLength;
            controller.enqueue(bytes);
          } else if (this.#failure === null) {
            controller.close();
          } else {
            throw this.#failure;
          }
        },
        cancel: (reason) => this.fail(reason),
      },
      { highWaterMark: 0 },
    );
  }

  async #join(): Promise<Uint8Array<ArrayBuffer>> {
    while (!this.#over) await this.#more();
    if (this.#failure !== null) throw this.#failure;
    return joinBytes(this.#received) as Uint8Array<ArrayBuffer>;
  }

  /** Resolves when more has come, or the end. */
  #more(): Promise<void> {
    this.#connection?.resume();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #settle(): void {
    this.#over = true;
    this.#connection = null;
    this.request.signal.removeEventListener('abort', this);
    this.#continue();
  }

  #continue(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }
}

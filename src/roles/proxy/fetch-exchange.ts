/**
 * Drives one exchange with web-standard requests, responses and streams.
 *
 * @module
 */

import type { Exchange } from '../../exchange/exchange.ts';
import type { UpstreamFailure } from '../../exchange/failures.ts';
import type { ClientCertificate } from '../../exchange/guard.ts';
import { closesConnection, type RawHeaders, type RequestFields } from '../../exchange/headers.ts';
import type { LocalResponse } from '../../exchange/local-response.ts';
import { type DeadlineName, Deadlines, describeExpiry } from './deadlines.ts';
import { type ObservedBody, observeBody, readWhole } from './observed-body.ts';
import type { CreateProxyOptions } from './options.ts';
import { LINGER_MS, type ProxyCore, WHOLE_BODY_BYTES } from './proxy-core.ts';
import type { Timer } from './timers.ts';
import { toHeaderPairs, type Upstream, type UpstreamResponse } from './upstream.ts';

/** What a runtime knows of a request beside the `Request` itself. */
export interface FetchContext {
  /** Address of the peer, or null where the runtime does not tell. */
  readonly peer: string | null;
  /** Protocol version of the connection, as in `Via`. Default `1.1`. */
  readonly httpVersion?: string;
  /** Header list as received, where the runtime keeps one. Default: from `request.headers`. */
  readonly rawHeaders?: RawHeaders;
  /** The certificate the client has proved to hold, where the listener asked for one. */
  readonly certificate?: ClientCertificate | null;
  /**
   * How long the exchange may take before its client is watched, in milliseconds: for runtimes where
   * that is dear, and where a client that left in the meantime is noticed then. Default 0.
   */
  readonly watchAfterMs?: number;
  /** Where a client has sent its last request, the runtime closes, and does not say so. Default false. */
  readonly closesSilently?: boolean;
  /** Keeps the runtime from ending the work when the response is done. */
  readonly waitUntil?: (work: Promise<unknown>) => void;
}

export type ResponseFactory = NonNullable<CreateProxyOptions['createResponse']>;
type ResponseHead = Parameters<ResponseFactory>[1];

/** Statuses whose responses have no body (RFC 9110 §6.4.1). */
const NULL_BODY_STATUS: ReadonlySet<number> = new Set([204, 205, 304]);

/** One exchange between a `Request` and the `Response` made of it. */
export class FetchExchange {
  readonly #core: ProxyCore;
  readonly #upstream: Upstream;
  readonly #createResponse: ResponseFactory;
  readonly #exchange: Exchange;
  readonly #request: Request;
  readonly #context: FetchContext;
  /** Where a shutdown finds the streams that have no end of their own. */
  readonly #endless: Set<FetchExchange>;
  readonly #abort = new AbortController();
  readonly #deadlines: Deadlines;
  #expired: DeadlineName | null = null;
  /** The request body while it streams: an upstream may answer without having taken all of it. */
  #requestBody: ObservedBody | null = null;
  /** The request body while it is held to be judged. */
  #held: ReadableStreamDefaultReader<Uint8Array> | null = null;
  #responseBody: ObservedBody | null = null;
  #watch: Timer | null = null;
  #watching = false;
  #releaseDrain: (() => void) | null = null;
  #draining = false;
  /** The connection ends with this exchange, and nobody else says so. */
  #isUntold = false;
  readonly #onClientGone = (): void => this.#downstreamClosed();

  constructor(
    core: ProxyCore,
    upstream: Upstream,
    createResponse: ResponseFactory,
    exchange: Exchange,
    request: Request,
    context: FetchContext,
    endless: Set<FetchExchange>,
  ) {
    this.#endless = endless;
    this.#core = core;
    this.#upstream = upstream;
    this.#createResponse = createResponse;
    this.#exchange = exchange;
    this.#request = request;
    this.#context = context;
    this.#deadlines = new Deadlines(core.timeouts, core.timers, (name) => this.#expire(name));
  }

  async run(path: string, headers: string[], fields: RequestFields): Promise<Response> {
    const { watchAfterMs = 0, closesSilently = false } = this.#context;
    this.#isUntold = closesSilently && closesConnection(fields.connection);
    if (watchAfterMs === 0) this.watchClient();
    else this.#watch = this.#core.timers.start(watchAfterMs, watchClient, this);
    try {
      const admission = this.#exchange.guarded ? await this.#admit(fields) : null;
      if (admission instanceof Response) return admission;
      // Where nothing has to be waited for, nothing waits: each `await` is a turn of its own.
      const taken = admission === null ? this.#takeRequestBody(fields) : admission.body;
      const body = taken instanceof Promise ? await taken : taken;
      const sent = this.#exchange.admitted(path, headers);
      const whole = body instanceof ReadableStream ? null : body;
      const passed = this.#exchange.dispatched(sent.headers, whole);
      // A streamed request is not complete yet; its end starts the wait for the answer.
      if (body === whole) this.#deadlines.requestSent();
      const response = await this.#upstream({
        method: this.#request.method,
        url: this.#core.target.origin + sent.path,
        headers: sent.headers,
        body: body === whole ? (passed as Uint8Array<ArrayBuffer> | null) : body,
        signal: this.#abort.signal,
      });
      const responded = this.#respond(response);
      return responded instanceof Promise ? await responded : responded;
    } catch (error) {
      return this.#failed(error);
    }
  }

  /** From now on it is noticed when the client leaves. */
  watchClient(): void {
    this.#watch?.cancel();
    this.#watch = null;
    const { signal } = this.#request;
    if (signal.aborted) this.#downstreamClosed();
    else signal.addEventListener('abort', this.#onClientGone);
    this.#watching = true;
  }

  /**
   * Holds the request until it has been judged, whole. Returns the answer when it may not pass, and
   * otherwise the body to send.
   */
  async #admit(
    fields: RequestFields,
  ): Promise<Response | { readonly body: Uint8Array<ArrayBuffer> | null }> {
    let local = await this.#exchange.judgeHead();
    // A look at `body` makes a stream of it, which some runtimes are slow at.
    const reader =
      local !== null || fields.contentLength === 0 ? undefined : this.#request.body?.getReader();
    this.#held = reader ?? null;
    while (reader !== undefined && local === null) {
      const { done, value } = await this.#whileClientStays(reader.read());
      if (done) break;
      local = this.#exchange.requestChunk(value);
    }
    this.#held = null;
    const unread = local !== null && reader !== undefined;
    if (local === null) {
      this.#exchange.requestEnd();
      local = await this.#exchange.judgeMessages();
    } else if (reader !== undefined) {
      this.#keepAlive(this.#linger(reader));
    }
    // Whoever left in the meantime is not spoken for.
    if (this.#exchange.ended && local === null) throw new Error('the client went away');
    if (local === null) {
      return { body: this.#exchange.heldBody as Uint8Array<ArrayBuffer> | null };
    }
    this.#settle();
    return answerWith(this.#createResponse, local, this.#responseHeaders(local.headers, unread));
  }

  /** Lets the rest of a refused request flow past, for a while. */
  async #linger(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    const timer = this.#core.timers.start(LINGER_MS, cancelReader, reader);
    await readOn(reader);
    timer.cancel();
  }

  async #whileClientStays<T>(reading: Promise<T>): Promise<T> {
    try {
      return await reading;
    } catch (error) {
      this.#downstreamClosed();
      throw error;
    }
  }

  #takeRequestBody(
    fields: RequestFields,
  ): Promise<Uint8Array<ArrayBuffer>> | ReadableStream<Uint8Array> | null {
    const length = fields.contentLength;
    if (length !== null && length > 0 && length <= WHOLE_BODY_BYTES) return this.#wholeBody();
    // A look at `body` makes a stream of it, which some runtimes are slow at.
    const body = length === 0 ? null : this.#request.body;
    if (body === null) {
      this.#exchange.requestEnd();
      return null;
    }
    const reader = body.getReader();
    this.#requestBody = observeBody(reader, {
      onChunk: (bytes) => {
        this.#exchange.requestChunk(bytes);
        return this.#exchange.outgoing(bytes);
      },
      onEnd: () => {
        this.#requestBody = null;
        this.#exchange.requestEnd();
        this.#deadlines.requestSent();
        return this.#exchange.outgoingEnd();
      },
      onError: () => this.#downstreamClosed(),
      // What is left flows past, so that the client can end its request and read the answer.
      onCancel: (_reason, reading) => {
        this.#requestBody = null;
        this.#keepAlive(readOn(reader, reading));
        return false;
      },
    });
    return this.#requestBody.stream;
  }

  async #wholeBody(): Promise<Uint8Array<ArrayBuffer>> {
    let buffer: ArrayBuffer;
    try {
      buffer = await this.#request.arrayBuffer();
    } catch (error) {
      this.#downstreamClosed();
      throw error;
    }
    const bytes = new Uint8Array(buffer);
    this.#exchange.requestChunk(bytes);
    this.#exchange.requestEnd();
    return bytes;
  }

  #respond(upstream: UpstreamResponse): Response | Promise<Response> {
    this.#deadlines.responseHead();
    if (this.#draining) return this.#drain(upstream.body);
    const { status } = upstream;
    // Nobody asked for another protocol, and what follows would not be HTTP (RFC 9110 §15.2.2).
    if (status < 200) throw new Error(`the upstream answered ${status} unasked`);
    const { headers, fields, whole } = this.#core.respond(this.#exchange, status, upstream.headers);
    const init = { status, headers: this.#responseHeaders(headers) };
    const bodiless = this.#request.method === 'HEAD' || NULL_BODY_STATUS.has(status);
    // Taken in one piece a body shows no silences, so where they are measured it is read in pieces.
    const takeBytes = this.#core.timeouts.idleStream === 0 ? upstream.bytes : undefined;
    if (whole && !bodiless && takeBytes !== undefined) {
      const taken = takeBytes.call(upstream);
      if (!(taken instanceof Promise)) return this.#respondWhole(taken, init);
      return taken.then((bytes) => this.#respondWhole(bytes, init));
    }
    const { body } = upstream;
    if (body === null || bodiless) return this.#respondWithout(body, init, fields.contentLength);
    const reader = body.getReader();
    if (whole) {
      this.#deadlines.waiting();
      return readWhole(reader).then((bytes) => this.#respondWhole(bytes, init));
    }
    const observed = this.#observeResponse(reader);
    this.#responseBody = observed;
    // A stream lasts, and its client is watched from its first moment.
    if (!this.#watching) this.watchClient();
    if (this.#exchange.endless) this.#endless.add(this);
    const response = this.#createResponse(observed.stream, init, fields.contentLength);
    this.#exchange.headSent();
    return response;
  }

  #respondWhole(bytes: Uint8Array<ArrayBuffer>, init: ResponseHead): Response {
    this.#exchange.responseChunk(bytes);
    const response = this.#createResponse(bytes, init, bytes.byteLength);
    this.#finish();
    return response;
  }

  async #respondWithout(
    body: ReadableStream<Uint8Array> | null,
    init: ResponseHead,
    contentLength: number | null,
  ): Promise<Response> {
    await body?.cancel();
    const response = this.#createResponse(null, init, contentLength);
    this.#finish();
    return response;
  }

  #observeResponse(reader: ReadableStreamDefaultReader<Uint8Array>): ObservedBody {
    return observeBody(reader, {
      // Only while the client waits for more is silence the upstream's.
      onWait: () => this.#deadlines.waiting(),
      onChunk: (bytes) => {
        this.#deadlines.pause();
        return this.#exchange.responseChunk(bytes);
      },
      onEnd: () => this.#finish(),
      onError: (error) => {
        this.#settle();
        this.#exchange.upstreamFailed('aborted', describeError(error));
      },
      onCancel: (_reason, reading) => {
        this.#settle();
        const action = this.#exchange.downstreamClosed();
        if (action !== 'drain' || !this.#beginDrain()) {
          this.#abort.abort();
          return true;
        }
        this.#keepAlive(this.#drainResponse(reader, reading));
        return false;
      },
    });
  }

  /** Ends a stream that has no end of its own. */
  endStream(): void {
    this.#finish();
    this.#responseBody?.close();
    this.#abort.abort();
  }

  #finish(): Uint8Array {
    this.#settle();
    this.#releaseDrain?.();
    return this.#exchange.responseEnd();
  }

  /** The client left: before the response head was passed on, or in the middle of the body. */
  #downstreamClosed(): void {
    if (this.#responseBody !== null) {
      this.#responseBody.leave(new Error('the client went away'));
      return;
    }
    const action = this.#exchange.downstreamClosed();
    if (action === 'none') return;
    if (action === 'drain' && this.#beginDrain()) {
      this.#draining = true;
      return;
    }
    this.#settle();
    this.#abort.abort();
  }

  #expire(name: DeadlineName): void {
    this.#expired = name;
    const reason = describeExpiry(name, this.#core.timeouts);
    // Before the response began, `run` turns the aborted upstream request into the 504.
    if (this.#responseBody !== null) {
      this.#exchange.upstreamFailed('timeout', reason);
      this.#responseBody.abort(new Error(reason));
    }
    this.#settle();
    this.#abort.abort(new Error(reason));
  }

  /** The upstream request failed, or the client left before there was a response. */
  #failed(error: unknown): Response {
    let failure: UpstreamFailure = 'unreachable';
    let detail = describeError(error);
    if (this.#expired !== null) {
      failure = 'timeout';
      detail = describeExpiry(this.#expired, this.#core.timeouts);
    } else if (this.#exchange.responding) {
      failure = 'aborted';
    }
    const local = this.#exchange.upstreamFailed(failure, detail);
    const headers = this.#responseHeaders(local?.headers ?? []);
    this.#settle();
    this.#releaseDrain?.();
    this.#abort.abort();
    // Nobody reads an answer to an exchange that ended before; the runtime still wants one.
    if (local === null) return new Response(null, { status: 499 });
    return answerWith(this.#createResponse, local, headers);
  }

  /**
   * An answer that does not wait for the end of its request takes the connection with it, for not
   * every runtime reads on once it has been given (RFC 9112 §9.3; HTTP/2 streams need no such word).
   * The last one of a connection says so, where the runtime does not (RFC 9112 §9.6).
   */
  #responseHeaders(
    raw: RawHeaders,
    isEarly: boolean = this.#requestBody !== null,
  ): [string, string][] {
    const headers = toHeaderPairs(raw);
    if ((isEarly || this.#isUntold) && this.#context.httpVersion !== '2.0') {
      headers.push(['connection', 'close']);
    }
    return headers;
  }

  /** Nothing outside has a say in this exchange any more: no deadline, no client, no shutdown. */
  #settle(): void {
    this.#deadlines.clear();
    if (this.#responseBody !== null) this.#endless.delete(this);
    this.#watch?.cancel();
    if (this.#watching) this.#request.signal.removeEventListener('abort', this.#onClientGone);
    // Who waits for more of it would wait for ever.
    if (this.#held !== null) cancelReader(this.#held);
    if (this.#requestBody === null) return;
    // The upstream has answered without its rest, and gets no more of it. An error in its stream
    // instead would bring Node's `fetch` down.
    const over = new Error('the exchange is over');
    this.#requestBody.forsake(over);
    this.#abort.abort(over);
  }

  #beginDrain(): boolean {
    this.#releaseDrain = this.#core.drains.begin(() => this.#abort.abort());
    return this.#releaseDrain !== null;
  }

  async #drain(body: ReadableStream<Uint8Array> | null): Promise<Response> {
    this.#settle();
    const work = body === null ? Promise.resolve() : this.#drainResponse(body.getReader());
    this.#keepAlive(work);
    await work;
    this.#releaseDrain?.();
    return new Response(null, { status: 499 });
  }

  async #drainResponse(
    reader: ReadableStreamDefaultReader<Uint8Array>,
    reading?: Promise<unknown>,
  ): Promise<void> {
    await readOn(reader, reading);
    this.#releaseDrain?.();
  }

  #keepAlive(work: Promise<unknown>): void {
    this.#context.waitUntil?.(work);
  }
}

const cancelReader = (reader: ReadableStreamDefaultReader<Uint8Array>): void =>
  void reader.cancel().catch(() => {});

const watchClient = (exchange: FetchExchange): void => exchange.watchClient();

/** Reads a body to its end and throws it away. */
async function readOn(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  reading?: Promise<unknown>,
): Promise<void> {
  try {
    await reading;
    while (!(await reader.read()).done);
  } catch {
    // Its sender broke off what nobody waits for any more.
  }
}

/** One line, from the innermost cause, where runtimes put what really happened. */
function describeError(error: unknown): string {
  let cause = error;
  for (let depth = 0; depth < 4; depth++) {
    const inner = (cause as { cause?: unknown } | null)?.cause;
    if (inner === undefined || inner === null) break;
    cause = inner;
  }
  const text = cause instanceof Error ? cause.message || cause.name : String(cause);
  return (text.split('\n', 1)[0] as string).slice(0, 200);
}

/** An answer of weir's own. */
export function answerWith(
  createResponse: ResponseFactory,
  { status, body }: LocalResponse,
  headers: [string, string][],
): Response {
  return createResponse(new TextEncoder().encode(body), { status, headers }, null);
}

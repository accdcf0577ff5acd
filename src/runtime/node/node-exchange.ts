/**
 * Drives one exchange with `node:http` towards the client and undici's dispatcher towards the
 * upstream: no web streams, no `Request`, no `Headers`.
 *
 * @module
 */

import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { Exchange } from '../../exchange/exchange.ts';
import type { UpstreamFailure } from '../../exchange/failures.ts';
import type { RequestFields } from '../../exchange/headers.ts';
import type { LocalResponse } from '../../exchange/local-response.ts';
import { type DeadlineName, Deadlines, describeExpiry } from '../../roles/proxy/deadlines.ts';
import { LINGER_MS, type ProxyCore, WHOLE_BODY_BYTES } from '../../roles/proxy/proxy-core.ts';
import {
  type AnyRequest,
  type AnyResponse,
  answer,
  breakOff,
  endWhole,
  flushHead,
  hasHttp2Body,
  writeHead,
} from './downstream.ts';
import { decodeRawHeaders, type UpstreamPool } from './upstream-pool.ts';

/** One exchange between a client's socket and the pool; also the dispatch handler of the latter. */
export class NodeExchange implements Dispatcher.DispatchHandler {
  readonly #core: ProxyCore;
  readonly #pool: UpstreamPool;
  readonly #exchange: Exchange;
  readonly #request: AnyRequest;
  readonly #response: AnyResponse;
  readonly #endless: Set<NodeExchange>;
  readonly #deadlines: Deadlines;
  #abort: ((error?: Error) => void) | null = null;
  #resume: (() => void) | null = null;
  #expired: DeadlineName | null = null;
  #releaseDrain: (() => void) | null = null;
  /** The client's leg is over, whoever ended it: nothing is written any more. */
  #downstreamOver = false;
  #paused = false;
  /** The request body, while it streams. undici leaves it standing when an answer comes early. */
  #passing: Readable | null = null;

  // The response head while its short body is collected, so that both leave in one write.
  #heldStatus = 0;
  #heldHeaders: string[] | null = null;
  #heldChunks: Buffer[] | null = null;

  constructor(
    core: ProxyCore,
    pool: UpstreamPool,
    exchange: Exchange,
    request: AnyRequest,
    response: AnyResponse,
    endless: Set<NodeExchange>,
  ) {
    this.#core = core;
    this.#pool = pool;
    this.#exchange = exchange;
    this.#request = request;
    this.#response = response;
    this.#endless = endless;
    this.#deadlines = new Deadlines(core.timeouts, core.timers, (name) => this.#expire(name));
    response.on('close', () => this.#onDownstreamClose());
    response.on('error', ignore);
    if (request.httpVersionMajor >= 2) request.on('error', ignore);
  }

  run(path: string, headers: string[], fields: RequestFields): void {
    if (!this.#exchange.guarded) {
      this.#take(path, headers, fields, false);
      return;
    }
    const judged = this.#exchange.judgeHead();
    if (judged instanceof Promise) {
      judged.then((local) => {
        if (this.#isAllowed(local)) this.#take(path, headers, fields, true);
      });
    } else if (this.#isAllowed(judged)) {
      this.#take(path, headers, fields, true);
    }
  }

  /** @param hold whether the body has to be whole before any of it goes on */
  #take(path: string, headers: string[], fields: RequestFields, hold: boolean): void {
    const request = this.#request;
    const length = fields.contentLength;
    if (length === 0 || (length === null && !fields.chunked && !hasHttp2Body(request))) {
      this.#exchange.requestEnd();
      request.resume();
      if (hold) this.#judge(path, headers);
      else this.#dispatch(path, headers, null);
    } else if (hold || (length !== null && length <= WHOLE_BODY_BYTES)) {
      this.#collect(path, headers);
    } else {
      this.#dispatch(path, headers, this.#observedRequest());
    }
  }

  #judge(path: string, headers: string[]): void {
    const judged = this.#exchange.judgeMessages();
    if (judged instanceof Promise) {
      judged.then((local) => {
        if (this.#isAllowed(local)) this.#admit(path, headers);
      });
    } else if (this.#isAllowed(judged)) {
      this.#admit(path, headers);
    }
  }

  /** Whether the exchange goes on. It does not when the policies have answered, or the client left. */
  #isAllowed(local: LocalResponse | null): boolean {
    if (local !== null) this.#refuse(local);
    return !this.#downstreamOver;
  }

  #admit(path: string, headers: string[]): void {
    const sent = this.#exchange.admitted(path, headers);
    const body = this.#exchange.heldBody;
    this.#dispatch(sent.path, sent.headers, body === null ? null : asBuffer(body));
  }

  #refuse(local: LocalResponse): void {
    if (this.#downstreamOver) return;
    this.#downstreamOver = true;
    this.#deadlines.clear();
    const request = this.#request;
    request.resume();
    if (!request.complete) {
      const linger = this.#core.timers.start(LINGER_MS, (late) => late.destroy(), request);
      request.once('close', () => linger.cancel());
    }
    answer(this.#response, local);
  }

  #collect(path: string, headers: string[]): void {
    let first: Buffer | null = null;
    let more: Buffer[] | null = null;
    this.#request.on('data', (chunk: Buffer) => {
      const refusal = this.#exchange.requestChunk(chunk);
      if (refusal !== null) this.#refuse(refusal);
      // A guarded exchange keeps the bytes itself.
      if (this.#downstreamOver || this.#exchange.guarded) return;
      if (first === null) first = chunk;
      else if (more === null) more = [first, chunk];
      else more.push(chunk);
    });
    this.#request.on('end', () => {
      if (this.#downstreamOver) return;
      this.#exchange.requestEnd();
      if (this.#exchange.guarded) this.#judge(path, headers);
      else this.#dispatch(path, headers, more === null ? first : Buffer.concat(more));
    });
  }

  /** The request body on its way, read as it passes; undici holds it back with the client's socket. */
  #observedRequest(): Readable {
    const request = this.#request;
    const passing = new Readable({ read: () => void request.resume() });
    request.on('data', (chunk: Buffer) => {
      // An upstream that answers early leaves the rest unread; the client's socket stays usable.
      if (passing.destroyed) return;
      this.#exchange.requestChunk(chunk);
      const passed = this.#exchange.outgoing(chunk);
      if (passed.byteLength > 0 && !passing.push(passed)) request.pause();
    });
    request.on('end', () => {
      this.#exchange.requestEnd();
      this.#deadlines.requestSent();
      const last = this.#exchange.outgoingEnd();
      if (last.byteLength > 0) passing.push(last);
      passing.push(null);
    });
    // What is left of it flows past, so that the client can end its request and read the answer.
    passing.on('close', () => request.resume());
    this.#passing = passing;
    return passing;
  }

  #dispatch(path: string, headers: string[], body: Buffer | Readable | null): void {
    const whole = body === null || Buffer.isBuffer(body) ? body : null;
    const sent = this.#exchange.dispatched(headers, whole);
    // A streamed request is not complete yet; its end starts the wait for the answer.
    if (body === whole) this.#deadlines.requestSent();
    this.#pool.dispatch(
      {
        method: this.#request.method as Dispatcher.HttpMethod,
        path,
        headers,
        body: body === whole ? sent : body,
      },
      this,
    );
  }

  onConnect(abort: (error?: Error) => void): void {
    this.#abort = abort;
    // Gone, or out of time, while the request waited for its connection.
    if (this.#expired !== null || (this.#downstreamOver && this.#releaseDrain === null)) {
      abort(new Error('no longer wanted'));
    }
  }

  onHeaders(status: number, raw: Buffer[], resume: () => void): boolean {
    if (status < 200) return true;
    this.#resume = resume;
    this.#deadlines.responseHead();
    this.#deadlines.waiting();
    if (this.#downstreamOver) return true;
    const { headers, whole } = this.#core.respond(this.#exchange, status, decodeRawHeaders(raw));
    if (whole && this.#request.method !== 'HEAD') {
      this.#heldStatus = status;
      this.#heldHeaders = headers;
      return true;
    }
    if (this.#exchange.endless) this.#endless.add(this);
    this.#exchange.headSent();
    writeHead(this.#response, status, headers);
    // The first bytes of the body mostly come in the same turn, and then leave with the head in
    // one write. Where they do not, the head must not wait for them.
    process.nextTick(flushHead, this.#response);
    return true;
  }

  onData(chunk: Buffer): boolean {
    if (this.#downstreamOver) return true;
    this.#deadlines.waiting();
    const passed = this.#exchange.responseChunk(chunk);
    if (passed.byteLength === 0) return true;
    if (this.#heldHeaders !== null) {
      this.#heldChunks ??= [];
      // Nothing rewrites a body that is held, so it is the chunk that came.
      this.#heldChunks.push(chunk);
      return true;
    }
    if (!(this.#response as ServerResponse).write(passed) && !this.#paused) {
      this.#paused = true;
      this.#deadlines.pause();
      this.#response.once('drain', () => {
        this.#paused = false;
        this.#deadlines.waiting();
        this.#resume?.();
      });
    }
    return !this.#paused;
  }

  onComplete(): void {
    this.#deadlines.clear();
    this.#passing?.destroy();
    this.#releaseDrain?.();
    if (this.#downstreamOver) return;
    let last: Uint8Array;
    try {
      last = this.#exchange.responseEnd();
    } catch (error) {
      this.onError(error as Error);
      return;
    }
    this.#downstreamOver = true;
    if (this.#heldHeaders !== null) {
      writeHead(this.#response, this.#heldStatus, this.#heldHeaders);
      endWhole(this.#response, this.#heldChunks);
    } else if (last.byteLength > 0) {
      this.#response.end(last);
    } else {
      this.#response.end();
    }
  }

  onError(error: Error): void {
    this.#deadlines.clear();
    this.#passing?.destroy();
    this.#releaseDrain?.();
    if (this.#downstreamOver) return;
    this.#downstreamOver = true;
    const local = this.#exchange.upstreamFailed(
      this.#failureOf(error),
      this.#expired === null ? describe(error) : describeExpiry(this.#expired, this.#core.timeouts),
    );
    if (local === null) breakOff(this.#response);
    else answer(this.#response, local);
  }

  #failureOf(error: Error): UpstreamFailure {
    if (this.#expired !== null) return 'timeout';
    if ((error as { code?: string }).code === 'UND_ERR_CONNECT_TIMEOUT') return 'timeout';
    return this.#exchange.responding ? 'aborted' : 'unreachable';
  }

  #expire(name: DeadlineName): void {
    this.#expired = name;
    // The dispatcher answers the abort with `onError`, unless it has not begun: then
    // `onConnect` does.
    this.#abort?.(new Error(describeExpiry(name, this.#core.timeouts)));
    if (this.#abort === null) this.onError(new Error(name));
  }

  /** Ends a stream that has no end of its own. */
  endStream(): void {
    if (this.#downstreamOver) return;
    this.onComplete();
    this.#abortUpstream();
  }

  #onDownstreamClose(): void {
    if (this.#exchange.endless) this.#endless.delete(this);
    if (this.#downstreamOver) return;
    this.#downstreamOver = true;
    const action = this.#exchange.downstreamClosed();
    if (action === 'drain') {
      this.#releaseDrain = this.#core.drains.begin(() => this.#abortUpstream());
      if (this.#releaseDrain !== null) {
        this.#resume?.();
        return;
      }
    }
    this.#deadlines.clear();
    this.#abortUpstream();
  }

  #abortUpstream(): void {
    this.#releaseDrain = null;
    this.#abort?.(new Error('the client went away'));
  }
}

/** One line; the innermost cause is what really happened. */
function describe(error: Error): string {
  const cause = error.cause instanceof Error ? error.cause : error;
  return (cause.message || (cause as { code?: string }).code || cause.name).split(
    '\n',
    1,
  )[0] as string;
}

/** What came in one read is a buffer already. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A broken socket reports itself through `close` as well; unheard, `error` would be thrown. */
function ignore(): void {}

/**
 * Drives one exchange with `node:http` towards the client and undici's dispatcher towards the
 * upstream. It exists for speed: no web streams, no `Request`, no `Headers`. What a client can
 * see is the same as through the fetch shell.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { Readable } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Dispatcher } from 'undici';
import type { Exchange, UpstreamFailure } from '../../exchange/exchange.ts';
import type { RequestFields } from '../../exchange/headers.ts';
import type { LocalResponse } from '../../exchange/local-response.ts';
import { type DeadlineName, Deadlines, describeExpiry } from '../../roles/proxy/deadlines.ts';
import { LINGER_MS, type ProxyCore, WHOLE_BODY_BYTES } from '../../roles/proxy/proxy-core.ts';
import { plainAddress } from '../listen-address.ts';
import { clientCertificateOf } from './client-certificate.ts';
import { decodeRawHeaders, type UpstreamPool } from './upstream-pool.ts';

/** Requests and responses of HTTP/1.1 and of HTTP/2's compatibility layer. */
export type AnyRequest = IncomingMessage | Http2ServerRequest;
export type AnyResponse = ServerResponse | Http2ServerResponse;

/** RFC 9113 §7. From here, for the module that has it is loaded for TLS alone. */
const HTTP2_INTERNAL_ERROR = 0x2;

export class NodeShell {
  readonly #core: ProxyCore;
  readonly #pool: UpstreamPool;
  /**
   * Exchanges whose stream has no end of its own. Only these are kept track of: a set that every
   * exchange goes through leaves each of them behind in its outgrown tables, for the next full
   * collection to find.
   */
  readonly #endless = new Set<NodeExchange>();

  constructor(core: ProxyCore, pool: UpstreamPool) {
    this.#core = core;
    this.#pool = pool;
  }

  /** The request listener of an HTTP server. */
  readonly handle = (request: AnyRequest, response: AnyResponse): void => {
    const socket = request.socket as TLSSocket;
    const opened = this.#core.open({
      method: request.method as string,
      url: toOriginForm(request.url as string),
      headers: requestHeaders(request),
      peer: peerOf(request),
      certificate: clientCertificateOf(request),
      scheme: socket.encrypted ? 'https' : 'http',
      httpVersion: request.httpVersion,
    });
    if (opened.kind === 'answer') {
      // Refused unread: whatever body follows is not worth a connection.
      if (request.httpVersionMajor < 2) response.setHeader('Connection', 'close');
      answer(response, opened.local);
      return;
    }
    new NodeExchange(this.#core, this.#pool, opened.exchange, request, response, this.#endless).run(
      opened.path,
      opened.headers,
      opened.fields,
    );
  };

  /** Ends the streams that have no end of their own, so that a shutdown need not wait for them. */
  endStreams(): void {
    for (const exchange of this.#endless) exchange.endStream();
    this.#core.drains.end();
  }
}

/** HTTP/2 carries the authority as a pseudo-header; to the rest of us it is `Host`. */
export function requestHeaders(request: AnyRequest): string[] {
  const raw = request.rawHeaders;
  if (request.httpVersionMajor < 2) return raw;
  const authority = (request as Http2ServerRequest).authority;
  const headers: string[] = request.headers.host === undefined ? ['host', authority] : [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    if (!name.startsWith(':')) headers.push(name, raw[i + 1] as string);
  }
  return headers;
}

/** A request target in absolute form names a resource by its path (RFC 9112 §3.2.2). */
export function toOriginForm(target: string): string {
  if (target.charCodeAt(0) === 0x2f) return target;
  const url = /^https?:\/\//i.test(target) ? URL.parse(target) : null;
  return url === null ? target : url.pathname + url.search;
}

/** The peer's address, or null when it is gone already. */
export function peerOf(request: AnyRequest): string | null {
  return plainAddress(request.socket.remoteAddress);
}

function answer(response: AnyResponse, local: LocalResponse): void {
  const headers = [...local.headers, 'Content-Length', String(Buffer.byteLength(local.body))];
  writeHead(response, local.status, headers);
  response.end(local.body);
}

/** A broken socket reports itself through `close` as well; unheard, `error` would be thrown. */
function ignore(): void {}

/** Ends a response so that the client cannot take it for complete. */
function breakOff(response: AnyResponse): void {
  if ('stream' in response) response.stream.close(HTTP2_INTERNAL_ERROR);
  else response.destroy();
}

function flushHead(response: AnyResponse): void {
  if (response.writableEnded || response.destroyed) return;
  // HTTP/2's compatibility layer has the method, its type declarations do not.
  (response as ServerResponse).flushHeaders();
}

function writeHead(response: AnyResponse, status: number, headers: string[]): void {
  response.sendDate = false;
  if ('stream' in response) {
    writeHttp2Head(response, status, headers);
  } else {
    response.writeHead(status, headers);
  }
}

function writeHttp2Head(response: Http2ServerResponse, status: number, headers: string[]): void {
  const collected = new Map<string, string | string[]>();
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase();
    const value = headers[i + 1] as string;
    const seen = collected.get(name);
    if (seen === undefined) collected.set(name, value);
    else if (typeof seen === 'string') collected.set(name, [seen, value]);
    else seen.push(value);
  }
  for (const [name, value] of collected) response.setHeader(name, value);
  response.writeHead(status);
}

/** One exchange between a client's socket and the pool; also the dispatch handler of the latter. */
class NodeExchange implements Dispatcher.DispatchHandler {
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
    if (this.#exchange.guarded) {
      this.#whenAllowed(this.#exchange.judgeHead(), () => this.#take(path, headers, fields, true));
    } else {
      this.#take(path, headers, fields, false);
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
    this.#whenAllowed(this.#exchange.judgeMessages(), () => {
      const sent = this.#exchange.admitted(path, headers);
      const body = this.#exchange.heldBody;
      this.#dispatch(
        sent.path,
        sent.headers,
        body === null ? null : Buffer.from(body.buffer, body.byteOffset, body.byteLength),
      );
    });
  }

  /** Goes on when the policies have nothing against it, and answers when they do. */
  #whenAllowed(
    judged: LocalResponse | null | Promise<LocalResponse | null>,
    goOn: () => void,
  ): void {
    if (judged instanceof Promise) {
      judged.then((local) => this.#whenAllowed(local, goOn));
    } else if (judged !== null) {
      this.#refuse(judged);
    } else if (!this.#downstreamOver) {
      goOn();
    }
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
      if (!passing.push(chunk)) request.pause();
    });
    request.on('end', () => {
      this.#exchange.requestEnd();
      this.#deadlines.requestSent();
      passing.push(null);
    });
    // What is left of it flows past, so that the client can end its request and read the answer.
    passing.on('close', () => request.resume());
    this.#passing = passing;
    return passing;
  }

  #dispatch(path: string, headers: string[], body: Buffer | Readable | null): void {
    this.#exchange.dispatched();
    // A streamed request is not complete yet; its end starts the wait for the answer.
    if (body === null || Buffer.isBuffer(body)) this.#deadlines.requestSent();
    this.#pool.dispatch(
      {
        method: this.#request.method as Dispatcher.HttpMethod,
        path,
        headers,
        body,
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

/**
 * Ends a response with a short body. Text leaves in one write with the head, bytes in a vectored
 * one, which costs the kernel and Node more; latin1 is text that holds any bytes unchanged.
 */
function endWhole(response: AnyResponse, chunks: readonly Buffer[] | null): void {
  if (chunks === null) response.end();
  else if (chunks.length === 1) response.end((chunks[0] as Buffer).toString('latin1'), 'latin1');
  else response.end(Buffer.concat(chunks));
}

/** HTTP/2 frames bodies by itself: whether one follows is known from the stream. */
function hasHttp2Body(request: AnyRequest): boolean {
  return request.httpVersionMajor >= 2 && !(request as Http2ServerRequest).stream.endAfterHeaders;
}

/** One line; the innermost cause is what really happened. */
function describe(error: Error): string {
  const cause = error.cause instanceof Error ? error.cause : error;
  return (cause.message || (cause as { code?: string }).code || cause.name).split(
    '\n',
    1,
  )[0] as string;
}

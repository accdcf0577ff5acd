/**
 * One HTTP exchange seen as MCP: a state machine that does no I/O. A shell feeds it what arrives
 * on either leg and does what it answers; at the end it emits one {@link ExchangeRecord}.
 *
 * The order of calls is `requestChunk* requestEnd? dispatched responseHead responseChunk*
 * responseEnd`, cut short at any point by `deny`, `upstreamFailed` or `downstreamClosed`. After
 * the end every call is ignored, so that a shell need not know who was first. A guarded exchange
 * is also asked `judgeHead` before its body is read, and `judgeMessages` between `requestEnd` and
 * `dispatched`.
 *
 * @module
 */

import { type BodyFormat, BodyReader } from './body-reader.ts';
import { joinBytes } from './bytes.ts';
import { FAILURES, REFUSED_ANSWER, UNJUDGED_RESPONSE, type UpstreamFailure } from './failures.ts';
import {
  type ByteRewriter,
  type Guard,
  type GuardedHead,
  ResponseRefused,
  type Verdict,
} from './guard.ts';
import { Guarded } from './guarded.ts';
import { contentCoding, isJsonMediaType, type RawHeaders, type ResponseFields } from './headers.ts';
import { type LocalResponse, localError } from './local-response.ts';
import {
  Observations,
  type RequestHead,
  RequestObserver,
  ResponseObserver,
} from './observations.ts';
import { decideOutcome } from './outcome.ts';
import type { ExchangeRecord, ExchangeSink, LiveExchange, Outcome, StreamKind } from './record.ts';
import { RewriterChain } from './rewriter-chain.ts';
import type { TraceHead, TracePlacing, Tracer } from './trace.ts';

/** What every exchange of a proxy shares. */
export interface ExchangeEnvironment {
  /** Monotonic clock in milliseconds. */
  readonly now: () => number;
  /** Wall clock in milliseconds since the epoch. */
  readonly date: () => number;
  readonly sinks: readonly ExchangeSink[];
  /** Those of the sinks that take the bytes of bodies; null without any. */
  readonly taps: readonly ExchangeSink[] | null;
  /** Null for a proxy without policies. */
  readonly guard: Guard | null;
  /** Null for a proxy without traces. */
  readonly tracer: Tracer | null;
  /** Further fields for weir's own errors, so that the page that asked can read them. Default none. */
  readonly pageFields?: (head: RequestHead) => RawHeaders;
}

/** What a shell does with the upstream leg when the client is gone. */
export type DisconnectAction =
  /** Nothing: the exchange had ended. */
  | 'none'
  /** Break the upstream request off at once. */
  | 'abort'
  /** Read the response to its end, within a bound, and throw it away. */
  | 'drain';

const EMPTY = new Uint8Array(0);
const NO_DECISIONS: ExchangeRecord['decisions'] = [];

let lastSequence = 0;

export class Exchange implements LiveExchange {
  readonly sequence: number;
  readonly startedAt: number;
  stream: StreamKind = 'none';

  readonly #environment: ExchangeEnvironment;
  readonly #head: RequestHead;
  readonly #seen: Observations;
  readonly #guarded: Guarded | null;
  readonly #trace: TracePlacing | null;

  #requestReader: BodyReader | null = null;
  #responseReader: BodyReader | null = null;
  #rewriter: ByteRewriter | null = null;
  #requestRewriter: ByteRewriter | null = null;
  #pendingReads: Promise<void>[] | null = null;

  #requestEnded = false;
  #headSent = false;
  #ended = false;
  #status = 0;
  /** `error.code` of an answer that weir gave itself. */
  #ownErrorCode: number | null = null;
  /** Why the rest of the upstream's answer must not pass. */
  #refused: ResponseRefused | null = null;
  #requestBytes = 0;
  #responseBytes = 0;

  // Marks on the monotonic clock, in milliseconds; -1 until reached.
  readonly #startMark: number;
  #readyMark: number;
  #dispatchMark = -1;
  #firstByteMark = -1;
  #overheadMs = 0;

  /**
   * @param guardedHead the head as policies see it, where there is a guard
   * @param traceHead the head as tracers see it, where there is a tracer
   */
  constructor(
    head: RequestHead,
    environment: ExchangeEnvironment,
    guardedHead: GuardedHead | null = null,
    traceHead: TraceHead | null = null,
  ) {
    this.#head = head;
    this.#environment = environment;
    this.sequence = ++lastSequence;
    this.startedAt = environment.date();
    this.#startMark = environment.now();
    this.#readyMark = this.#startMark;
    this.#seen = new Observations(head);
    const { guard, tracer } = environment;
    this.#trace = tracer === null || traceHead === null ? null : tracer.begin(traceHead);
    this.#guarded =
      guard === null || guardedHead === null
        ? null
        : new Guarded(guard, guardedHead, this.#seen, this);
    for (const sink of environment.sinks) sink.started?.(this);
  }

  get httpMethod(): string {
    return this.#head.method;
  }

  get path(): string {
    return this.#head.path;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** The response is a stream without an end of its own: only a peer's leaving ends it. */
  get endless(): boolean {
    return this.stream === 'get' || this.stream === 'listen';
  }

  /** The upstream's response head has come. */
  get responding(): boolean {
    return this.#firstByteMark !== -1;
  }

  /** Policies judge this exchange: its request is to be held until they have. */
  get guarded(): boolean {
    return this.#guarded !== null;
  }

  /** Judges the head. Returns the answer to give, or null to go on. */
  judgeHead(): LocalResponse | null | Promise<LocalResponse | null> {
    return this.#guarded === null ? null : this.#settleVerdict(this.#guarded.judgeHead());
  }

  /** Judges the request when its body has ended. Returns the answer to give, or null to go on. */
  judgeMessages(): LocalResponse | null | Promise<LocalResponse | null> {
    return this.#guarded === null ? null : this.#settleVerdict(this.#guarded.judgeMessages());
  }

  /** The request body that was held, whole; null without a guard or without a body. */
  get heldBody(): Uint8Array | null {
    const body = this.#guarded?.body ?? EMPTY;
    return body.byteLength === 0 ? null : body;
  }

  /** What goes upstream of the head, when the policies have let it pass. */
  admitted(path: string, headers: string[]): { path: string; headers: string[] } {
    if (this.#guarded === null) return { path, headers };
    const query = path.indexOf('?');
    return {
      path: (query === -1 ? path : path.slice(0, query)) + this.#guarded.upstreamQuery(),
      headers: this.#guarded.upstreamHeaders(headers),
    };
  }

  /**
   * Bytes of the request body, in order, before or after the dispatch. Returns the answer to give
   * when a guard will not have so many of them, and otherwise null.
   */
  requestChunk(bytes: Uint8Array): LocalResponse | null {
    if (this.#ended) return null;
    const begun = this.#environment.now();
    this.#requestBytes += bytes.byteLength;
    if (this.#head.method === 'POST') {
      this.#requestReader ??= new BodyReader(
        'jsonrpc',
        contentCoding(this.#head.fields.contentEncoding),
        new RequestObserver(this.#seen, this.#head.fields, this.#guarded, this.#trace),
      );
      this.#requestReader.write(bytes);
    }
    const { taps } = this.#environment;
    if (taps !== null) for (const tap of taps) tap.requestBytes?.(this, bytes);
    if (this.#dispatchMark === -1) this.#readyMark = begun;
    else this.#overheadMs += this.#environment.now() - begun;
    const refusal = this.#guarded?.take(bytes) ?? null;
    return refusal === null ? null : this.#answerVerdict(refusal);
  }

  /** The request body is complete. */
  requestEnd(): void {
    if (this.#ended) return;
    this.#requestEnded = true;
    this.#settleReader(this.#requestReader);
  }

  /**
   * The upstream request is being sent.
   *
   * @param headers what it is sent with; where there are traces, their context is put among them
   * @param body the request body, when it goes out as a whole
   * @returns the body to send: the same, unless its messages are to carry the context
   */
  dispatched(headers: string[] = [], body: Uint8Array | null = null): Uint8Array | null {
    if (this.#ended || this.#dispatchMark !== -1) return body;
    const sent = this.#trace === null ? body : this.#propagate(this.#trace, headers, body);
    this.#dispatchMark = this.#environment.now();
    this.#overheadMs += this.#dispatchMark - this.#readyMark;
    this.#guarded?.letGo();
    return sent;
  }

  #propagate(trace: TracePlacing, headers: string[], body: Uint8Array | null): Uint8Array | null {
    trace.place(headers);
    const { fields, method } = this.#head;
    if (method !== 'POST' || contentCoding(fields.contentEncoding) !== null) return body;
    if (body === null) {
      // Streams, if there is any: its length stands in the head that goes out now.
      this.#requestRewriter = trace.rewriter(fields.contentLength !== null);
      return null;
    }
    const rewriter = trace.rewriter(false);
    if (rewriter === null) return body;
    const sent = joinBytes([rewriter.write(body), rewriter.end()]);
    if (sent.byteLength !== body.byteLength) setLength(headers, sent.byteLength);
    return sent;
  }

  /**
   * Bytes of a request body that streams, to be given to {@link requestChunk} first. Returns what
   * goes upstream in their place: the same, unless its messages are to carry the context.
   */
  outgoing(bytes: Uint8Array): Uint8Array {
    return this.#requestRewriter === null ? bytes : this.#requestRewriter.write(bytes);
  }

  /** The end of a request body that streams. Returns what is still to be sent. */
  outgoingEnd(): Uint8Array {
    return this.#requestRewriter === null ? EMPTY : this.#requestRewriter.end();
  }

  /**
   * The upstream's final response head (never a 1xx).
   *
   * @param headers as they came, for policies
   * @throws {ResponseRefused} when its body must not pass: the upstream leg has failed
   */
  responseHead(
    status: number,
    fields: ResponseFields,
    rewriter: ByteRewriter | null = null,
    headers: RawHeaders = [],
  ): void {
    if (this.#ended) return;
    this.#firstByteMark = this.#environment.now();
    this.#status = status;
    const guarding = this.#guardingRewriter(status, fields, headers);
    this.#rewriter =
      guarding === null || rewriter === null
        ? (guarding ?? rewriter)
        : RewriterChain.of([guarding, rewriter]);
    if (this.#head.method === 'HEAD') return;
    const format = this.#responseFormat(fields);
    if (format === null) return;
    this.#responseReader = new BodyReader(
      format,
      contentCoding(fields.contentEncoding),
      new ResponseObserver(this.#seen, this, this.#environment.sinks),
    );
    if (format === 'sse') {
      this.stream = this.#streamKind();
      for (const sink of this.#environment.sinks) sink.streamOpened?.(this);
    }
  }

  /** What goes to the client may be of another length than what comes from the upstream. */
  get rewrites(): boolean {
    return this.#rewriter !== null && this.#rewriter.keepsLength !== true;
  }

  /**
   * Bytes of the response body. Returns what to send to the client: the same, unless rewritten.
   *
   * @throws {ResponseRefused} when the rest must not pass: the upstream leg has failed
   */
  responseChunk(bytes: Uint8Array): Uint8Array {
    if (this.#ended) return bytes;
    const begun = this.#environment.now();
    this.#responseReader?.write(bytes);
    const { taps } = this.#environment;
    if (taps !== null) for (const tap of taps) tap.responseBytes?.(this, bytes);
    const sent = this.#rewriter === null ? bytes : this.#rewrite(this.#rewriter, bytes);
    this.#responseBytes += sent.byteLength;
    this.#overheadMs += this.#environment.now() - begun;
    return sent;
  }

  /**
   * The response is complete. Returns bytes a rewriter still held, to be sent last.
   *
   * @throws {ResponseRefused} when they must not pass: the upstream leg has failed
   */
  responseEnd(): Uint8Array {
    if (this.#ended) return EMPTY;
    const held = this.#rewriter === null ? EMPTY : this.#rewrite(this.#rewriter, null);
    this.#responseBytes += held.byteLength;
    this.#settleReader(this.#responseReader);
    this.#end(null, null);
    return held;
  }

  /** The response head has been passed to the client: from here on failures are aborts. */
  headSent(): void {
    this.#headSent = true;
  }

  /** Refuses the exchange. Returns the answer to give. */
  deny(status: number, code: number, message: string): LocalResponse {
    const local = this.#error(status, code, message);
    return this.#ended ? local : this.#answer(local, 'denied', message);
  }

  /**
   * The upstream leg failed. Returns the answer to give, or null when the response has begun (or
   * the exchange ended): then the client's stream must be broken off, never ended cleanly.
   *
   * @param detail one line for the log; it may name the upstream, so the client never sees it
   */
  upstreamFailed(failure: UpstreamFailure, detail: string): LocalResponse | null {
    if (this.#ended) return null;
    const { status, code, outcome, message } =
      this.#refused === null ? FAILURES[failure] : REFUSED_ANSWER;
    if (this.#headSent) {
      this.#abortReaders();
      this.#seen.ledger.settlePending(outcome);
      this.#end(outcome, detail);
      return null;
    }
    return this.#answer(this.#error(status, code, message), outcome, detail);
  }

  /** The client went away. Says what to do with the upstream leg. */
  downstreamClosed(): DisconnectAction {
    if (this.#ended) return 'none';
    // A legacy disconnect is not a cancellation, a modern one is (basic/transports, both eras).
    const drain =
      this.#seen.era === 'legacy' &&
      this.#head.method === 'POST' &&
      this.#requestEnded &&
      this.#dispatchMark !== -1 &&
      this.#seen.ledger.hasPending;
    this.#abortReaders();
    // Streams that carry no answer have no other end than the client's leaving.
    const endless = this.endless;
    if (!endless) this.#seen.ledger.settlePending('canceled');
    if (!this.#headSent) this.#status = 0;
    this.#end(endless ? null : 'canceled', null);
    return drain ? 'drain' : 'abort';
  }

  #error(
    status: number,
    code: number,
    message: string,
    more: RawHeaders = [],
    data?: unknown,
  ): LocalResponse {
    const headers = [...more, ...(this.#environment.pageFields?.(this.#head) ?? [])];
    return localError(status, this.#seen.ledger.echoId, code, message, { headers, data });
  }

  #answer(local: LocalResponse, outcome: Outcome, reason: string | null): LocalResponse {
    this.#abortReaders();
    this.#status = local.status;
    this.#ownErrorCode = local.code;
    this.#responseBytes = new TextEncoder().encode(local.body).byteLength;
    this.#seen.ledger.settlePending(outcome);
    this.#end(outcome, reason);
    return local;
  }

  #settleVerdict(
    verdict: Verdict | Promise<Verdict>,
  ): LocalResponse | null | Promise<LocalResponse | null> {
    if (verdict instanceof Promise) return verdict.then((settled) => this.#answerVerdict(settled));
    return this.#answerVerdict(verdict);
  }

  #answerVerdict(verdict: Verdict): LocalResponse | null {
    if (verdict === null || this.#ended) return null;
    if (verdict.kind === 'answer') return this.#answer({ ...verdict, code: null }, 'ok', null);
    const { status, code, message, headers, data } = verdict;
    return this.#answer(this.#error(status, code, message, headers, data), 'denied', message);
  }

  /** @param bytes null for what is held at the end */
  #rewrite(rewriter: ByteRewriter, bytes: Uint8Array | null): Uint8Array {
    try {
      return bytes === null ? rewriter.end() : rewriter.write(bytes);
    } catch (error) {
      return this.#refuseAnswer(error);
    }
  }

  #guardingRewriter(
    status: number,
    fields: ResponseFields,
    headers: RawHeaders,
  ): ByteRewriter | null {
    try {
      return this.#guarded?.rewriter(status, fields, headers) ?? null;
    } catch (error) {
      return this.#refuseAnswer(error);
    }
  }

  /** Whatever goes wrong in guarding what comes back, none of it passes. */
  #refuseAnswer(error: unknown): never {
    this.#refused =
      error instanceof ResponseRefused
        ? error
        : new ResponseRefused(UNJUDGED_RESPONSE, 'could not be judged');
    this.#guarded?.note(this.#refused.decision);
    throw this.#refused;
  }

  #responseFormat(fields: ResponseFields): BodyFormat | null {
    if (fields.mediaType === 'text/event-stream') return 'sse';
    return this.#head.method === 'POST' && isJsonMediaType(fields.mediaType) ? 'jsonrpc' : null;
  }

  #streamKind(): StreamKind {
    if (this.#head.method === 'GET') return 'get';
    return this.#seen.ledger.calls[0]?.method === 'subscriptions/listen' ? 'listen' : 'post';
  }

  #settleReader(reader: BodyReader | null): void {
    const lagging = reader?.end() ?? null;
    if (lagging === null) return;
    this.#pendingReads ??= [];
    this.#pendingReads.push(lagging);
  }

  #abortReaders(): void {
    if (!this.#requestEnded) this.#requestReader?.abort();
    this.#responseReader?.abort();
  }

  /** Emits the record, once, when everything that will be read has been read. */
  #end(transport: Outcome | null, reason: string | null): void {
    this.#ended = true;
    const endMark = this.#environment.now();
    if (this.#pendingReads === null) {
      this.#emit(transport, reason, endMark);
    } else {
      Promise.all(this.#pendingReads).then(() => this.#emit(transport, reason, endMark));
    }
  }

  #emit(transport: Outcome | null, reason: string | null, endMark: number): void {
    const record = this.#record(transport, reason, endMark);
    for (const sink of this.#environment.sinks) sink.ended(record);
    this.#guarded?.ended(record);
  }

  #record(transport: Outcome | null, reason: string | null, endMark: number): ExchangeRecord {
    const { calls, strayErrorCodes, serverMessages } = this.#seen.ledger;
    let errorCode = this.#ownErrorCode ?? strayErrorCodes[0] ?? null;
    for (const call of calls) {
      if (call.errorCode === null) continue;
      errorCode = call.errorCode;
      break;
    }
    return {
      sequence: this.sequence,
      startedAt: this.startedAt,
      era: this.#seen.era,
      protocolVersion: this.#seen.protocolVersion,
      httpMethod: this.#head.method,
      path: this.#head.path,
      clientAddress: this.#guarded?.clientAddress ?? this.#head.peer,
      calls,
      batch: this.#seen.batch,
      outcome: decideOutcome({
        transport,
        status: this.#status,
        httpMethod: this.#head.method,
        stream: this.stream,
        modern: this.#seen.era === 'modern',
        calls,
        strayErrorCodes,
      }),
      status: this.#status,
      errorCode,
      strayErrorCodes,
      requestBytes: this.#requestBytes,
      responseBytes: this.#responseBytes,
      dispatchedAfterMs: this.#dispatchMark === -1 ? null : this.#dispatchMark - this.#startMark,
      respondedAfterMs: this.#firstByteMark === -1 ? null : this.#firstByteMark - this.#startMark,
      upstreamFirstByteMs:
        this.#firstByteMark === -1 ? null : this.#firstByteMark - this.#dispatchMark,
      upstreamTotalMs: this.#firstByteMark === -1 ? null : endMark - this.#dispatchMark,
      durationMs: endMark - this.#startMark,
      overheadMs: this.#overheadMs,
      stream: this.stream,
      resumed: this.#head.fields.resumes,
      sseEvents: this.#seen.sseEvents,
      serverMessages,
      problems: this.#seen.problems,
      principal: this.#guarded?.principal ?? null,
      decisions: this.#guarded?.decisions ?? NO_DECISIONS,
      reason,
      trace: this.#trace === null ? null : this.#trace.place(null),
    };
  }
}

/** Gives a header list another `Content-Length`, if it has one. */
function setLength(headers: string[], length: number): void {
  for (let i = 0; i < headers.length; i += 2) {
    if ((headers[i] as string).toLowerCase() === 'content-length') headers[i + 1] = String(length);
  }
}

/**
 * One HTTP exchange seen as MCP: a state machine that does no I/O. A shell feeds it what arrives
 * on either leg and does what it answers; at the end it emits one {@link ExchangeRecord}.
 *
 * The order of calls is `requestChunk* requestEnd? dispatched responseHead responseChunk*
 * responseEnd`, cut short at any point by `deny`, `upstreamFailed` or `downstreamClosed`. After
 * the end every call is ignored, so that a shell need not know who was first.
 *
 * @module
 */

import { WEIR_ERROR } from '../protocol/jsonrpc/errors.ts';
import { type BodyFormat, BodyReader } from './body-reader.ts';
import type { DecisionPort } from './decision.ts';
import { contentCoding, isJsonMediaType, type ResponseFields } from './headers.ts';
import { type LocalResponse, localError } from './local-response.ts';
import {
  Observations,
  type RequestHead,
  RequestObserver,
  ResponseObserver,
} from './observations.ts';
import { decideOutcome } from './outcome.ts';
import type { ExchangeRecord, ExchangeSink, LiveExchange, Outcome, StreamKind } from './record.ts';

/** What every exchange of a proxy shares. */
export interface ExchangeEnvironment {
  /** Monotonic clock in milliseconds. */
  readonly now: () => number;
  /** Wall clock in milliseconds since the epoch. */
  readonly date: () => number;
  readonly sinks: readonly ExchangeSink[];
  readonly decide: DecisionPort;
}

/** Replaces response bytes on their way to the client, where a rewrite is the point. */
export interface ByteRewriter {
  /** Returns what can be sent now; may be empty while more is needed. */
  write(bytes: Uint8Array): Uint8Array;
  /** Returns what was held back. */
  end(): Uint8Array;
}

/** Why the upstream leg failed. */
export type UpstreamFailure = 'unreachable' | 'timeout' | 'aborted';

/** What a shell does with the upstream leg when the client is gone. */
export type DisconnectAction =
  /** Nothing: the exchange had ended. */
  | 'none'
  /** Break the upstream request off at once. */
  | 'abort'
  /** Read the response to its end, within a bound, and throw it away. */
  | 'drain';

const FAILURES: Readonly<
  Record<UpstreamFailure, { status: number; code: number; outcome: Outcome; message: string }>
> = {
  unreachable: {
    status: 502,
    code: WEIR_ERROR.UPSTREAM_UNREACHABLE,
    outcome: 'upstream_unreachable',
    message: 'The MCP server behind this proxy could not be reached',
  },
  timeout: {
    status: 504,
    code: WEIR_ERROR.UPSTREAM_TIMEOUT,
    outcome: 'upstream_timeout',
    message: 'The MCP server behind this proxy did not answer in time',
  },
  aborted: {
    status: 502,
    code: WEIR_ERROR.UPSTREAM_ABORTED,
    outcome: 'upstream_aborted',
    message: 'The MCP server behind this proxy broke off its answer',
  },
};

const EMPTY = new Uint8Array(0);

let lastSequence = 0;

export class Exchange implements LiveExchange {
  readonly sequence: number;
  readonly startedAt: number;
  stream: StreamKind = 'none';

  readonly #environment: ExchangeEnvironment;
  readonly #head: RequestHead;
  readonly #seen: Observations;

  #requestReader: BodyReader | null = null;
  #responseReader: BodyReader | null = null;
  #rewriter: ByteRewriter | null = null;
  #pendingReads: Promise<void>[] | null = null;

  #requestEnded = false;
  #headSent = false;
  #ended = false;
  #status = 0;
  /** `error.code` of an answer that weir gave itself. */
  #ownErrorCode: number | null = null;
  #requestBytes = 0;
  #responseBytes = 0;

  // Marks on the monotonic clock, in milliseconds; -1 until reached.
  readonly #startMark: number;
  #readyMark: number;
  #dispatchMark = -1;
  #firstByteMark = -1;
  #overheadMs = 0;

  constructor(head: RequestHead, environment: ExchangeEnvironment) {
    this.#head = head;
    this.#environment = environment;
    this.sequence = ++lastSequence;
    this.startedAt = environment.date();
    this.#startMark = environment.now();
    this.#readyMark = this.#startMark;
    this.#seen = new Observations(head);
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

  /** Bytes of the request body, in order, before or after the dispatch. */
  requestChunk(bytes: Uint8Array): void {
    if (this.#ended) return;
    const begun = this.#environment.now();
    this.#requestBytes += bytes.byteLength;
    if (this.#head.method === 'POST') {
      this.#requestReader ??= new BodyReader(
        'jsonrpc',
        contentCoding(this.#head.fields.contentEncoding),
        new RequestObserver(this.#seen, this.#head, this.#environment.decide),
      );
      this.#requestReader.write(bytes);
    }
    if (this.#dispatchMark === -1) this.#readyMark = begun;
    else this.#overheadMs += this.#environment.now() - begun;
  }

  /** The request body is complete. */
  requestEnd(): void {
    if (this.#ended) return;
    this.#requestEnded = true;
    this.#settleReader(this.#requestReader);
  }

  /** The upstream request is being sent. */
  dispatched(): void {
    if (this.#ended || this.#dispatchMark !== -1) return;
    this.#dispatchMark = this.#environment.now();
    this.#overheadMs += this.#dispatchMark - this.#readyMark;
  }

  /** The upstream's final response head (never a 1xx). */
  responseHead(status: number, fields: ResponseFields, rewriter: ByteRewriter | null = null): void {
    if (this.#ended) return;
    this.#firstByteMark = this.#environment.now();
    this.#status = status;
    this.#rewriter = rewriter;
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

  /** Bytes of the response body. Returns what to send to the client: the same, unless rewritten. */
  responseChunk(bytes: Uint8Array): Uint8Array {
    if (this.#ended) return bytes;
    const begun = this.#environment.now();
    this.#responseReader?.write(bytes);
    const sent = this.#rewriter === null ? bytes : this.#rewriter.write(bytes);
    this.#responseBytes += sent.byteLength;
    this.#overheadMs += this.#environment.now() - begun;
    return sent;
  }

  /** The response is complete. Returns bytes a rewriter still held, to be sent last. */
  responseEnd(): Uint8Array {
    if (this.#ended) return EMPTY;
    const held = this.#rewriter === null ? EMPTY : this.#rewriter.end();
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
    return this.#answer(
      localError(status, this.#seen.ledger.echoId, code, message),
      'denied',
      message,
    );
  }

  /**
   * The upstream leg failed. Returns the answer to give, or null when the response has begun (or
   * the exchange ended): then the client's stream must be broken off, never ended cleanly.
   *
   * @param detail one line for the log; it may name the upstream, so the client never sees it
   */
  upstreamFailed(failure: UpstreamFailure, detail: string): LocalResponse | null {
    if (this.#ended) return null;
    const { status, code, outcome, message } = FAILURES[failure];
    if (this.#headSent) {
      this.#abortReaders();
      this.#seen.ledger.settlePending(outcome);
      this.#end(outcome, detail);
      return null;
    }
    return this.#answer(
      localError(status, this.#seen.ledger.echoId, code, message),
      outcome,
      detail,
    );
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

  #answer(local: LocalResponse, outcome: Outcome, reason: string): LocalResponse {
    this.#abortReaders();
    this.#status = local.status;
    this.#ownErrorCode = local.code;
    this.#responseBytes = new TextEncoder().encode(local.body).byteLength;
    this.#seen.ledger.settlePending(outcome);
    this.#end(outcome, reason);
    return local;
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
      clientAddress: this.#head.peer,
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
      reason,
    };
  }
}

/**
 * An exchange under a guard: what its policies know of it, and the order in which they are asked.
 *
 * @module
 */

import { RPC_ERROR, WEIR_ERROR } from '../protocol/jsonrpc/errors.ts';
import type { MessageEnvelope } from '../protocol/jsonrpc/types.ts';
import type { Classification } from '../protocol/mcp/classify.ts';
import type {
  ByteRewriter,
  Guard,
  GuardedExchange,
  GuardedHead,
  GuardedMessage,
  Policy,
  PolicyDecision,
  PolicyName,
  PolicyRun,
  Principal,
  Refusal,
  Verdict,
} from './guard.ts';
import { contentCoding, type RawHeaders, type ResponseFields } from './headers.ts';
import type { MessageTaker, Observations } from './observations.ts';
import type { ExchangeRecord, ParseProblem, StreamKind } from './record.ts';
import { RequestMessage } from './request-messages.ts';
import { RewriterChain } from './rewriter-chain.ts';

const EMPTY = new Uint8Array(0);
const NO_MESSAGES: GuardedMessage[] = [];
const NO_PROBLEMS: ParseProblem[] = [];

/** Decisions kept per exchange: refusals always, others up to this number. */
const MAX_DECISIONS = 64;

/** Problems kept per exchange: one is enough to refuse it. */
const MAX_PROBLEMS = 16;

/** What of the exchange changes while the policies look on. */
interface Watched {
  readonly stream: StreamKind;
  readonly startedAt: number;
}

export class Guarded implements GuardedExchange, MessageTaker {
  readonly head: GuardedHead;
  principal: Principal | null = null;
  clientAddress: string | null;
  messages: GuardedMessage[] = NO_MESSAGES;
  problems: ParseProblem[] = NO_PROBLEMS;
  readonly decisions: PolicyDecision[] = [];
  requestBytes = 0;

  readonly #guard: Guard;
  readonly #seen: Observations;
  readonly #watched: Watched;
  /** One for each policy; null where it has no say. */
  readonly #runs: (PolicyRun | null)[];
  #over = false;
  /**
   * The body so far, in one piece that grows: a view for each chunk would let a client that sends
   * one byte at a time take hundreds of times as much memory as its body is long.
   */
  #held: Uint8Array = EMPTY;

  constructor(guard: Guard, head: GuardedHead, seen: Observations, watched: Watched) {
    this.#guard = guard;
    this.head = head;
    this.clientAddress = head.peer;
    this.#seen = seen;
    this.#watched = watched;
    const { policies } = guard;
    this.#runs = new Array(policies.length);
    for (let i = 0; i < policies.length; i++) {
      this.#runs[i] = (policies[i] as Policy).open(this);
    }
  }

  get startedAt(): number {
    return this.#watched.startedAt;
  }

  get stream(): StreamKind {
    return this.#watched.stream;
  }

  get batch(): boolean {
    return this.#seen.batch;
  }

  note(decision: PolicyDecision): void {
    if (this.decisions.length < MAX_DECISIONS) this.decisions.push(decision);
  }

  /** Judges the head. Null lets the exchange go on. */
  judgeHead(): Verdict | Promise<Verdict> {
    const { contentLength, contentEncoding } = this.head.fields;
    if (contentLength !== null && contentLength > this.#guard.maxRequestBytes) {
      return this.#refuse(this.#tooLong());
    }
    if (contentCoding(contentEncoding) !== null) return this.#refuse(CODED_REQUEST);
    return this.#ask('head', 0);
  }

  /**
   * Bytes of the request body, kept until they have been judged. Returns a refusal when they are
   * too many.
   */
  take(bytes: Uint8Array): Refusal | null {
    const { maxRequestBytes } = this.#guard;
    const start = this.requestBytes;
    this.requestBytes += bytes.byteLength;
    if (this.requestBytes > maxRequestBytes) {
      this.#held = EMPTY;
      return this.#refuse(this.#tooLong());
    }
    if (start === 0) {
      this.#held = bytes;
      return null;
    }
    if (this.requestBytes > this.#held.byteLength) {
      const doubled = Math.min(2 * this.#held.byteLength, maxRequestBytes);
      const grown = new Uint8Array(Math.max(this.requestBytes, doubled));
      grown.set(this.#held.subarray(0, start));
      this.#held = grown;
    }
    this.#held.set(bytes, start);
    return null;
  }

  addUnread(parser: ParseProblem['parser'], reason: string, offset: number): void {
    const problem: ParseProblem = { side: 'request', parser, reason, offset };
    if (this.problems.length === 0) this.problems = [problem];
    else if (this.problems.length < MAX_PROBLEMS) this.problems.push(problem);
  }

  addMessage(envelope: MessageEnvelope, classification: Classification): void {
    const message = new RequestMessage(this, envelope, classification);
    // Mostly the only one, and a list that is pushed to has room for seventeen at once.
    if (this.messages.length === 0) this.messages = [message];
    else this.messages.push(message);
  }

  /** Judges the whole request, its body having ended. */
  judgeMessages(): Verdict | Promise<Verdict> {
    const { body, head } = this;
    if (body.byteLength > 0) {
      if (!isUtf8(body)) this.#addProblem('encoding', 'invalid_utf8');
      if (!saysUtf8(head)) this.#addProblem('encoding', 'charset');
      // There are servers that read it, or take another method from a field beside it.
      if (head.httpMethod !== 'POST') this.#addProblem('jsonrpc', 'unexpected_body');
    }
    return this.#ask('messages', 0);
  }

  #addProblem(parser: ParseProblem['parser'], reason: string): void {
    this.#seen.addProblem('request', parser, reason, 0);
    this.addUnread(parser, reason, 0);
  }

  /** The request body, whole. */
  get body(): Uint8Array {
    const held = this.#held;
    return held.byteLength === this.requestBytes ? held : held.subarray(0, this.requestBytes);
  }

  /** The request is on its way: a stream may last for hours, and its body is not kept for it. */
  letGo(): void {
    this.#held = EMPTY;
  }

  upstreamHeaders(headers: string[]): string[] {
    let sent = headers;
    for (const run of this.#runs) sent = run?.upstreamHeaders?.(sent) ?? sent;
    return sent;
  }

  upstreamQuery(): string {
    let { query } = this.head;
    for (const run of this.#runs) query = run?.upstreamQuery?.(query) ?? query;
    return query;
  }

  /** What the response body must pass through, or null. */
  rewriter(status: number, fields: ResponseFields, headers: RawHeaders): ByteRewriter | null {
    let rewriters: ByteRewriter[] | null = null;
    for (const run of this.#runs) {
      const rewriter = run?.response?.(status, fields, headers) ?? null;
      if (rewriter === null) continue;
      if (rewriters === null) rewriters = [rewriter];
      else rewriters.push(rewriter);
    }
    return rewriters === null ? null : RewriterChain.of(rewriters);
  }

  /** The exchange is over. The first policy that was asked hears it last. */
  ended(record: ExchangeRecord): void {
    this.#over = true;
    for (let i = this.#runs.length - 1; i >= 0; i--) this.#runs[i]?.ended?.(record);
    this.letGo();
  }

  /** Asks the runs from `first` on; waits only for those that must. */
  #ask(step: 'head' | 'messages', first: number): Verdict | Promise<Verdict> {
    // A run that was told of the end is asked nothing any more, whoever is still being waited for.
    for (let i = first; i < this.#runs.length && !this.#over; i++) {
      let verdict: Verdict | Promise<Verdict>;
      try {
        // Two calls, not one by a name that varies: such a look-up takes several times as long.
        const run = this.#runs[i];
        verdict = (step === 'head' ? run?.head?.() : run?.messages?.()) ?? null;
      } catch (error) {
        return this.#failed(i, error);
      }
      if (verdict instanceof Promise) {
        return verdict.then(
          (settled) => this.#settle(settled) ?? this.#ask(step, i + 1),
          (error) => this.#failed(i, error),
        );
      }
      if (verdict !== null) return this.#settle(verdict);
    }
    return null;
  }

  #settle(verdict: Verdict): Verdict {
    return verdict?.kind === 'refuse' ? this.#refuse(verdict) : verdict;
  }

  #refuse(refusal: Refusal): Refusal {
    this.decisions.push(refusal.decision);
    return this.#guard.refine?.(refusal) ?? refusal;
  }

  /** A policy that cannot judge has refused. */
  #failed(index: number, error: unknown): Refusal {
    const policy = this.#guard.policies[index]?.name as PolicyName;
    const name = error instanceof Error ? error.name : 'error';
    return this.#refuse({
      kind: 'refuse',
      decision: { policy, decision: 'deny', rule: null, reason: 'failed' },
      status: 500,
      code: RPC_ERROR.INTERNAL_ERROR,
      message: `This proxy could not judge the request (${policy}: ${name}), so it was not passed on`,
    });
  }

  #tooLong(): Refusal {
    const bytes = this.#guard.maxRequestBytes;
    return {
      kind: 'refuse',
      decision: { policy: 'limits', decision: 'limit', rule: null, reason: 'request_too_long' },
      status: 413,
      code: WEIR_ERROR.OVER_LIMIT,
      message: `This proxy takes request bodies of at most ${bytes} bytes`,
      data: { maxBytes: bytes },
    };
  }
}

/** What a policy has not read it cannot judge, and nobody else should unpack it differently. */
const CODED_REQUEST: Refusal = {
  kind: 'refuse',
  decision: { policy: 'validate', decision: 'deny', rule: null, reason: 'content_encoding' },
  status: 415,
  code: WEIR_ERROR.INVALID_MESSAGE,
  message: 'This proxy judges requests and takes their bodies without a Content-Encoding only',
  headers: ['Accept-Encoding', 'identity'],
};

/** One `charset` parameter at the most, which says what the body has been read as. */
const OTHER_CHARSET = /charset(?![ \t]*=[ \t]*(?:"utf-?8"|utf-?8)[ \t]*(?:;|$))/i;

/**
 * Whether nobody is told to read the body as another encoding than UTF-8. There are servers that
 * obey, and the same bytes are other text in UTF-7, UTF-16 or EBCDIC.
 */
function saysUtf8({ names, headers }: GuardedHead): boolean {
  for (let i = 0; i < names.length; i++) {
    const value = headers[2 * i + 1] as string;
    if (names[i] === 'content-type' && OTHER_CHARSET.test(value)) return false;
  }
  return true;
}

const STRICT = new TextDecoder('utf-8', { fatal: true });

/** Up to here a look at each byte takes less than a decoder, in bytes. */
const SHORT_BYTES = 512;

function isUtf8(bytes: Uint8Array): boolean {
  if (bytes.byteLength <= SHORT_BYTES && isAscii(bytes)) return true;
  try {
    STRICT.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function isAscii(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.byteLength; i++) if ((bytes[i] as number) >= 0x80) return false;
  return true;
}

/**
 * The port through which policies judge an exchange and answer for it.
 *
 * A proxy without policies has no guard, and its bytes stream. With a guard the request is held:
 * its head is judged first, then its body is read whole within a bound, its messages are judged,
 * and only then does anything go upstream. The last byte of a body may be a second `params.name`,
 * so nothing less than the whole of it can be judged.
 *
 * @module
 */

import type { MessageEnvelope } from '../protocol/jsonrpc/types.ts';
import type { HeaderMismatch } from '../protocol/mcp/header-agreement.ts';
import type { Era } from '../protocol/mcp/revisions.ts';
import type { ByteRewriter } from './byte-rewriter.ts';
import type { PolicyDecision, PolicyName, Principal } from './decision.ts';
import type { RawHeaders, RequestFields, ResponseFields } from './headers.ts';
import type { ExchangeRecord, ParseProblem, StreamKind, Target } from './record.ts';

export type { ByteRewriter } from './byte-rewriter.ts';
export type {
  DecisionKind,
  PolicyDecision,
  PolicyName,
  Principal,
  PrincipalKind,
} from './decision.ts';

/** What a runtime knows of the certificate a client proved to hold. */
export interface ClientCertificate {
  /** Distinguished name, most specific part first (`CN=agent,OU=team,O=example`). */
  readonly subject: string;
  /** `DNS:…`, `URI:…`, `email:…`, `IP:…` */
  readonly subjectAltNames: readonly string[];
  readonly issuer: string;
  /** SHA-256 of the certificate in lower-case hex, without separators. */
  readonly fingerprint: string;
}

/** The head of a request as policies see it. */
export interface GuardedHead {
  readonly httpMethod: string;
  /** Path without the query. */
  readonly path: string;
  /** Query with its `?`, or empty. It may hold secrets. */
  readonly query: string;
  readonly headers: RawHeaders;
  /** The names of `headers` in lower case, in their order. */
  readonly names: readonly string[];
  readonly fields: RequestFields;
  /** Address of the peer, or null where the runtime does not tell. */
  readonly peer: string | null;
  readonly scheme: 'http' | 'https';
  /** Null without a client certificate that the listener has verified. */
  readonly certificate: ClientCertificate | null;
}

/** One message of the request body. */
export interface GuardedMessage {
  readonly envelope: MessageEnvelope;
  readonly era: Era;
  /** The version the message declares, body before header; null when neither does. */
  readonly protocolVersion: string | null;
  readonly target: Target | null;
  readonly mismatches: readonly HeaderMismatch[];
  /**
   * The message as JSON, parsed when first asked for. Later duplicates of a member have won, as in
   * every `JSON.parse`; `envelope.duplicates` tells where that matters. Not to be asked for first
   * when the request has gone upstream: its bytes are not kept for that long.
   */
  json(): Readonly<Record<string, unknown>>;
  /** The message as it was sent, a view on the body. Empty once the request goes upstream. */
  bytes(): Uint8Array;
}

/** Refuses an exchange with a JSON-RPC error, or a status without a body where there is no call. */
export interface Refusal {
  readonly kind: 'refuse';
  readonly decision: PolicyDecision;
  /** HTTP status. */
  readonly status: number;
  /** `error.code`. */
  readonly code: number;
  /** One line for the caller: what is missing, nothing about anybody else. */
  readonly message: string;
  /** `error.data`. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** Further fields of the answer: `WWW-Authenticate`, `Retry-After`. */
  readonly headers?: RawHeaders;
}

/** Answers in the server's place, as for a metadata document. */
export interface GuardAnswer {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: RawHeaders;
  readonly body: string;
}

/** Null lets the exchange go on. */
export type Verdict = Refusal | GuardAnswer | null;

/** What policies know of one exchange, and what they tell each other of it. */
export interface GuardedExchange {
  readonly head: GuardedHead;
  /** Wall clock at the start, milliseconds since the epoch. */
  readonly startedAt: number;
  /** Set by authentication; null until then, and where there is none. */
  principal: Principal | null;
  /** The client behind the proxies that are trusted; the peer until limits have looked. */
  clientAddress: string | null;
  /** Messages of the request body in order. Empty before the body was read, and without one. */
  readonly messages: readonly GuardedMessage[];
  /** The body was a JSON array. */
  readonly batch: boolean;
  /**
   * What could not be read of the request body. Anything here means: not every message is known.
   * What messages say twice, or in header fields differently, is said by the messages.
   */
  readonly problems: readonly ParseProblem[];
  /** Length of the request body as sent, in bytes. */
  readonly requestBytes: number;
  /** The kind of response stream, `none` before the response. */
  readonly stream: StreamKind;
  /** Writes down a decision that is no refusal; refusals are written down by themselves. */
  note(decision: PolicyDecision): void;
}

/** Thrown by a rewriter: what comes from the upstream must not pass. */
export class ResponseRefused extends Error {
  readonly decision: PolicyDecision;

  /** @param message one line without payload */
  constructor(decision: PolicyDecision, message: string) {
    super(message);
    this.name = 'ResponseRefused';
    this.decision = decision;
  }
}

/**
 * One policy at work on one exchange. The calls come in the order `head`, `messages` (for requests
 * with a body, when it has been read whole), `upstreamHeaders`, `response`, and at last `ended`,
 * which always comes exactly once. A method that throws or rejects has refused.
 */
export interface PolicyRun {
  /** Judges the head; nothing of the body has been read. */
  head?(): Verdict | Promise<Verdict>;
  /** Judges the whole request. Also called, without messages, for requests without a body. */
  messages?(): Verdict | Promise<Verdict>;
  /** Returns the fields to send upstream: the list it was given, which it may change, or another. */
  upstreamHeaders?(headers: string[]): string[];
  /** Returns the query to send upstream, with its `?` or empty. */
  upstreamQuery?(query: string): string;
  /**
   * The upstream's response head, `headers` as they came. Returns what its body must pass through,
   * or null.
   */
  response?(status: number, fields: ResponseFields, headers: RawHeaders): ByteRewriter | null;
  ended?(record: ExchangeRecord): void;
}

/** A rule of conduct for all exchanges of a proxy. */
export interface Policy {
  readonly name: PolicyName;
  /** Returns null where the policy has no say. */
  open(exchange: GuardedExchange): PolicyRun | null;
  /** Ends timers and connections. */
  close?(): void | Promise<void>;
}

/** All policies of a proxy, as its exchanges meet them. */
export interface Guard {
  /** In the order in which they judge. */
  readonly policies: readonly Policy[];
  /** Longest request body that is read in order to be judged, in bytes; a longer one is a 413. */
  readonly maxRequestBytes: number;
  /** Has the last word on a refusal, as where one policy can say what another one asks for. */
  refine?(refusal: Refusal): Refusal;
}

/** A tool as the upstream's `tools/list` described it. */
export interface LearnedTool {
  readonly name: string;
  /** `annotations.readOnlyHint`; null when it says nothing. */
  readonly readOnly: boolean | null;
  /** `annotations.destructiveHint`; null when it says nothing. */
  readonly destructive: boolean | null;
  /** JSON Schema of the arguments as the server wrote it; undefined when it has none. */
  readonly inputSchema: unknown;
  /** Changes when the tool is described anew. */
  readonly revision: number;
}

/** What has been learned of the upstream's tools. */
export interface ToolCatalog {
  get(name: string): LearnedTool | undefined;
}

/** What lists may show to whom. */
export interface ListVisibility {
  /** Whether an entry of `tools/list`, `prompts/list`, `resources/list` may be seen. */
  mayList(
    exchange: GuardedExchange,
    kind: 'tool' | 'prompt' | 'resource' | 'resource_template',
    entry: Readonly<Record<string, unknown>>,
  ): boolean;
}

/**
 * What one HTTP exchange turned out to be. Every metric, log line, span and audit record is
 * derived from this record; nothing counts on its own.
 *
 * @module
 */

import type { MessageKind } from '../protocol/jsonrpc/types.ts';
import type { Era } from '../protocol/mcp/revisions.ts';
import type { PolicyDecision, Principal } from './decision.ts';
import type { RawHeaders } from './headers.ts';
import type { ExchangeTrace } from './trace.ts';

/** How an exchange ended, read from the message before the HTTP status. Low in cardinality. */
export type Outcome =
  | 'ok'
  /** A `tools/call` result with `isError: true`. */
  | 'tool_error'
  /** A JSON-RPC error response. */
  | 'rpc_error'
  /** An HTTP status of 400 or above without a readable JSON-RPC error. */
  | 'http_error'
  /** A result that asks the client for input (`resultType: "input_required"`). */
  | 'input_required'
  /** Refused by weir itself. */
  | 'denied'
  /** The client went away first. */
  | 'canceled'
  | 'upstream_unreachable'
  | 'upstream_timeout'
  /** The upstream broke off in mid-response. */
  | 'upstream_aborted'
  /** Forwarded without being understood. */
  | 'unparsed';

/** What a request is aimed at, beside its method. */
export interface Target {
  kind: 'tool' | 'prompt' | 'resource' | 'task';
  /** The name or URI as the client wrote it, decoded. */
  name: string;
}

/** One JSON-RPC message of the request body, with what became of it. */
export interface RpcCall {
  kind: MessageKind;
  /** Raw id token (`1` is not `"1"`), or null for none. */
  id: string | null;
  method: string | null;
  target: Target | null;
  /** Null until an answer was seen (and for notifications and posted responses). */
  outcome: Outcome | null;
  /** `error.code` of the answer. */
  errorCode: number | null;
}

/** What keeps a response open. */
export type StreamKind =
  /** Not an event stream. */
  | 'none'
  /** A GET answered with an event stream: the legacy server-to-client channel, or HTTP+SSE. */
  | 'get'
  /** A POST answered with an event stream. */
  | 'post'
  /** The modern `subscriptions/listen`, a POST that stays open. */
  | 'listen';

/** Something that could not be read, and where. */
export interface ParseProblem {
  /** `request` or `response` body. */
  side: 'request' | 'response';
  /** What could not be read; `headers` means mirrored headers that disagree with the body. */
  parser: 'jsonrpc' | 'sse' | 'encoding' | 'headers';
  /** Low in cardinality: used as a label. */
  reason: string;
  /** Offset in bytes from the start of the body. */
  offset: number;
}

export interface ExchangeRecord {
  /** Unique within the process. */
  readonly sequence: number;
  /** Start of the exchange, milliseconds since the epoch. */
  readonly startedAt: number;
  readonly era: Era;
  /** The protocol version the request declared (body first, then header), or null. */
  readonly protocolVersion: string | null;
  readonly httpMethod: string;
  /** Path without the query. */
  readonly path: string;
  /** IP address of the peer, or null where the runtime does not tell. */
  readonly clientAddress: string | null;
  /** Messages of the request body in order, at most 100. Empty for GET, DELETE, unread bodies. */
  readonly calls: readonly RpcCall[];
  /** The request body was a JSON array. */
  readonly batch: boolean;
  readonly outcome: Outcome;
  /** Status sent to the client; 0 when it left before any was sent. */
  readonly status: number;
  /** First `error.code` of the answers, or null. */
  readonly errorCode: number | null;
  /** Errors that arrived in the response for no call of this exchange (GET streams, replays). */
  readonly strayErrorCodes: readonly number[];
  /** Body bytes from the client. */
  readonly requestBytes: number;
  /** Body bytes to the client. */
  readonly responseBytes: number;
  /** From the start to the dispatch of the upstream request, in ms; null without one. */
  readonly dispatchedAfterMs: number | null;
  /** From the start to the head of the upstream's response, in ms; null without one. */
  readonly respondedAfterMs: number | null;
  /** From the dispatch of the upstream request to its response head, in ms; null without one. */
  readonly upstreamFirstByteMs: number | null;
  /** From the dispatch of the upstream request to the end of its response, in ms; null without. */
  readonly upstreamTotalMs: number | null;
  /** Whole duration, request head to response end, in ms. */
  readonly durationMs: number;
  /** Time spent in weir itself: dispatch delay after the needed bytes were there, plus scanning. */
  readonly overheadMs: number;
  readonly stream: StreamKind;
  /** The client asked to resume with `Last-Event-ID`. */
  readonly resumed: boolean;
  /** Events by type as named on the wire, at most 32 types, the rest under `_other`. */
  readonly sseEvents: ReadonlyMap<string, number>;
  /** Messages from the server by method (requests and notifications), at most 32 methods. */
  readonly serverMessages: ReadonlyMap<string, number>;
  /** First problems met, at most 8. */
  readonly problems: readonly ParseProblem[];
  /** Who called, where authentication found that out. */
  readonly principal: Principal | null;
  /** What policies said, in order, at most 64. */
  readonly decisions: readonly PolicyDecision[];
  /** Why weir refused or failed the exchange, one line without client data; null otherwise. */
  readonly reason: string | null;
  /** Where the exchange belongs, where traces are kept; null otherwise. */
  readonly trace: ExchangeTrace | null;
}

/** An exchange still under way, as sinks may see it. */
export interface LiveExchange {
  readonly sequence: number;
  readonly startedAt: number;
  readonly httpMethod: string;
  readonly path: string;
  readonly stream: StreamKind;
}

/**
 * Where records go. A sink must not throw and must not block; calls come in the order
 * `started`, `streamOpened?`, `streamEvent*`, `ended`, and `ended` comes exactly once.
 */
export interface ExchangeSink {
  started?(exchange: LiveExchange): void;
  /** The response is an event stream; `exchange.stream` says which kind. */
  streamOpened?(exchange: LiveExchange): void;
  /** One event passed. `type` is the wire name, unbounded: cap it before it becomes a label. */
  streamEvent?(exchange: LiveExchange, type: string): void;
  /** The request's fields as the client sent them; comes right after `started`. Secrets included. */
  requestHead?(exchange: LiveExchange, headers: RawHeaders): void;
  /** The fields of the upstream's response head, as it sent them. Secrets included. */
  responseHead?(exchange: LiveExchange, headers: RawHeaders): void;
  /** Bytes of the request body, as the client sent them. They may change after the call. */
  requestBytes?(exchange: LiveExchange, bytes: Uint8Array): void;
  /** Bytes of the response body, as the upstream sent them. They may change after the call. */
  responseBytes?(exchange: LiveExchange, bytes: Uint8Array): void;
  ended(record: ExchangeRecord): void;
}

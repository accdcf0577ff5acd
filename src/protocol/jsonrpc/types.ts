/**
 * What the envelope scanner says of one JSON-RPC 2.0 message.
 *
 * @module
 */

/** What a message is, by the members it has (JSON-RPC 2.0 §4, §5). */
export type MessageKind = 'request' | 'notification' | 'result' | 'error' | 'invalid';

/**
 * A member whose value decides how a message is routed, judged or counted. When one of these
 * appears twice in its object, or in other letter case, two parsers may read two different messages.
 */
export type DecidingKey =
  | 'jsonrpc'
  | 'id'
  | 'method'
  | 'params'
  | 'result'
  | 'error'
  | 'params.name'
  | 'params.uri'
  | 'params.taskId'
  | 'params.arguments'
  | 'params._meta'
  | 'params._meta.protocolVersion'
  | 'error.code'
  | 'result.isError'
  | 'result.resultType';

/** The members of `params._meta` that the proxy reads (MCP 2026-07-28, basic/index, SEP-414). */
export interface MetaFields {
  /** `io.modelcontextprotocol/protocolVersion`: its presence makes a message modern. */
  protocolVersion: string | null;
  /** `traceparent` (W3C Trace Context). */
  traceparent: string | null;
  /** `tracestate` (W3C Trace Context). */
  tracestate: string | null;
  /** `baggage` (W3C Baggage). */
  baggage: string | null;
  /** `progressToken` as the raw JSON token, so that `"1"` and `1` stay different. */
  progressToken: string | null;
  /** `io.modelcontextprotocol/subscriptionId` as the raw JSON token. */
  subscriptionId: string | null;
}

/** One JSON-RPC message as the scanner saw it. Strings are decoded; tokens are raw. */
export interface MessageEnvelope {
  kind: MessageKind;
  /** The raw `id` token (`1`, `"1"`, `9007199254740993`, `null`), or null when there is no `id`. */
  id: string | null;
  method: string | null;
  /** `params.name`, when it is a string. */
  name: string | null;
  /** `params.uri`, when it is a string. */
  uri: string | null;
  /** `params.taskId`, when it is a string. */
  taskId: string | null;
  /** `params.protocolVersion` (`initialize` requests) or `result.protocolVersion` (its answer). */
  protocolVersion: string | null;
  meta: MetaFields;
  /** `params.requestId` of `notifications/cancelled`, as the raw token. */
  requestId: string | null;
  /** `error.code`, when it is a number. */
  errorCode: number | null;
  /** `result.isError === true`. */
  isError: boolean;
  /** `result.resultType`, when it is a string. */
  resultType: string | null;
  /**
   * Deciding keys that appeared more than once in their object, or in other letter case, in order
   * of discovery.
   */
  duplicates: readonly DecidingKey[];
  /** Position in a batch, or -1 for a message that stands alone. */
  batchIndex: number;
  /** Offset in bytes of the first byte of the message, counted from the start of the body. */
  start: number;
  /** Offset in bytes just past the last byte of the message. */
  end: number;
}

/** Why input could not be read as JSON-RPC messages. Low in cardinality: used as a label. */
export type ScanProblemReason =
  /** Not JSON (RFC 8259), or bytes after the end of the document. */
  | 'malformed'
  /** The input ended inside a value, or held none. */
  | 'truncated'
  /** Nested deeper than `maxDepth`. */
  | 'too_deep'
  /** A member name or a captured value longer than `maxCaptureBytes`; it is left out. */
  | 'capture_too_long'
  /** Valid JSON that is neither an object nor an array of objects. */
  | 'not_a_message'
  /** A batch of more than `maxBatchMessages`; the rest is validated but not reported. */
  | 'batch_too_long';

export interface ScanProblem {
  reason: ScanProblemReason;
  /** Offset in bytes from the start of the body at which the problem was seen. */
  offset: number;
}

/** Bounds of one scanner. Each has a stated behaviour: see {@link ScanProblemReason}. */
export interface ScannerLimits {
  /** Deepest nesting of arrays and objects. Default 128. */
  maxDepth: number;
  /** Longest captured string or token, in bytes as written. Default 4096. */
  maxCaptureBytes: number;
  /** Most messages of a batch that are reported. Default 100. */
  maxBatchMessages: number;
}

/** Receives what the scanner finds, synchronously and in the order of the input. */
export interface EnvelopeHandler {
  /**
   * The deciding members of a request or notification are known while its message is still
   * arriving: called at most once per message, at the latest just before {@link onMessage}.
   * Members that come later in the input are still null.
   */
  onDecidable?(envelope: MessageEnvelope): void;
  /** A message is complete. The object is never reused. */
  onMessage(envelope: MessageEnvelope): void;
  /** The document is an array: called once, before any message. */
  onBatch?(): void;
  /**
   * `malformed`, `truncated` and `too_deep` are final: the scanner ignores what follows until
   * `reset()`. The others are remarks, and scanning goes on.
   */
  onProblem(problem: ScanProblem): void;
}

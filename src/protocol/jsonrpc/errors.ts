/**
 * Error codes, and the error response a proxy writes when it answers in a server's place.
 *
 * @module
 */

/** Codes of the protocol: JSON-RPC 2.0 §5.1 and MCP 2026-07-28. All lie in -32768 to -32000. */
export const RPC_ERROR = {
  /** Not JSON. */
  PARSE_ERROR: -32700,
  /** JSON, but not a message of the protocol. */
  INVALID_REQUEST: -32600,
  METHOD_NOT_FOUND: -32601,
  INVALID_PARAMS: -32602,
  INTERNAL_ERROR: -32603,
  /** A mirrored header is missing, malformed or differs from the body. */
  HEADER_MISMATCH: -32020,
  /** The request needs a capability that the client did not declare. */
  MISSING_REQUIRED_CLIENT_CAPABILITY: -32021,
  /** The server does not speak the protocol version of the request. */
  UNSUPPORTED_PROTOCOL_VERSION: -32022,
} as const;

/** Weir's own codes, outside of the range that is reserved for the protocol. */
export const WEIR_ERROR = {
  /** No connection to the upstream server. */
  UPSTREAM_UNREACHABLE: -31001,
  /** The upstream server did not answer in time. */
  UPSTREAM_TIMEOUT: -31002,
  /** The upstream server broke off its answer. */
  UPSTREAM_ABORTED: -31003,
  /** `Host` or `Origin` is not one of the allowed. */
  ORIGIN_REFUSED: -31004,
  /** The request asks for a protocol upgrade. */
  UPGRADE_UNSUPPORTED: -31005,
  /** The request target is not in origin form. */
  BAD_REQUEST_TARGET: -31006,
  /** The caller did not prove who it is. */
  UNAUTHENTICATED: -31007,
  /** The caller may not do this. */
  FORBIDDEN: -31008,
  /** Too many calls in too short a time. */
  RATE_LIMITED: -31009,
  /** A size, or a number of things at one time, is above its limit. */
  OVER_LIMIT: -31010,
  /** The upstream server has failed too often and is left alone for a while. */
  UPSTREAM_RESTING: -31011,
  /** The message breaks a rule that has no code of its own in the protocol. */
  INVALID_MESSAGE: -31012,
  /** What a policy needs in order to judge is away, so nothing passes. */
  POLICY_UNAVAILABLE: -31013,
} as const;

/**
 * A JSON-RPC error response as JSON text.
 *
 * @param rawId The `id` token of the request as it was written, so that `"1"`, `1` and
 *   9007199254740993 come back as they are: `id` of a `MessageEnvelope`. With null, or the token
 *   `null`, the response has no `id`: MCP knows none that is null, and strict clients refuse it.
 * @param data Anything JSON can carry; left out when undefined.
 */
export function encodeErrorResponse(
  rawId: string | null,
  code: number,
  message: string,
  data?: unknown,
): string {
  const id = rawId === null || rawId === 'null' ? '' : `"id":${rawId},`;
  return `{"jsonrpc":"2.0",${id}"error":${JSON.stringify({ code, message, data })}}`;
}

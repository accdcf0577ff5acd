/**
 * What limits answer when they refuse.
 *
 * The probe of a client that asks whether a server is modern is refused with a 5xx: with a 4xx of
 * any kind it would take the server for a legacy one.
 *
 * @module
 */

import type { GuardedExchange, PolicyDecision, Refusal } from '../../exchange/guard.ts';
import { WEIR_ERROR } from '../../protocol/jsonrpc/errors.ts';

const PROBE_METHOD = 'server/discover';

/** For how long a caller should leave it when nothing better is known. */
const DEFAULT_RETRY_MS = 1000;

/** Whether this is the probe, by its body, or by its head as long as nothing else is known. */
function isProbe({ head, messages }: GuardedExchange): boolean {
  if (messages.length === 0) return head.fields.mcpMethod === PROBE_METHOD;
  return messages.length === 1 && messages[0]?.envelope.method === PROBE_METHOD;
}

interface RefusalParts {
  readonly rule: string | null;
  readonly reason: string;
  readonly status: number;
  readonly code: number;
  readonly message: string;
  readonly data?: Readonly<Record<string, unknown>>;
  /** Null where trying again does not help. */
  readonly retryAfterMs: number | null;
}

function refuse(exchange: GuardedExchange, parts: RefusalParts): Refusal {
  const { rule, reason, code, message, data, retryAfterMs } = parts;
  return {
    kind: 'refuse',
    decision: decisionOf(rule, reason),
    status: isProbe(exchange) ? 503 : parts.status,
    code,
    message,
    ...(data === undefined ? {} : { data }),
    // In whole seconds (RFC 9110 §10.2.3), and never too early.
    ...(retryAfterMs === null
      ? {}
      : { headers: ['Retry-After', String(Math.max(1, Math.ceil(retryAfterMs / 1000)))] }),
  };
}

export function decisionOf(rule: string | null, reason: string): PolicyDecision {
  return { policy: 'limits', decision: 'limit', rule, reason };
}

/** @param crowded the caller shares a bucket with others because there are too many callers */
export function rateLimited(
  exchange: GuardedExchange,
  limit: string,
  retryAfterMs: number,
  crowded: boolean,
): Refusal {
  return refuse(exchange, {
    rule: limit,
    reason: crowded ? 'too_many_callers' : 'rate_limited',
    status: 429,
    code: WEIR_ERROR.RATE_LIMITED,
    message: `Rate limit ${limit} reached: try again later`,
    data: { retryAfterMs, limit },
    retryAfterMs,
  });
}

/** More messages at once than the bucket ever holds. */
export function batchTooLarge(exchange: GuardedExchange, limit: string, max: number): Refusal {
  return refuse(exchange, {
    rule: limit,
    reason: 'batch_too_large',
    status: 413,
    code: WEIR_ERROR.OVER_LIMIT,
    message: `Rate limit ${limit} allows at most ${max} messages in one request`,
    data: { limit, max },
    retryAfterMs: null,
  });
}

export function tooManyCalls(exchange: GuardedExchange, limit: string, max: number): Refusal {
  return refuse(exchange, {
    rule: limit,
    reason: 'too_many_calls',
    status: 429,
    code: WEIR_ERROR.OVER_LIMIT,
    message: `Limit ${limit} allows at most ${max} calls at one time`,
    data: { limit, max, retryAfterMs: DEFAULT_RETRY_MS },
    retryAfterMs: DEFAULT_RETRY_MS,
  });
}

export function tooManyStreams(exchange: GuardedExchange, limit: string, max: number): Refusal {
  return refuse(exchange, {
    rule: limit,
    reason: 'too_many_streams',
    status: 429,
    code: WEIR_ERROR.OVER_LIMIT,
    message: `Limit ${limit} allows at most ${max} open streams`,
    data: { limit, max, retryAfterMs: DEFAULT_RETRY_MS },
    retryAfterMs: DEFAULT_RETRY_MS,
  });
}

export function requestTooLarge(exchange: GuardedExchange, maxBytes: number): Refusal {
  return refuse(exchange, {
    rule: 'requestBytes',
    reason: 'request_too_large',
    status: 413,
    code: WEIR_ERROR.OVER_LIMIT,
    message: `The request body must be at most ${maxBytes} bytes long`,
    data: { limit: 'requestBytes', max: maxBytes },
    retryAfterMs: null,
  });
}

export function headTooLarge(
  exchange: GuardedExchange,
  limit: 'headerCount' | 'headerBytes',
  max: number,
): Refusal {
  return refuse(exchange, {
    rule: limit,
    reason: 'head_too_large',
    status: 431,
    code: WEIR_ERROR.OVER_LIMIT,
    message: `The request must have at most ${max} ${limit === 'headerCount' ? 'header fields' : 'bytes of header fields'}`,
    data: { limit, max },
    retryAfterMs: null,
  });
}

/** Not every message could be read, or not in one way only: what is not known cannot be counted. */
export function uncountable(exchange: GuardedExchange): Refusal {
  return refuse(exchange, {
    rule: null,
    reason: 'unreadable_messages',
    status: 400,
    code: WEIR_ERROR.INVALID_MESSAGE,
    message: 'Not every message of the request could be read without doubt',
    retryAfterMs: null,
  });
}

/** The store is away, and limits fail closed. */
export function storeUnavailable(exchange: GuardedExchange): Refusal {
  return refuse(exchange, {
    rule: null,
    reason: 'store_unavailable',
    status: 503,
    code: WEIR_ERROR.POLICY_UNAVAILABLE,
    message: 'Limits cannot be checked at the moment: try again later',
    data: { retryAfterMs: DEFAULT_RETRY_MS },
    retryAfterMs: DEFAULT_RETRY_MS,
  });
}

/**
 * What counts as an error of a span, and what it is called: the OpenTelemetry conventions for MCP.
 *
 * @module
 */

import type { ExchangeRecord } from '../../exchange/record.ts';

/** The `error.type` of each span; null for one that is no error. */
export interface SpanErrors {
  /** Of the span towards the client. */
  readonly server: string | null;
  /** Of the span towards the upstream. */
  readonly client: string | null;
}

/**
 * Codes that are the caller's mistake, and no error of the server that answers with them. For the
 * caller every code is one.
 */
const CALLER_MISTAKES: ReadonlySet<number> = new Set([-32700, -32600, -32601, -32602, -32002]);

const NONE: SpanErrors = { server: null, client: null };

export function errorsOf(record: ExchangeRecord): SpanErrors {
  const { outcome, status } = record;
  switch (outcome) {
    case 'ok':
    case 'input_required':
    case 'unparsed':
    // Whoever left knows; nothing failed here.
    case 'canceled':
      return NONE;
    case 'tool_error':
      return { server: outcome, client: outcome };
    case 'rpc_error':
      return fromCodes(record);
    case 'http_error':
      return {
        server: status >= 500 ? String(status) : null,
        client: status >= 400 ? String(status) : null,
      };
    case 'denied':
      // An answer that must not pass has failed on its way up as well.
      return {
        server: ownError(record),
        client: record.dispatchedAfterMs === null ? null : outcome,
      };
    case 'upstream_timeout':
      return { server: ownError(record), client: 'timeout' };
    case 'upstream_unreachable':
    case 'upstream_aborted':
      return { server: ownError(record), client: outcome };
  }
}

/**
 * Whether something went wrong that is worth a span of its own. Refusals are not: a proxy that says
 * no works, and whoever is refused could fill the backend with its attempts.
 */
export function hasFailed(record: ExchangeRecord, { server, client }: SpanErrors): boolean {
  return (server !== null || client !== null) && record.outcome !== 'denied';
}

/** The code the upstream answered with, first of several; null without one. */
export function upstreamErrorCode({ calls, strayErrorCodes }: ExchangeRecord): number | null {
  for (const { errorCode } of calls) if (errorCode !== null) return errorCode;
  return strayErrorCodes[0] ?? null;
}

function fromCodes(record: ExchangeRecord): SpanErrors {
  const codes = [
    ...record.calls.flatMap(({ errorCode }) => errorCode ?? []),
    ...record.strayErrorCodes,
  ];
  const first = codes[0];
  const serious = codes.find((code) => !CALLER_MISTAKES.has(code));
  return {
    server: serious === undefined ? null : String(serious),
    client: first === undefined ? null : String(first),
  };
}

/** Weir's own answer by its code; where the response had begun there was none. */
function ownError({ errorCode, outcome }: ExchangeRecord): string {
  return errorCode === null ? outcome : String(errorCode);
}

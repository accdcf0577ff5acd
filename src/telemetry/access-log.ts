/**
 * The access log: one entry per exchange, when it ends. Never payloads, query strings, session
 * ids or tokens.
 *
 * @module
 */

import type { PolicyDecision, Principal } from '../exchange/decision.ts';
import type { ExchangeRecord, ExchangeSink, Outcome } from '../exchange/record.ts';
import type { Logger } from './log.ts';

export interface AccessLogOptions {
  /** Who this process is: the `service` of every entry. */
  service: string;
  /** Whether entries name an authenticated caller: its subject, never its token. Default true. */
  namesCallers?: boolean;
}

/** Outcomes an operator has to look into; the rest is traffic. */
const UPSTREAM_FAILURES: ReadonlySet<Outcome> = new Set([
  'upstream_unreachable',
  'upstream_timeout',
  'upstream_aborted',
]);

/** Writes entries named `exchange`, at `warn` when the upstream failed and at `info` otherwise. */
export function createAccessLogSink(logger: Logger, options: AccessLogOptions): ExchangeSink {
  const { service, namesCallers = true } = options;
  return {
    ended(record: ExchangeRecord): void {
      const refusal = record.decisions.length === 0 ? null : findRefusal(record.decisions);
      const fields = {
        service,
        tool: findTool(record),
        duration_ms: roundMs(record.durationMs),
        client_id: namesCallers ? nameOf(record.principal) : null,
        http_method: record.httpMethod,
        path: withoutQuery(record.path),
        mcp_method: describeMethod(record),
        status: record.status,
        outcome: record.outcome,
        error_code: record.errorCode,
        client_ip: record.clientAddress,
        request_bytes: record.requestBytes,
        response_bytes: record.responseBytes,
        stream: record.stream,
        era: record.era,
        overhead_ms: roundMs(record.overheadMs),
        upstream_ms: record.upstreamTotalMs === null ? null : roundMs(record.upstreamTotalMs),
        // Only there when exchanges are traced.
        trace_id: record.trace?.traceId,
        span_id: record.trace?.serverSpanId,
        // Only there when weir itself has something to say about the exchange.
        reason: record.reason ?? undefined,
        // Only there when a policy has refused, with what the caller is not told.
        policy: refusal?.policy,
        rule: refusal?.rule ?? undefined,
        decision_reason: refusal?.reason,
      };
      if (UPSTREAM_FAILURES.has(record.outcome)) logger.warn('exchange', fields);
      else logger.info('exchange', fields);
    },
  };
}

function nameOf(principal: Principal | null): string | null {
  return principal === null || principal.kind === 'anonymous' ? null : principal.subject;
}

/** There is one at most, for nothing is asked after it. */
function findRefusal(decisions: readonly PolicyDecision[]): PolicyDecision | null {
  for (let i = decisions.length - 1; i >= 0; i--) {
    const decision = decisions[i] as PolicyDecision;
    if (decision.decision === 'deny' || decision.decision === 'limit') return decision;
  }
  return null;
}

/** The tool of the first call that has one. */
function findTool(record: ExchangeRecord): string | null {
  for (const { target } of record.calls) if (target?.kind === 'tool') return target.name;
  return null;
}

/** The method of the only message, `batch` for several, null for none. */
function describeMethod(record: ExchangeRecord): string | null {
  return record.calls.length > 1 ? 'batch' : (record.calls[0]?.method ?? null);
}

/** The record promises a path without its query; a log keeps the promise whoever made it. */
function withoutQuery(path: string): string {
  const end = path.search(/[?#]/);
  return end === -1 ? path : path.slice(0, end);
}

/** Milliseconds with microseconds. */
function roundMs(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/**
 * The access log as log records: one for each exchange, with what the line on standard output tells
 * under the names of OpenTelemetry's conventions.
 *
 * @module
 */

import type { ExchangeRecord, ExchangeSink, Outcome } from '../../exchange/record.ts';
import { redactText } from '../../redact/redact-text.ts';
import { cutText } from '../../redact/safe-text.ts';
import { SecretNames } from '../../redact/secret-names.ts';
import { BATCH_METHOD } from '../wire-labels.ts';
import type { LogRecord } from './log-record.ts';

export const ACCESS_EVENT_NAME = 'weir.exchange';

/** Longest text from the wire, in UTF-16 code units. */
const MAX_CHARS = 256;

/** Outcomes an operator has to look into, as in the access log. */
const UPSTREAM_FAILURES: ReadonlySet<Outcome> = new Set([
  'upstream_unreachable',
  'upstream_timeout',
  'upstream_aborted',
]);

const names = new SecretNames();

/** @param upstream what the MCP server is called */
export function createAccessRecordSink(
  add: (record: LogRecord) => void,
  upstream: string,
): ExchangeSink {
  return { ended: (record) => add(toLogRecord(record, upstream)) };
}

function toLogRecord(record: ExchangeRecord, upstream: string): LogRecord {
  const { trace, calls, outcome } = record;
  const target = calls.find((call) => call.target !== null)?.target ?? null;
  const method = calls.length > 1 ? BATCH_METHOD : (calls[0]?.method ?? null);
  return {
    timeMs: record.startedAt + record.durationMs,
    severity: UPSTREAM_FAILURES.has(outcome) ? 'warn' : 'info',
    eventName: ACCESS_EVENT_NAME,
    body: 'exchange',
    attributes: {
      'mcp.method.name': show(method),
      'gen_ai.tool.name': target?.kind === 'tool' ? show(target.name) : null,
      'gen_ai.prompt.name': target?.kind === 'prompt' ? show(target.name) : null,
      'mcp.protocol.version': show(record.protocolVersion),
      'http.request.method': record.httpMethod,
      'url.path': show(record.path),
      'http.response.status_code': record.status === 0 ? null : record.status,
      'rpc.response.status_code': record.errorCode === null ? null : String(record.errorCode),
      'client.address': record.clientAddress,
      'http.request.body.size': record.requestBytes,
      'http.response.body.size': record.responseBytes,
      'weir.upstream.name': upstream,
      'weir.outcome': outcome,
      'weir.era': record.era,
      'weir.stream.kind': record.stream,
      'weir.duration_ms': record.durationMs,
      'weir.overhead_ms': record.overheadMs,
      'weir.upstream_ms': record.upstreamTotalMs,
      'weir.reason': record.reason === null ? null : redactText(record.reason, names),
    },
    trace:
      trace === null
        ? null
        : {
            traceId: trace.traceId,
            spanId: trace.serverSpanId,
            traceFlags: trace.sampled ? 1 : 0,
          },
  };
}

function show(text: string | null): string | null {
  return text === null ? null : cutText(redactText(text, names), MAX_CHARS);
}

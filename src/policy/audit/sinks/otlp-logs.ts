/**
 * The JSON encoding of an OTLP logs request (opentelemetry-proto, `ExportLogsServiceRequest`):
 * member names in lowerCamelCase, 64-bit numbers as decimal text, ids as hexadecimal text.
 *
 * @module
 */

import { quote } from '../../../redact/safe-text.ts';
import { VERSION } from '../../../version.ts';
import type { AuditRecord } from '../record.ts';
import type { AuditEntry } from '../sink.ts';

/** Who the records come from. */
export interface OtlpResource {
  readonly serviceName: string;
  readonly serviceVersion: string | null;
  readonly environment: string | null;
}

/** Name of the event every record is, as OpenTelemetry's logs know events. */
const EVENT_NAME = 'weir.audit';

/** Severities of the log data model: what passed informs, what was refused warns. */
const INFO = '"severityNumber":9,"severityText":"INFO"';
const WARN = '"severityNumber":13,"severityText":"WARN"';

/** One request with all records. The body of each is its line, as other sinks write it. */
export function encodeLogs(entries: readonly AuditEntry[], resource: OtlpResource): string {
  const records = entries.map(encodeRecord).join(',');
  return (
    `{"resourceLogs":[{"resource":{"attributes":[${encodeResource(resource)}]},` +
    `"scopeLogs":[{"scope":{"name":"weir.audit","version":${quote(VERSION)}},` +
    `"logRecords":[${records}]}]}]}`
  );
}

/** How many records a collector says it will never take (`partialSuccess.rejectedLogRecords`). */
export function readRejectedRecords(answer: string): number {
  if (!answer.includes('partialSuccess')) return 0;
  try {
    const { partialSuccess } = JSON.parse(answer) as {
      partialSuccess?: { rejectedLogRecords?: unknown };
    };
    const count = Number(partialSuccess?.rejectedLogRecords ?? 0);
    return Number.isSafeInteger(count) && count > 0 ? count : 0;
  } catch {
    return 0;
  }
}

function encodeResource({ serviceName, serviceVersion, environment }: OtlpResource): string {
  return [
    attribute('service.name', serviceName),
    attribute('service.version', serviceVersion),
    attribute('deployment.environment.name', environment),
  ]
    .filter((text) => text !== '')
    .join(',');
}

function encodeRecord({ record, line }: AuditEntry): string {
  const refused = record.decision === 'deny' || record.decision === 'limit';
  const trace =
    record.traceId === null
      ? ''
      : `,"traceId":"${record.traceId}"${record.spanId === null ? '' : `,"spanId":"${record.spanId}"`}`;
  return (
    `{"timeUnixNano":"${toNanoseconds(record.startedAt)}"` +
    `,"observedTimeUnixNano":"${toNanoseconds(record.startedAt + record.durationMs)}"` +
    `,${refused ? WARN : INFO},"eventName":"${EVENT_NAME}"` +
    `,"body":{"stringValue":${quote(line)}}` +
    `,"attributes":[${encodeAttributes(record)}]${trace}}`
  );
}

function encodeAttributes(record: AuditRecord): string {
  const { target, decidedBy } = record;
  return [
    attribute('mcp.method.name', record.method),
    attribute('gen_ai.tool.name', target?.kind === 'tool' ? target.name : null),
    attribute('gen_ai.prompt.name', target?.kind === 'prompt' ? target.name : null),
    attribute('mcp.resource.uri', target?.kind === 'resource' ? target.name : null),
    attribute('user.id', record.client),
    attribute('client.address', record.clientAddress),
    attribute('http.request.method', record.httpMethod),
    record.status === 0 ? '' : integer('http.response.status_code', record.status),
    record.errorCode === null ? '' : attribute('rpc.response.status_code', `${record.errorCode}`),
    attribute('error.type', record.outcome === 'ok' ? null : record.outcome),
    attribute('weir.policy.decision', record.decision),
    attribute('weir.policy.name', decidedBy?.policy ?? null),
    attribute('weir.policy.rule', decidedBy?.rule ?? null),
    integer('weir.audit.sequence', record.sequence),
  ]
    .filter((text) => text !== '')
    .join(',');
}

/** Empty for what is not known. */
function attribute(key: string, value: string | null): string {
  return value === null ? '' : `{"key":"${key}","value":{"stringValue":${quote(value)}}}`;
}

function integer(key: string, value: number): string {
  return `{"key":"${key}","value":{"intValue":"${value}"}}`;
}

/** Milliseconds as whole nanoseconds, exactly; 0, which stands for unknown, for what is no time. */
function toNanoseconds(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return '0';
  return String(BigInt(Math.round(ms * 1000)) * 1000n);
}

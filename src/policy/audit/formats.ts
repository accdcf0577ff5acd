/**
 * An audit record as one line of JSON. Members always come in the same order; those that are only
 * sometimes there (`params_truncated`, `batch_index`, `decisions`) have their fixed places, too.
 *
 * @module
 */

import type { PolicyDecision } from '../../exchange/guard.ts';
import { cutText, quote } from '../../redact/safe-text.ts';
import type { AuditRecord } from './record.ts';
import type { AuditFormat } from './settings.ts';

/** Longest name in a record, in UTF-16 code units. What is cut off is counted at its end. */
const MAX_TEXT_CHARS = 512;
/** Most decisions in a record. */
const MAX_DECISIONS = 16;

/** A record as JSON without a line break. */
export function formatRecord(record: AuditRecord, format: AuditFormat): string {
  return format === 'short' ? formatShort(record) : formatLong(record);
}

function formatShort(record: AuditRecord): string {
  return (
    `{"timestamp":"${toTimestamp(record.startedAt)}"` +
    `,"client":${textOf(record.client)}` +
    `,"service":${textOf(record.service)}` +
    `,"tool":${textOf(toolOf(record))}` +
    `,"params":${record.params ?? 'null'}` +
    `,"status":${record.status}` +
    `,"duration_ms":${roundMs(record.durationMs)}` +
    `,"client_ip":${textOf(record.clientAddress)}` +
    formatCommon(record) +
    `,"reason":${textOf(record.reason)}` +
    formatEnd(record)
  );
}

function formatLong(record: AuditRecord): string {
  return (
    `{"timestamp":"${toTimestamp(record.startedAt)}"` +
    `,"caller_ip":${textOf(record.clientAddress)}` +
    `,"user_id":${textOf(record.client)}` +
    `,"tool_name":${textOf(toolOf(record))}` +
    `,"service_name":${textOf(record.service)}` +
    `,"action":${textOf(record.method)}` +
    `,"input_params":${record.params ?? 'null'}` +
    // Results are never recorded; readers of this format expect the member.
    ',"output":null' +
    `,"duration_ms":${roundMs(record.durationMs)}` +
    `,"status":"${successOf(record)}"` +
    `,"error_msg":${textOf(errorOf(record))}` +
    `,"http_status":${record.status}` +
    formatCommon(record) +
    formatEnd(record)
  );
}

/** What both formats name alike. */
function formatCommon(record: AuditRecord): string {
  const { decidedBy, target } = record;
  return (
    `,"client_kind":${textOf(record.clientKind)}` +
    `,"client_issuer":${textOf(record.clientIssuer)}` +
    `,"method":${textOf(record.method)}` +
    `,"target_kind":${textOf(target?.kind ?? null)}` +
    `,"target":${textOf(target?.name ?? null)}` +
    `,"decision":"${record.decision}"` +
    `,"policy":${textOf(decidedBy?.policy ?? null)}` +
    `,"rule":${textOf(decidedBy?.rule ?? null)}` +
    `,"decision_reason":${textOf(decidedBy?.reason ?? null)}` +
    `,"outcome":"${record.outcome}"` +
    `,"error_code":${record.errorCode}`
  );
}

function formatEnd(record: AuditRecord): string {
  return (
    `,"http_method":${textOf(record.httpMethod)}` +
    `,"path":${textOf(record.path)}` +
    `,"trace_id":${textOf(record.traceId)}` +
    (record.paramsTruncated ? ',"params_truncated":true' : '') +
    (record.batchIndex === null ? '' : `,"batch_index":${record.batchIndex}`) +
    (record.decisions.length > 1 ? `,"decisions":${formatDecisions(record.decisions)}` : '') +
    `,"sequence":${record.sequence}}`
  );
}

function formatDecisions(decisions: readonly PolicyDecision[]): string {
  const items = decisions
    .slice(0, MAX_DECISIONS)
    .map(
      ({ policy, decision, rule, reason }) =>
        `{"policy":${textOf(policy)},"decision":"${decision}","rule":${textOf(rule)},"reason":${textOf(reason)}}`,
    );
  return `[${items.join(',')}]`;
}

function textOf(text: string | null): string {
  return text === null ? 'null' : quote(cutText(text, MAX_TEXT_CHARS));
}

function toolOf({ target }: AuditRecord): string | null {
  return target?.kind === 'tool' ? target.name : null;
}

function successOf({ decision, outcome }: AuditRecord): string {
  if (decision === 'deny' || decision === 'limit' || outcome === 'denied') return 'denied';
  return outcome === 'ok' || outcome === 'input_required' ? 'success' : 'error';
}

/** Null for a success; never words of the server's, which could be results. */
function errorOf(record: AuditRecord): string | null {
  if (successOf(record) === 'success') return null;
  if (record.reason !== null) return record.reason;
  return record.errorCode === null ? record.outcome : `${record.outcome} ${record.errorCode}`;
}

/** The timestamp written last: under load many calls begin in one millisecond. */
let lastTime = 0;
let lastTimestamp = '1970-01-01T00:00:00.000Z';

/** ISO 8601 in UTC. A clock that is out of its mind must not stop the audit. */
function toTimestamp(time: number): string {
  if (time !== lastTime) {
    const date = new Date(time);
    if (Number.isNaN(date.getTime())) return '1970-01-01T00:00:00.000Z';
    lastTime = time;
    lastTimestamp = date.toISOString();
  }
  return lastTimestamp;
}

/** Milliseconds with microseconds. */
function roundMs(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

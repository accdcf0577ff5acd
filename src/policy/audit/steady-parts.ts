/**
 * What of a record's JSON is the same for calls that one client makes of one tool with one result.
 *
 * @module
 */

import type { PolicyDecision } from '../../exchange/guard.ts';
import { cutText, quote } from '../../redact/safe-text.ts';
import { type SteadyText, steadyText } from './line-target.ts';
import type { AuditRecord } from './record.ts';
import type { AuditFormat } from './settings.ts';

/** Longest name in a record, in UTF-16 code units. What is cut off is counted at its end. */
const MAX_TEXT_CHARS = 512;
/** Most decisions in a record. */
const MAX_DECISIONS = 16;

/**
 * What stands between the members that differ from call to call. It is made once for calls that one
 * client makes of one tool with one result, which is most of what a record takes to write.
 */
export interface SteadyParts {
  /** From the timestamp to the params, and so on, with the names of both. */
  readonly toParams: SteadyText;
  readonly toDuration: SteadyText;
  readonly toTrace: SteadyText;
  readonly toSequence: SteadyText;
  /** What it was made from. */
  readonly record: AuditRecord;
  readonly format: AuditFormat;
}

export function makeSteadyParts(record: AuditRecord, format: AuditFormat): SteadyParts {
  return format === 'short' ? shortParts(record) : longParts(record);
}

function shortParts(record: AuditRecord): SteadyParts {
  return {
    ...ends(record, 'short'),
    toParams: steadyText(
      ',"client":',
      textOf(record.client),
      ',"service":',
      textOf(record.service),
      ',"tool":',
      textOf(toolOf(record)),
      ',"params":',
    ),
    toDuration: steadyText(',"status":', record.status, ',"duration_ms":'),
    toTrace: steadyText(
      ',"client_ip":',
      textOf(record.clientAddress),
      ...common(record),
      ',"reason":',
      textOf(record.reason),
      ...place(record),
    ),
  };
}

function longParts(record: AuditRecord): SteadyParts {
  return {
    ...ends(record, 'long'),
    toParams: steadyText(
      ',"caller_ip":',
      textOf(record.clientAddress),
      ',"user_id":',
      textOf(record.client),
      ',"tool_name":',
      textOf(toolOf(record)),
      ',"service_name":',
      textOf(record.service),
      ',"action":',
      textOf(record.method),
      ',"input_params":',
    ),
    // Results are never recorded; readers of this format expect the member.
    toDuration: steadyText(',"output":null,"duration_ms":'),
    toTrace: steadyText(
      ',"status":"',
      successOf(record),
      '","error_msg":',
      textOf(errorOf(record)),
      ',"http_status":',
      record.status,
      ...common(record),
      ...place(record),
    ),
  };
}

/** What both formats name alike. */
function common(record: AuditRecord): readonly string[] {
  const { decidedBy, target } = record;
  return [
    ',"client_kind":',
    textOf(record.clientKind),
    ',"client_issuer":',
    textOf(record.clientIssuer),
    ',"method":',
    textOf(record.method),
    ',"target_kind":',
    textOf(target?.kind ?? null),
    ',"target":',
    textOf(target?.name ?? null),
    ',"decision":"',
    record.decision,
    '","policy":',
    textOf(decidedBy?.policy ?? null),
    ',"rule":',
    textOf(decidedBy?.rule ?? null),
    ',"decision_reason":',
    textOf(decidedBy?.reason ?? null),
    ',"outcome":"',
    record.outcome,
    '","error_code":',
    String(record.errorCode),
  ];
}

function place(record: AuditRecord): readonly string[] {
  return [
    ',"http_method":',
    textOf(record.httpMethod),
    ',"path":',
    textOf(record.path),
    ',"trace_id":',
  ];
}

function ends(
  record: AuditRecord,
  format: AuditFormat,
): Pick<SteadyParts, 'record' | 'format' | 'toSequence'> {
  const { decisions } = record;
  return {
    // Nobody asks for the params again.
    record: { ...record, params: null },
    format,
    toSequence:
      decisions.length > 1
        ? steadyText(',"decisions":', formatDecisions(decisions), ',"sequence":')
        : steadyText(',"sequence":'),
  };
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

export function textOf(text: string | null): string {
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

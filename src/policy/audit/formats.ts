/**
 * An audit record as one line of JSON. Members always come in the same order; those that are only
 * sometimes there (`params_truncated`, `batch_index`, `decisions`) have their fixed places, too.
 *
 * @module
 */

import type { PolicyDecision } from '../../exchange/guard.ts';
import { Timestamps } from '../../redact/timestamps.ts';
import type { AuditRecord } from './record.ts';
import type { AuditFormat } from './settings.ts';
import { makeSteadyParts, type SteadyParts, textOf } from './steady-parts.ts';

const timestamps = new Timestamps();

/** A record as JSON without a line break. */
export function formatRecord(record: AuditRecord, format: AuditFormat): string {
  const { toParams, toDuration, toTrace, toSequence } = steadyParts(record, format);
  return (
    `{"timestamp":"${timestamps.of(record.startedAt)}"${toParams}` +
    (record.params ?? 'null') +
    toDuration +
    roundMs(record.durationMs) +
    toTrace +
    textOf(record.traceId) +
    (record.paramsTruncated ? ',"params_truncated":true' : '') +
    (record.batchIndex === null ? '' : `,"batch_index":${record.batchIndex}`) +
    toSequence +
    `${record.sequence}}`
  );
}

const steady: Map<string, SteadyParts> = new Map();
const MAX_STEADY_PARTS = 256;
/** Longest names whose parts are kept, in UTF-16 code units. */
const MAX_STEADY_CHARS = 256;

function steadyParts(record: AuditRecord, format: AuditFormat): SteadyParts {
  const key = `${record.client}\n${record.target?.name ?? record.method}\n${record.clientAddress}`;
  const known = steady.get(key);
  if (known !== undefined && known.format === format && isAlike(known.record, record)) return known;
  const made = makeSteadyParts(record, format);
  if (key.length + record.path.length <= MAX_STEADY_CHARS) {
    if (steady.size >= MAX_STEADY_PARTS) steady.clear();
    steady.set(key, made);
  }
  return made;
}

/** Whether two records are the same in everything that steady parts are made from. */
function isAlike(a: AuditRecord, b: AuditRecord): boolean {
  return (
    a.client === b.client &&
    a.clientKind === b.clientKind &&
    a.clientIssuer === b.clientIssuer &&
    a.clientAddress === b.clientAddress &&
    a.service === b.service &&
    a.method === b.method &&
    a.target?.kind === b.target?.kind &&
    a.target?.name === b.target?.name &&
    a.status === b.status &&
    a.outcome === b.outcome &&
    a.errorCode === b.errorCode &&
    a.reason === b.reason &&
    a.httpMethod === b.httpMethod &&
    a.path === b.path &&
    a.decision === b.decision &&
    isSameDecision(a.decidedBy, b.decidedBy) &&
    areSameDecisions(a.decisions, b.decisions)
  );
}

function areSameDecisions(a: readonly PolicyDecision[], b: readonly PolicyDecision[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (!isSameDecision(a[i] ?? null, b[i] ?? null)) return false;
  }
  return true;
}

function isSameDecision(a: PolicyDecision | null, b: PolicyDecision | null): boolean {
  if (a === b) return true;
  return (
    a !== null &&
    b !== null &&
    a.policy === b.policy &&
    a.decision === b.decision &&
    a.rule === b.rule &&
    a.reason === b.reason
  );
}

/** Milliseconds with microseconds. */
function roundMs(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

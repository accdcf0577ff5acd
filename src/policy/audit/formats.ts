/**
 * An audit record as one line of JSON. Members always come in the same order; those that are only
 * sometimes there (`params_truncated`, `batch_index`, `decisions`) have their fixed places, too.
 *
 * @module
 */

import type { PolicyDecision } from '../../exchange/guard.ts';
import { Timestamps } from '../../redact/timestamps.ts';
import { type LineTarget, type SteadyText, steadyText, TextLine } from './line-target.ts';
import type { AuditRecord } from './record.ts';
import type { AuditFormat } from './settings.ts';
import { makeSteadyParts, type SteadyParts, textOf } from './steady-parts.ts';

const NULL = steadyText('null');
const END = steadyText('}');

/** Writes a record as JSON without a line break. */
export function writeRecord(record: AuditRecord, format: AuditFormat, line: LineTarget): void {
  const { toParams, toDuration, toTrace, toSequence } = steadyParts(record, format);
  line.addSteady(toHead(record.startedAt));
  line.addSteady(toParams);
  if (record.params === null) line.addSteady(NULL);
  else line.add(record.params);
  line.addSteady(toDuration);
  // Milliseconds with microseconds.
  line.addThousandths(Math.round(record.durationMs * 1000));
  line.addSteady(toTrace);
  if (record.traceId === null) line.addSteady(NULL);
  else line.add(textOf(record.traceId));
  if (record.paramsTruncated) line.add(',"params_truncated":true');
  if (record.batchIndex !== null) line.add(`,"batch_index":${record.batchIndex}`);
  line.addSteady(toSequence);
  line.addNumber(record.sequence);
  line.addSteady(END);
}

/** A record as JSON without a line break. */
export function formatRecord(record: AuditRecord, format: AuditFormat): string {
  const line = new TextLine();
  writeRecord(record, format, line);
  return line.text;
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

const timestamps = new Timestamps();

/** The beginning written last: under load many calls begin in one millisecond. */
let lastTime = Number.NaN;
let lastHead: SteadyText = steadyText();

/** Up to the timestamp. */
function toHead(time: number): SteadyText {
  if (time !== lastTime) {
    lastTime = time;
    lastHead = steadyText('{"timestamp":"', timestamps.of(time), '"');
  }
  return lastHead;
}

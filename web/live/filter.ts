/**
 * Which exchanges are shown.
 *
 * @module
 */

import type { ExchangeRow } from '../../src/telemetry/live/view.ts';

export interface Filter {
  /** Words that all have to occur somewhere in the line. */
  readonly text: string;
  /** Empty for all. */
  readonly method: string;
  readonly tool: string;
  /** An outcome, or `failed` for all that are no success. */
  readonly outcome: string;
}

export const NO_FILTER: Filter = { text: '', method: '', tool: '', outcome: '' };

/** Outcomes in which a client got what it asked for, or did not want it any more. */
const FINE: ReadonlySet<string> = new Set(['ok', 'input_required', 'canceled', 'unparsed']);

export function isFailed({ outcome }: Pick<ExchangeRow, 'outcome'>): boolean {
  return !FINE.has(outcome);
}

/** What a line is about: its method, or what is known instead. */
export function subjectOf(row: Pick<ExchangeRow, 'method' | 'verb' | 'stream'>): string {
  if (row.method !== null) return row.method;
  return row.stream === 'get' ? 'GET stream' : row.verb;
}

export function matches(row: ExchangeRow, filter: Filter): boolean {
  if (filter.method !== '' && subjectOf(row) !== filter.method) return false;
  if (filter.tool !== '' && !(row.target?.kind === 'tool' && row.target.name === filter.tool)) {
    return false;
  }
  if (filter.outcome === 'failed' ? !isFailed(row) : !['', row.outcome].includes(filter.outcome)) {
    return false;
  }
  if (filter.text === '') return true;
  const text =
    `${subjectOf(row)} ${row.target?.name ?? ''} ${row.outcome} ${row.status} ${row.errorCode ?? ''} ${row.era} ${row.verb} #${row.id}`.toLowerCase();
  return filter.text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/**
 * The table of goals: met or missed.
 *
 * @module
 */

import { formatNumber } from '../figures.ts';
import type { GoalResult, GoalUnit } from '../goals.ts';
import { markdownTable } from './table.ts';
import { formatSummary } from './workload-table.ts';

const DIGITS: Readonly<Record<GoalUnit, number>> = {
  '×': 2,
  ms: 3,
  MiB: 1,
  KiB: 1,
  streams: 0,
  'MB/s': 0,
  µs: 2,
  '%': 1,
};

const SIGNS = { 'at least': '≥', 'at most': '≤', below: '<' } as const;

export function goalTable(results: readonly GoalResult[]): string {
  return markdownTable(
    ['#', 'what', 'goal', 'measured', 'verdict'],
    results.map(({ goal, what, limit, unit, measured, verdict }) => [
      String(goal),
      what,
      `${SIGNS[limit.kind]} ${formatNumber(limit.value, digitsOf(limit.value))} ${unit}`,
      measured === null ? '–' : `${formatSummary(measured, DIGITS[unit])} ${unit}`,
      verdict,
    ]),
    [1, 4],
  );
}

function digitsOf(value: number): number {
  return String(value).split('.')[1]?.length ?? 0;
}

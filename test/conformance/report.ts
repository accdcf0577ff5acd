/**
 * The results as a table for people: one row per scenario, one column per way.
 *
 * @module
 */

import type { RouteName } from '../fixtures/mcp/routes.ts';
import { findRegressions, isWorse, passes } from './compare.ts';
import { LIFT_SCENARIOS, type LiftResult } from './lift.ts';
import type { Counts, Revision, ScenarioResult } from './suite.ts';
import type { TargetResults } from './targets.ts';

/** `pass 30`, `pass 8 (1 warn)`, `FAIL 1 of 9`. */
export function describeCounts(counts: Counts): string {
  const total = counts.success + counts.failure;
  const warned = counts.warning > 0 ? ` (${counts.warning} warn)` : '';
  if (passes(counts)) return `pass ${counts.success}${warned}`;
  if (counts.failure === 0) return `none${warned}`;
  return `FAIL ${counts.failure} of ${total}${warned}`;
}

/** `worse` marks what came out worse than directly. */
export function renderTable(
  revision: Revision,
  results: ReadonlyMap<RouteName, TargetResults>,
): string {
  const direct = results.get('direct')?.[revision] ?? [];
  const columns = [...results.keys()];
  const rows: string[][] = [[revision, ...columns]];
  for (const row of direct) {
    const cells = columns.map((target) => cell(row, results.get(target)?.[revision] ?? []));
    rows.push([row.scored ? row.scenario : `${row.scenario} (not scored)`, ...cells]);
  }
  rows.push([
    'scored scenarios passed',
    ...columns.map((target) => tally(results.get(target)?.[revision] ?? [])),
  ]);
  return alignColumns(rows);
}

/**
 * Checks passed of all, one row per scenario, in front of the server that checks nothing itself. A
 * warning is a check that was not passed.
 */
export function renderLift(results: ReadonlyMap<RouteName, readonly LiftResult[]>): string {
  const columns = [...results].map(([target, found]) => [
    target === 'direct' ? 'naive, direct' : `through ${target}`,
    ...LIFT_SCENARIOS.map(([scenario, revision]) => {
      const result = found.find((one) => one.scenario === scenario && one.revision === revision);
      if (result === undefined) return 'not run';
      return `${result.success}/${result.success + result.warning + result.failure}`;
    }),
  ]);
  const titles = LIFT_SCENARIOS.map(([scenario, revision]) => `${scenario}, ${revision}`);
  return alignColumns(
    ['What policies add', ...titles].map((title, row) => [
      title,
      ...columns.map((cells) => cells[row] ?? ''),
    ]),
  );
}

function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, index) =>
    Math.max(...rows.map((cells) => cells[index]?.length ?? 0)),
  );
  return rows
    .map((cells) =>
      cells
        .map((text, index) => text.padEnd(widths?.[index] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** One paragraph per scenario that got worse, or an empty string. */
export function renderRegressions(
  revision: Revision,
  target: RouteName,
  direct: readonly ScenarioResult[],
  through: readonly ScenarioResult[],
): string {
  return findRegressions(direct, through)
    .map((regression) =>
      [
        `${revision} ${regression.scenario} through ${target}: ` +
          `${describeCounts(regression.through)}, directly ${describeCounts(regression.direct)}`,
        ...regression.complaints.map((complaint) => `  ${complaint}`),
      ].join('\n'),
    )
    .join('\n');
}

function cell(direct: ScenarioResult, through: readonly ScenarioResult[]): string {
  const result = through.find(({ scenario }) => scenario === direct.scenario);
  if (result === undefined) return 'not run, worse';
  return `${describeCounts(result)}${isWorse(direct, result) ? ', worse' : ''}`;
}

function tally(results: readonly ScenarioResult[]): string {
  const scored = results.filter((result) => result.scored);
  return `${scored.filter(passes).length} of ${scored.length}`;
}

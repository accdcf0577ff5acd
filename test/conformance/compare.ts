/**
 * What the way through a proxy changed: the same scenarios, with and without it.
 *
 * @module
 */

import type { Counts, ScenarioResult } from './suite.ts';

/** A scenario that came out worse through the proxy than directly. */
export interface Regression {
  scenario: string;
  direct: Counts;
  through: Counts;
  /** What the suite objected to through the proxy and not directly. */
  complaints: string[];
}

/** A pass is one success at least and no failure. */
export function passes(counts: Counts): boolean {
  return counts.failure === 0 && counts.success > 0;
}

/**
 * True when any check got worse, even in a scenario that fails directly: one that fails in five
 * checks instead of four has lost something on the way too.
 */
export function isWorse(direct: Counts, through: Counts): boolean {
  return (
    through.success < direct.success ||
    through.failure > direct.failure ||
    through.warning > direct.warning
  );
}

/** A scenario missing from `through` is a regression. */
export function findRegressions(
  direct: readonly ScenarioResult[],
  through: readonly ScenarioResult[],
): Regression[] {
  const throughByName = new Map(through.map((result) => [result.scenario, result]));
  const regressions: Regression[] = [];
  for (const before of direct) {
    const after = throughByName.get(before.scenario) ?? missing(before);
    if (!isWorse(before, after)) continue;
    const known = new Set(before.complaints);
    regressions.push({
      scenario: before.scenario,
      direct: before,
      through: after,
      complaints: after.complaints.filter((complaint) => !known.has(complaint)),
    });
  }
  return regressions;
}

function missing(result: ScenarioResult): ScenarioResult {
  return {
    scenario: result.scenario,
    scored: result.scored,
    success: 0,
    warning: 0,
    failure: 1,
    skipped: 0,
    complaints: ['Not run'],
  };
}

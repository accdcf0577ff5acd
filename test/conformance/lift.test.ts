/**
 * Validation in front of a server that checks nothing makes the suite's scenarios about refusing
 * pass. One runtime here; `npm run conformance` shows all.
 */

import { describe, expect, it } from 'vitest';
import type { RouteName } from '../fixtures/mcp/routes.ts';
import { findMissingLifts, LIFT_SCENARIOS, type LiftResult, runLift } from './lift.ts';
import { renderLift } from './report.ts';

/** Both ways take about three seconds on an idle machine. */
const RUN_TIMEOUT_MS = 60_000;

function results(counts: Partial<LiftResult>): LiftResult[] {
  return LIFT_SCENARIOS.map(([scenario, revision]) => ({
    scenario,
    revision,
    scored: true,
    success: 2,
    warning: 0,
    failure: 0,
    skipped: 0,
    complaints: [],
    ...counts,
  }));
}

const failed = results({ success: 1, failure: 1, complaints: ['x: got 200'] });

describe('runLift', () => {
  it('finds every scenario failing directly and passing fully through weir on node', {
    timeout: RUN_TIMEOUT_MS,
  }, async () => {
    const direct = await runLift('direct');
    const through = await runLift('node');
    expect(findMissingLifts('node', direct, through)).toEqual([]);
  });
});

describe('findMissingLifts', () => {
  it('finds nothing where all fail directly and pass through weir', () => {
    expect(findMissingLifts('node', failed, results({}))).toEqual([]);
  });

  it.each([
    ['a failure', { failure: 1 }],
    ['a warning', { warning: 1 }],
    ['a check left out', { skipped: 1 }],
    ['no check at all', { success: 0 }],
  ])('takes %s through weir for no pass, and says what was objected to', (_, counts) => {
    const through = results({ ...counts, complaints: ['y: lost'] });
    const missing = findMissingLifts('deno', failed, through);
    expect(missing).toHaveLength(LIFT_SCENARIOS.length);
    expect(missing[0]).toMatch(/^2026-07-28 http-header-validation: .* deno .*\n {2}y: lost$/);
  });

  it('counts a scenario that passes directly, and one that was not run', () => {
    const count = LIFT_SCENARIOS.length;
    expect(findMissingLifts('node', results({}), results({}))).toHaveLength(count);
    expect(findMissingLifts('node', [], results({}))).toHaveLength(count);
    expect(findMissingLifts('node', failed, [])).toHaveLength(count);
  });
});

describe('renderLift', () => {
  it('shows the checks passed of all, a warning being none', () => {
    const table = renderLift(
      new Map<RouteName, LiftResult[]>([
        ['direct', results({ success: 4, warning: 5, failure: 5 })],
        ['node', results({}).slice(0, 1)],
      ]),
    ).split('\n');
    expect(table[0]).toMatch(/^What policies add +naive, direct {2}through node$/);
    expect(table[1]).toMatch(/^http-header-validation, 2026-07-28 +4\/14 +2\/2$/);
    expect(table[2]).toMatch(/ 4\/14 +not run$/);
  });
});

import { describe, expect, it } from 'vitest';
import type { RouteName } from '../fixtures/mcp/routes.ts';
import { findRegressions, isWorse, passes } from './compare.ts';
import { describeCounts, renderRegressions, renderTable } from './report.ts';
import { REVISIONS, requiredScenarios, type ScenarioResult } from './suite.ts';
import type { TargetResults } from './targets.ts';

function result(scenario: string, counts: Partial<ScenarioResult> = {}): ScenarioResult {
  return {
    scenario,
    scored: true,
    success: 2,
    warning: 0,
    failure: 0,
    skipped: 0,
    complaints: [],
    ...counts,
  };
}

describe('passes', () => {
  it('needs a success and no failure', () => {
    expect(passes(result('a'))).toBe(true);
    expect(passes(result('a', { success: 0 }))).toBe(false);
    expect(passes(result('a', { failure: 1 }))).toBe(false);
  });
});

describe('isWorse', () => {
  it('sees each kind of loss', () => {
    const direct = result('a', { success: 3, warning: 1, failure: 1 });
    expect(isWorse(direct, direct)).toBe(false);
    expect(isWorse(direct, { ...direct, success: 2 })).toBe(true);
    expect(isWorse(direct, { ...direct, warning: 2 })).toBe(true);
    expect(isWorse(direct, { ...direct, failure: 2 })).toBe(true);
    expect(isWorse(direct, { ...direct, success: 4, failure: 0 })).toBe(false);
  });
});

describe('findRegressions', () => {
  it('names only what got worse, with the complaints that are new', () => {
    const direct = [result('a'), result('b', { failure: 1, complaints: ['old'] })];
    const through = [result('a', { success: 1, failure: 1, complaints: ['new'] }), direct[1]!];
    expect(findRegressions(direct, through)).toMatchObject([
      { scenario: 'a', complaints: ['new'] },
    ]);
    const worse = [result('a'), result('b', { failure: 2, complaints: ['old', 'new'] })];
    expect(findRegressions(direct, worse)).toMatchObject([{ scenario: 'b', complaints: ['new'] }]);
  });

  it('counts a scenario that was not run as a regression', () => {
    expect(findRegressions([result('a')], [])).toMatchObject([
      { scenario: 'a', complaints: ['Not run'] },
    ]);
  });
});

describe('requiredScenarios', () => {
  it.each(REVISIONS)('reads the set of %s, scored scenarios first', (revision) => {
    const scenarios = [...requiredScenarios(revision)];
    const scored = scenarios.filter(([, isScored]) => isScored).map(([name]) => name);
    expect(scored).toContain('dns-rebinding-protection');
    expect(scored.length).toBe(revision === '2025-11-25' ? 30 : 37);
    expect(scenarios.length).toBeGreaterThan(scored.length);
  });
});

describe('renderTable', () => {
  it('marks what got worse and counts what is scored', () => {
    const direct: TargetResults = {
      '2025-11-25': [result('a'), result('b', { scored: false, success: 0, failure: 3 })],
      '2026-07-28': [],
    };
    const node: TargetResults = {
      '2025-11-25': [result('a', { success: 1, failure: 1, complaints: ['x: lost'] })],
      '2026-07-28': [],
    };
    const results = new Map<RouteName, TargetResults>([
      ['direct', direct],
      ['node', node],
    ]);
    expect(renderTable('2025-11-25', results).split('\n')).toEqual([
      '2025-11-25               direct       node',
      'a                        pass 2       FAIL 1 of 2, worse',
      'b (not scored)           FAIL 3 of 3  not run, worse',
      'scored scenarios passed  1 of 1       0 of 1',
    ]);
    expect(
      renderRegressions('2025-11-25', 'node', [direct['2025-11-25'][0]!], node['2025-11-25']),
    ).toBe('2025-11-25 a through node: FAIL 1 of 2, directly pass 2\n  x: lost');
  });

  it('tells apart nothing checked and passed with a warning', () => {
    expect(describeCounts(result('a', { success: 0 }))).toBe('none');
    expect(describeCounts(result('a', { warning: 1 }))).toBe('pass 2 (1 warn)');
  });
});

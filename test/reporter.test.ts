/** The closing line must be true: a run that failed never says `0 failed`. */

import { describe, expect, it } from 'vitest';
import { type CountedModule, closingLines, tally } from './reporter.ts';

function module(
  state: string,
  tests: readonly { fullName?: string; state: string; note?: string }[],
): CountedModule {
  return {
    state: () => state,
    children: {
      allTests: () =>
        tests.map(({ fullName = 'a test', ...result }) => ({ fullName, result: () => result })),
    },
  };
}

describe('tally', () => {
  it('counts tests over all modules', () => {
    const sum = tally(
      [
        module('passed', [{ state: 'passed' }, { state: 'passed' }]),
        module('failed', [{ state: 'failed' }, { state: 'passed' }]),
        module('skipped', [{ fullName: 'a > b', state: 'skipped', note: 'no kubectl' }]),
      ],
      0,
    );
    expect(sum).toEqual({
      passed: 3,
      failed: 1,
      skipped: [{ name: 'a > b', reason: 'no kubectl' }],
    });
  });

  it('counts a module that failed before any test as a failure', () => {
    expect(tally([module('failed', [])], 0).failed).toBe(1);
    expect(tally([module('failed', [{ state: 'passed' }])], 0).failed).toBe(1);
  });

  it('counts a failed test and its failed module once', () => {
    expect(tally([module('failed', [{ state: 'failed' }])], 0).failed).toBe(1);
  });

  it('counts errors outside tests as failures', () => {
    expect(tally([module('passed', [{ state: 'passed' }])], 2)).toMatchObject({
      passed: 1,
      failed: 2,
    });
  });

  it('does not count a test that never ran as passed', () => {
    const sum = tally([module('failed', [{ state: 'pending' }])], 0);
    expect(sum).toMatchObject({ passed: 0, failed: 1 });
    expect(sum.skipped[0]?.reason).toBe('did not run (pending)');
  });

  it('takes a skip’s reason from brackets at the end of its title', () => {
    const skips = module('passed', [
      { fullName: 'set > streams [Bun cannot]', state: 'skipped' },
      { fullName: 'set > silent', state: 'skipped' },
    ]);
    expect(tally([skips], 0).skipped).toEqual([
      { name: 'set > streams', reason: 'Bun cannot' },
      { name: 'set > silent', reason: 'no reason given' },
    ]);
  });
});

describe('closingLines', () => {
  it('is one line when nothing was skipped', () => {
    expect(closingLines({ passed: 12, failed: 0, skipped: [] })).toBe(
      '12 passed, 0 failed, 0 skipped',
    );
  });

  it('lists skips with their reasons, the count alone on the last line', () => {
    const skipped = [{ name: 'a > b', reason: 'no kubectl' }];
    const lines = closingLines({ passed: 1, failed: 2, skipped }).split('\n');
    expect(lines).toContain('  a > b: no kubectl');
    expect(lines.at(-1)).toBe('1 passed, 2 failed, 1 skipped');
  });
});

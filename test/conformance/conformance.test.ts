/**
 * The conformance suite straight and through weir on every runtime there is: nothing may come out
 * worse on the way, and what must pass directly does, or the comparison would prove nothing.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { whyUnavailable } from '../fixtures/mcp/routes.ts';
import { WEIR_RUNTIMES } from '../fixtures/weir-process.ts';
import { passes } from './compare.ts';
import { renderRegressions } from './report.ts';
import { REVISIONS } from './suite.ts';
import { confirmRegressions, runTarget, type TargetResults } from './targets.ts';

/** Extensions the fixture server does not implement; they fail the same way on every path. */
const NOT_IMPLEMENTED = /^tasks-/;
/** Bound of one way, both requirement sets; it takes about five seconds on an idle machine. */
const RUN_TIMEOUT_MS = 400_000;

let direct: TargetResults;
beforeAll(async () => {
  direct = await runTarget('direct');
}, RUN_TIMEOUT_MS);

describe.each(REVISIONS)('conformance %s, straight at the fixture server', (revision) => {
  it('passes every scenario, scored or not, of what the fixture implements', () => {
    const failing = direct[revision].filter((result) => !passes(result));
    expect(failing.filter(({ scenario }) => !NOT_IMPLEMENTED.test(scenario))).toEqual([]);
  });
});

describe.each(WEIR_RUNTIMES)('conformance through weir on %s', (runtime) => {
  it('loses no check of any scenario', { timeout: RUN_TIMEOUT_MS }, async ({ skip }) => {
    const reason = whyUnavailable(runtime);
    if (reason !== null) skip(reason);
    const first = await runTarget(runtime);
    const through = await confirmRegressions(runtime, direct, first);
    const regressions = REVISIONS.map((revision) =>
      renderRegressions(revision, runtime, direct[revision], through[revision]),
    );
    expect(regressions.filter((text) => text !== '')).toEqual([]);
  });
});

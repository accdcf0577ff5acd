/**
 * The suite's closing words: every skipped test with its reason, then one plain line that people
 * and scripts can read, alone and last: `N passed, N failed, N skipped`.
 *
 * @module
 */

import type { SerializedError } from 'vitest';
import {
  DefaultReporter,
  type TestCase,
  type TestModule,
  type TestRunEndReason,
} from 'vitest/node';

export interface Tally {
  passed: number;
  failed: number;
  /** Full names with the reason given to `skip(reason)`. */
  skipped: { name: string; reason: string }[];
}

/** What of a test module the tally reads; vitest's `TestModule` fits. */
export interface CountedModule {
  readonly children: { allTests(): Iterable<CountedTest> };
  state(): string;
}

export interface CountedTest {
  readonly fullName: string;
  result(): { state: string; note?: string | undefined };
}

/**
 * Counts what ran. A file that failed without a failed test in it (it did not load, or a hook
 * broke) counts as one failure, and so does every error outside a test: the line must never say
 * `0 failed` about a run that failed.
 */
export function tally(modules: Iterable<CountedModule>, errorsOutsideTests: number): Tally {
  const sum: Tally = { passed: 0, failed: errorsOutsideTests, skipped: [] };
  for (const module of modules) {
    let failedHere = 0;
    for (const test of module.children.allTests()) {
      const { state, note } = test.result();
      if (state === 'passed') sum.passed += 1;
      else if (state === 'failed') failedHere += 1;
      // A test that never got to run (its hook failed) stays pending: it is not a pass.
      else sum.skipped.push(describeSkip(test.fullName, state, note));
    }
    sum.failed += module.state() === 'failed' ? Math.max(failedHere, 1) : failedHere;
  }
  return sum;
}

/** The reason is the note given to `skip(reason)`, or stands in brackets at the end of the title. */
function describeSkip(
  fullName: string,
  state: string,
  note: string | undefined,
): { name: string; reason: string } {
  if (note !== undefined) return { name: fullName, reason: note };
  if (state !== 'skipped') return { name: fullName, reason: `did not run (${state})` };
  const [, name, reason] = /^(.*\S)\s*\[([^\]]+)\]$/s.exec(fullName) ?? [];
  if (name !== undefined && reason !== undefined) return { name, reason };
  return { name: fullName, reason: 'no reason given' };
}

/** The closing lines, without a newline at the end. */
export function closingLines({ passed, failed, skipped }: Tally): string {
  const list =
    skipped.length === 0
      ? []
      : ['Skipped:', ...skipped.map(({ name, reason }) => `  ${name}: ${reason}`), ''];
  return [...list, `${passed} passed, ${failed} failed, ${skipped.length} skipped`].join('\n');
}

/** Vitest's default reporter, followed by the closing lines. */
export default class ClosingReporter extends DefaultReporter {
  override onTestRunEnd(
    testModules: readonly TestModule[],
    unhandledErrors: readonly SerializedError[],
    reason: TestRunEndReason,
  ): void {
    super.onTestRunEnd(testModules, unhandledErrors, reason);
    const modules: readonly { children: { allTests(): Iterable<TestCase> }; state(): string }[] =
      testModules;
    this.ctx.logger.log(`\n${closingLines(tally(modules, unhandledErrors.length))}`);
  }
}

/**
 * Tests that need a program which this machine may lack.
 *
 * @module
 */

import { describe, it } from 'vitest';

/** Registers a set of tests, or one skipped test that says what is missing. */
export function describeWith(missing: string | null, title: string, register: () => void): void {
  if (missing === null) describe(title, register);
  else it.skip(`${title} [${missing}]`, () => {});
}

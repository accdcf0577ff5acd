/**
 * The files that take longest begin first: one that began last would keep a run waiting alone.
 *
 * Vitest sorts by what each file took the last time, which a fresh clone knows nothing about.
 *
 * @module
 */

import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Whatever takes twenty seconds or more by itself, the longest first. */
const LONGEST: readonly string[] = [
  'soak/soak',
  'contract/workers-option',
  'contract/attack-guarded-wire',
  'conformance/conformance',
  'real/everything',
  'otel/faults',
  'contract/live-page',
  'contract/traces',
  'runtime/client-certificates',
  'contract/tls',
].map((name) => `/test/${name}.test.ts`);

/** Where a file stands among the longest; all others come after them. */
function rank({ moduleId }: TestSpecification): number {
  const place = LONGEST.findIndex((path) => moduleId.endsWith(path));
  return place === -1 ? LONGEST.length : place;
}

export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

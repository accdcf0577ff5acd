/**
 * The envelope scanner and `JSON.parse` on the same bytes: prints one line of JSON. The large body
 * is a `tools/list` of 10 MB in chunks of 64 KiB, the small one the tool call of 120 bytes. The
 * best of many rounds counts: there is nothing here that could be faster than it is.
 *
 * @module
 */

import { TOOL_CALL_BODY, toolsListBody } from '../../test/protocol/jsonrpc/support/bodies.ts';
import type { Figures } from '../figures.ts';
import { ids, parse, scan } from '../scanner-readers.ts';

/** What is printed: figures by reader. */
export type ScannerReport = Readonly<Record<'scanner' | 'JSON.parse', Figures>>;

const LARGE_BODY_BYTES = 10_000_000;
const LARGE_ROUNDS = 12;
const SMALL_ROUNDS = 30;
const SMALL_CALLS = 5000;

/** Shortest time of one call, in milliseconds. */
function best(run: () => void, rounds: number, calls: number): number {
  let shortest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    for (let call = 0; call < calls; call++) run();
    shortest = Math.min(shortest, performance.now() - began);
  }
  return shortest / calls;
}

if (import.meta.main) {
  const { body } = toolsListBody(LARGE_BODY_BYTES);
  const report: Record<string, Figures> = {};
  const sums = new Set<number>();
  for (const [name, read] of [
    ['scanner', scan],
    ['JSON.parse', parse],
  ] as const) {
    ids.sum = 0;
    report[name] = {
      callMicroseconds: best(() => read(TOOL_CALL_BODY), SMALL_ROUNDS, SMALL_CALLS) * 1000,
      megabytesPerSecond: body.length / best(() => read(body), LARGE_ROUNDS, 1) / 1000,
    };
    sums.add(ids.sum);
  }
  if (sums.size !== 1) throw new Error('The readers disagree about the ids they read');
  console.log(JSON.stringify(report));
}

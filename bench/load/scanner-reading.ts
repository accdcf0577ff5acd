/**
 * The envelope scanner and `JSON.parse` on the same bytes: prints one line of JSON. The large body
 * is a `tools/list` of 10 MB in chunks of 64 KiB, the small one the tool call of 120 bytes. The
 * best of many rounds counts: there is nothing here that could be faster than it is.
 *
 * @module
 */

import { EnvelopeScanner } from '../../src/protocol/jsonrpc/scanner.ts';
import { TOOL_CALL_BODY, toolsListBody } from '../../test/protocol/jsonrpc/support/bodies.ts';
import type { Figures } from '../figures.ts';

/** What is printed: figures by reader. */
export type ScannerReport = Readonly<Record<'scanner' | 'JSON.parse', Figures>>;

const CHUNK_BYTES = 64 * 1024;
const LARGE_BODY_BYTES = 10_000_000;
const LARGE_ROUNDS = 12;
const SMALL_ROUNDS = 30;
const SMALL_CALLS = 5000;

let idSum = 0;
const scanner = new EnvelopeScanner({
  onMessage: ({ id }) => {
    idSum += Number(id);
  },
  onProblem: ({ reason, offset }) => {
    throw new Error(`A bench body was refused: ${reason} at byte ${offset}`);
  },
});
const decoder = new TextDecoder();

function scan(body: Uint8Array): void {
  scanner.reset();
  for (let from = 0; from < body.length; from += CHUNK_BYTES) {
    scanner.write(body.subarray(from, from + CHUNK_BYTES));
  }
  scanner.end();
}

function parse(body: Uint8Array): void {
  idSum += (JSON.parse(decoder.decode(body)) as { id: number }).id;
}

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
    idSum = 0;
    report[name] = {
      callMicroseconds: best(() => read(TOOL_CALL_BODY), SMALL_ROUNDS, SMALL_CALLS) * 1000,
      megabytesPerSecond: body.length / best(() => read(body), LARGE_ROUNDS, 1) / 1000,
    };
    sums.add(idSum);
  }
  if (sums.size !== 1) throw new Error('The readers disagree about the ids they read');
  console.log(JSON.stringify(report));
}

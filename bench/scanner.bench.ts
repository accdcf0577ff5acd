/**
 * The envelope scanner beside `JSON.parse`, on the same bytes in the same run:
 * `node bench/scanner.bench.ts`. Read the ratios: the absolute figures are the machine's.
 *
 * Every iteration reads anew, and what was read is added up and checked, so that no work can be
 * left out. The best of many rounds is shown.
 *
 * @module
 */

import {
  MODERN_TOOL_CALL_BODY,
  TOOL_CALL_BODY,
  toolsListBody,
} from '../test/protocol/jsonrpc/support/bodies.ts';
import { ids, parse, scan as scanChunks } from './scanner-readers.ts';

const LARGE_BODY_BYTES = 10_000_000;
const LARGE_ROUNDS = 20;
const SMALL_ROUNDS = 40;
const SMALL_CALLS_PER_ROUND = 5000;

/** Shortest time in milliseconds of one call, and what the calls added to `ids`. */
function measure(run: () => void, rounds: number, calls: number): { ms: number; ids: number } {
  ids.sum = 0;
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    for (let call = 0; call < calls; call++) run();
    best = Math.min(best, performance.now() - start);
  }
  return { ms: best / calls, ids: ids.sum };
}

function compare(name: string, body: Uint8Array, rounds: number, calls: number): void {
  const scan = measure(() => scanChunks(body), rounds, calls);
  const json = measure(() => parse(body), rounds, calls);
  if (scan.ids !== json.ids || scan.ids === 0) throw new Error(`${name}: the readers disagree`);
  const figure = (ms: number): string =>
    calls === 1
      ? `${(body.length / ms / 1000).toFixed(0)} MB/s`
      : `${(ms * 1000).toFixed(2)} µs (${(body.length / ms / 1000).toFixed(0)} MB/s)`;
  console.log(
    `${name.padEnd(34)} ${String(body.length).padStart(9)} B   scanner ${figure(scan.ms)}   ` +
      `JSON.parse ${figure(json.ms)}   ${(json.ms / scan.ms).toFixed(2)}x`,
  );
}

compare('tools/call', TOOL_CALL_BODY, SMALL_ROUNDS, SMALL_CALLS_PER_ROUND);
compare('tools/call with _meta', MODERN_TOOL_CALL_BODY, SMALL_ROUNDS, SMALL_CALLS_PER_ROUND);
const { body, toolCount } = toolsListBody(LARGE_BODY_BYTES);
compare(`tools/list of ${toolCount} in 64 KiB chunks`, body, LARGE_ROUNDS, 1);

/**
 * The access log of a whole weir on each runtime, read to its end.
 */

import { afterEach, beforeEach, expect, it } from 'vitest';
import { send } from '../fixtures/raw-client.ts';
import { RawUpstream } from '../fixtures/raw-upstream.ts';
import { startWeir, type WeirProcess } from '../fixtures/weir-process.ts';

const CALLS = 200;
const HEADERS: [string, string][] = [
  ['Content-Type', 'application/json'],
  ['Accept', 'application/json, text/event-stream'],
];

let upstream: RawUpstream;
let weir: WeirProcess | null = null;

beforeEach(async () => {
  upstream = await RawUpstream.start();
});
afterEach(async () => {
  await weir?.stop();
  weir = null;
  await upstream.stop();
});

it.each([
  ['node', 1],
  ['node', 3],
  ['bun', 1],
  ['bun', 2],
  ['deno', 1],
] as const)(
  'access log on %s with %d workers: one line for each call, the last ones included',
  async (runtime, workers) => {
    const args = workers === 1 ? [] : ['--workers', String(workers)];
    weir = await startWeir({ runtime, target: upstream.authority, args });
    const { url } = weir;
    const path = upstream.route((exchange) => exchange.respond({ body: '{}' }));
    await Promise.all(
      Array.from({ length: CALLS }, (_, i) =>
        send(url, {
          path,
          headers: HEADERS,
          body: `{"jsonrpc":"2.0","id":${i},"method":"tools/call","params":{"name":"t${i}"}}`,
        }),
      ),
    );
    await weir.stop();
    const tools = weir
      .output()
      .split('\n')
      .filter((line) => line.includes('"exchange"'))
      .map((line) => JSON.parse(line).tool);
    expect(tools).toHaveLength(CALLS);
    expect(new Set(tools).size).toBe(CALLS);
  },
);

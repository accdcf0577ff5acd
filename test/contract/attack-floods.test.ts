/**
 * Attacks on weir's memory and time: too much of everything, or too slowly. Whatever comes is
 * streamed or refused; nothing of it is kept, and others are served meanwhile.
 *
 * Further floods are elsewhere: decompression bombs in bad-input.test.ts, large bodies and many
 * streams in load.test.ts, slow readers in streaming.test.ts, oversized fields in framing.test.ts.
 *
 * @module
 */

import { beforeAll, expect } from 'vitest';
import { RawClient, send } from '../fixtures/raw-client.ts';
import { residentBytes } from '../fixtures/resident-memory.ts';
import { contract, pairFor, TEST_TIMEOUT_MS } from './harness.ts';
import { JSON_HEADERS, legacyCall, result } from './messages.ts';
import { expectNothingActive, expectTotal } from './metrics.ts';

const MEBIBYTE = 1024 * 1024;
/** What a runtime may add for its own buffers and garbage, well below any of the floods. */
const GROWTH_BOUND_BYTES = 64 * MEBIBYTE;
/** Runtimes that have not worked yet grow, by what they compile and by the garbage they let lie. */
const WARM_UP_MEBIBYTES = 100;

/** Bodies made of many pieces, too large to be kept by mistake. */
const BODIES: readonly (readonly [what: string, make: (tool: string) => Iterable<string>])[] = [
  [
    '100 MB of white space',
    function* (tool) {
      const space = ' \n\t\r'.repeat(64 * 1024);
      for (let sent = 0; sent < 100_000_000; sent += space.length) yield space;
      yield legacyCall(tool);
    },
  ],
  [
    'a million members',
    function* (tool) {
      yield '{';
      for (let from = 0; from < 1_000_000; from += 10_000) {
        yield Array.from({ length: 10_000 }, (_, index) => `"member${from + index}":0,`).join('');
      }
      yield legacyCall(tool).slice(1);
    },
  ],
  [
    'a million methods',
    function* (tool) {
      yield '{';
      for (let count = 0; count < 100; count++) yield '"method":"evil/flood",'.repeat(10_000);
      yield legacyCall(tool).slice(1);
    },
  ],
  [
    'five million brackets',
    function* () {
      for (let count = 0; count < 50; count++) yield '['.repeat(100_000);
    },
  ],
];

contract('A flood', (target) => {
  const pair = pairFor(target);
  const { test } = target;

  const serve = (): string =>
    pair.upstream.route(async (exchange) => {
      await exchange.body.ended();
      await exchange.respondJson(result());
    });

  const stream = async (path: string, pieces: Iterable<string>): Promise<number> => {
    const client = await RawClient.connect(pair.weir.url);
    const headers = [...JSON_HEADERS, ['Transfer-Encoding', 'chunked']] as const;
    await client.send({ path, headers, framing: 'none' });
    let sent = 0;
    for (const piece of pieces) {
      await client.writeChunk(piece);
      sent += piece.length;
    }
    await client.write('0\r\n\r\n');
    const response = await client.response();
    expect(response.status).toBe(200);
    await response.body.ended();
    client.close();
    return sent;
  };

  beforeAll(async () => {
    const mebibyte = 'x'.repeat(MEBIBYTE);
    await stream(serve(), Array<string>(WARM_UP_MEBIBYTES).fill(mebibyte));
  }, TEST_TIMEOUT_MS);

  for (const [what, make] of BODIES) {
    test(`of ${what} passes in flat memory`, async () => {
      const before = residentBytes(pair.weir.pid);
      let peak = before;
      const path = serve();
      const tool = `flood_${what.replaceAll(' ', '_')}`;
      const watched = function* (): Iterable<string> {
        for (const piece of make(tool)) {
          yield piece;
          peak = Math.max(peak, residentBytes(pair.weir.pid));
        }
      };
      const sent = await stream(path, watched());
      expect((await pair.upstream.request(path)).body.length).toBe(sent);
      expect(peak - before).toBeLessThan(GROWTH_BOUND_BYTES);
      // It was read to its end, and for what its last members say.
      if (what.endsWith('brackets')) {
        await expectTotal(pair.weir, 'weir_parse_problems_total', { reason: 'too_deep' }, 1);
      } else await expectTotal(pair.weir, 'mcp_tool_calls_total', { tool_name: tool }, 1);
    });
  }

  test('of fields is refused, or passes whole: no field is silently left out', async () => {
    for (const [name, count] of [
      ['a', 100],
      ['b', 1_000],
      ['c', 3_000],
      ['d', 30_000],
    ] as const) {
      const path = serve();
      const client = await RawClient.connect(pair.weir.url);
      client.expectAnswerTo('POST');
      await client.write(
        `POST ${path} HTTP/1.1\r\nHost: localhost\r\n${`${name}:\r\n`.repeat(count)}` +
          'Content-Length: 2\r\nX-Last: there\r\n\r\n{}',
      );
      const response = await client.response().catch(() => null);
      if (response?.status === 200) {
        expect((await pair.upstream.request(path)).head.get('x-last')).toBe('there');
      } else {
        expect(response?.status ?? 400).toBeGreaterThanOrEqual(400);
        expect(pair.upstream.count(path)).toBe(0);
      }
      client.close();
    }
  });

  test('of slow heads and slow bodies holds nobody up and costs little', async () => {
    const before = residentBytes(pair.weir.pid);
    const path = pair.upstream.route(() => {});
    const slow = await Promise.all(
      Array.from({ length: 300 }, async (_, index) => {
        const client = await RawClient.connect(pair.weir.url);
        const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\n`;
        // Two of three stop in the head, the last one in its body.
        await client.write(
          index % 3 === 0 ? `${head}Content-Length: 1000000\r\n\r\n{` : `${head}X-Slow: `,
        );
        return client;
      }),
    );
    const fast = serve();
    for (let round = 0; round < 20; round++) {
      const response = await send(pair.weir.url, { path: fast, body: legacyCall('fast') });
      expect(response.body.text()).toBe(result());
      // One byte from each of the slow ones, to look alive.
      for (const client of slow) void client.write('x');
    }
    expect(residentBytes(pair.weir.pid) - before).toBeLessThan(GROWTH_BOUND_BYTES);
    for (const client of slow) client.reset();
    await expectNothingActive(pair.weir);
  });

  test('of connections that never ask for anything holds nobody up', async () => {
    const idle = await Promise.all(
      Array.from({ length: 500 }, () => RawClient.connect(pair.weir.url)),
    );
    const response = await send(pair.weir.url, { path: serve(), body: legacyCall('fast') });
    expect(response.status).toBe(200);
    for (const client of idle) client.close();
  });
});

/**
 * Many streams and large bodies: everything arrives, memory stays within bounds, nothing is left.
 *
 * @module
 */

import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { RawClient } from '../fixtures/raw-client.ts';
import { residentBytes } from '../fixtures/resident-memory.ts';
import { eventually } from '../fixtures/wait.ts';
import { contract, pairFor } from './harness.ts';
import { event, JSON_HEADERS, modernCall, result } from './messages.ts';
import { expectNothingActive, expectTotal } from './metrics.ts';

const MEBIBYTE = 1024 * 1024;
const LARGE_BYTES = 50 * MEBIBYTE;
/** Below the size of the body, so that one copy held anywhere would show. */
const GROWTH_BOUND_BYTES = 160 * MEBIBYTE;

/** Concurrent streams; fewer where the runtime, not weir, is slow to open them. */
const STREAMS = { node: 1000, 'node-fetch': 500, deno: 500, bun: 300, workers: 200 } as const;
/** Opened at the same time, so that no listen queue overflows. */
const BURST = 50;

contract('Load', (target) => {
  const pair = pairFor(target);
  const { test } = target;

  test(`${STREAMS[target.runtime]} event streams at once open, carry and close`, async () => {
    const path = pair.upstream.route(async (exchange) => {
      await exchange.startEvents();
      await exchange.writeChunk(event(exchange.target));
    });
    const clients: RawClient[] = [];
    const count = STREAMS[target.runtime];
    for (let from = 0; from < count; from += BURST) {
      await Promise.all(
        Array.from({ length: Math.min(BURST, count - from) }, async (_, offset) => {
          const client = await RawClient.connect(pair.weir.url);
          clients.push(client);
          const name = `${path}?${from + offset}`;
          await client.send({ method: 'GET', path: name });
          const { body } = await client.response();
          await body.until((received) => received.text() === event(name), `the event of ${name}`);
        }),
      );
    }
    await expectTotal(pair.weir, 'mcp_sse_connections_active', {}, count);
    // One more event each shows that all of them are alive at the same time.
    for (const exchange of pair.upstream.exchanges) void exchange.writeChunk(event('again'));
    await Promise.all(
      clients.map(async (client) => {
        const { body } = await client.response();
        await body.until((received) => received.text().endsWith(event('again')), 'the last event');
      }),
    );
    // Half of the clients leave, half of the streams are ended by the upstream.
    const leaving = clients.filter((_, index) => index % 2 === 0);
    for (const client of leaving) target.leave(client);
    await eventually(() =>
      expect(pair.upstream.exchanges.filter(({ closed }) => closed).length).toBeGreaterThanOrEqual(
        leaving.length,
      ),
    );
    for (const exchange of pair.upstream.exchanges) {
      if (!exchange.closed) void exchange.endChunks();
    }
    for (const client of clients) {
      if (!leaving.includes(client)) await (await client.response()).body.ended();
      client.close();
    }
    await expectNothingActive(pair.weir);
    await eventually(() => expect(pair.upstream.unfinished).toBe(0));
    pair.upstream.forget();
  });

  for (const kind of ['events', 'json'] as const) {
    test(`a 50 MiB answer (${kind}) arrives intact in flat memory`, async () => {
      const chunk = Buffer.from(
        kind === 'events' ? event('e'.repeat(65_528)) : `"${'j'.repeat(65_533)}",`,
      );
      const pieces = LARGE_BYTES / chunk.length;
      const expected = createHash('sha256');
      const path = pair.upstream.route(async (exchange) => {
        await exchange.writeHead(200, [
          ['Content-Type', kind === 'events' ? 'text/event-stream' : 'application/json'],
          ['Transfer-Encoding', 'chunked'],
        ]);
        for (let index = 0; index < pieces; index++) {
          expected.update(chunk);
          await exchange.writeChunk(chunk);
        }
        await exchange.endChunks();
      });
      const watch = watchMemory(pair.weir.pid);
      const client = await RawClient.connect(pair.weir.url);
      await client.send({ path, headers: JSON_HEADERS, body: modernCall('large') });
      const response = await client.response();
      await response.body.ended();
      expect(response.body.digest()).toBe(expected.digest('hex'));
      expect(watch.growth()).toBeLessThan(GROWTH_BOUND_BYTES);
      client.close();
    });
  }

  for (const framing of ['fixed', 'chunked'] as const) {
    test(`a 50 MiB request (${framing}) arrives intact in flat memory`, async () => {
      const path = pair.upstream.route(async (exchange) => {
        await exchange.body.ended();
        await exchange.respondJson(result());
      });
      const chunk = Buffer.alloc(MEBIBYTE, 0x5a);
      const watch = watchMemory(pair.weir.pid);
      const client = await RawClient.connect(pair.weir.url);
      await client.send({
        path,
        headers: [
          ...JSON_HEADERS,
          framing === 'fixed'
            ? ['Content-Length', String(LARGE_BYTES)]
            : ['Transfer-Encoding', 'chunked'],
        ],
        framing: 'none',
      });
      const expected = createHash('sha256');
      for (let sent = 0; sent < LARGE_BYTES; sent += chunk.length) {
        expected.update(chunk);
        if (framing === 'fixed') await client.write(chunk);
        else await client.writeChunk(chunk);
      }
      if (framing === 'chunked') await client.write('0\r\n\r\n');
      const response = await client.response();
      await response.body.ended();
      const seen = await pair.upstream.request(path);
      expect(seen.body.length).toBe(LARGE_BYTES);
      expect(seen.body.digest()).toBe(expected.digest('hex'));
      expect(watch.growth()).toBeLessThan(GROWTH_BOUND_BYTES);
      client.close();
      await expectNothingActive(pair.weir);
    });
  }

  test('300 short calls over 30 connections all get their own answer', async () => {
    const path = pair.upstream.route(async (exchange) => {
      await exchange.body.ended();
      await exchange.respondJson(exchange.body.text());
    });
    await Promise.all(
      Array.from({ length: 30 }, async (_, lane) => {
        const client = await RawClient.connect(pair.weir.url);
        for (let index = 0; index < 10; index++) {
          const body = modernCall('short', String(lane * 100 + index));
          await client.send({ path, headers: JSON_HEADERS, body });
          const response = await client.response(index);
          await response.body.ended();
          expect(response.body.text()).toBe(body);
        }
        client.close();
      }),
    );
    await expectNothingActive(pair.weir);
  });
});

/** Samples the memory of a process until asked by how much it grew at most. */
function watchMemory(pid: number): { growth(): number } {
  const before = residentBytes(pid);
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, residentBytes(pid));
  }, 20);
  return {
    growth() {
      clearInterval(timer);
      return peak - before;
    },
  };
}

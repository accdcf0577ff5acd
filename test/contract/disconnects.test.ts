/**
 * The client goes away. Modern: closing the stream cancels the call, so the upstream hears of it at
 * once. Legacy: a broken POST is no cancellation, so the call may finish unheard; nothing leaks.
 *
 * @module
 */

import { afterEach, expect } from 'vitest';
import { RawClient } from '../fixtures/raw-client.ts';
import type { UpstreamExchange } from '../fixtures/raw-upstream.ts';
import { eventually, pause } from '../fixtures/wait.ts';
import { contract, pairFor } from './harness.ts';
import { event, JSON_HEADERS, legacyCall, modernCall, modernHeaders, result } from './messages.ts';
import { expectNothingActive } from './metrics.ts';

/** Long enough for a proxy that aborts to have done so; only used to see that it does not. */
const NOT_ABORTED_MS = 400;

contract('A client that goes away', (target) => {
  const pair = pairFor(target);
  const { test } = target;

  afterEach(async () => {
    await expectNothingActive(pair.weir);
    await eventually(() => expect(pair.upstream.unfinished).toBe(0));
    pair.upstream.forget();
  });

  const begin = async (
    body: string | undefined,
    answer: 'events' | 'json' | 'half-json' | 'nothing',
  ): Promise<[RawClient, UpstreamExchange]> => {
    const path = pair.upstream.route(async (exchange) => {
      if (answer === 'events') {
        await exchange.startEvents();
        await exchange.writeChunk(event('{"jsonrpc":"2.0","method":"notifications/progress"}'));
      } else if (answer === 'half-json') {
        await exchange.writeHead(200, [
          ['Content-Type', 'application/json'],
          ['Transfer-Encoding', 'chunked'],
        ]);
        await exchange.writeChunk('{"jsonrpc":"2.0",');
      }
    });
    const client = await RawClient.connect(pair.weir.url);
    const headers = body?.includes('2026-07-28') ? modernHeaders('tools/call', 'x') : JSON_HEADERS;
    await client.send(body === undefined ? { method: 'GET', path } : { path, headers, body });
    const exchange = await pair.upstream.request(path);
    if (answer === 'events' || answer === 'half-json') {
      const response = await client.response();
      await response.body.until((received) => received.length > 0, 'the first piece');
    }
    return [client, exchange];
  };

  for (const how of ['close', 'reset'] as const) {
    for (const [what, answer] of [
      ['an event stream', 'events'],
      ['half a JSON answer', 'half-json'],
      ['a pending answer', 'nothing'],
    ] as const) {
      test(
        `modern, in ${what}, by ${how}: the upstream request is aborted`,
        async () => {
          const [client, exchange] = await begin(modernCall('left'), answer);
          client[how]();
          await exchange.untilClosed();
        },
        ...(how === 'close' ? (['silent-close'] as const) : []),
      );
    }
  }

  test('modern, in subscriptions/listen: the upstream request is aborted', async () => {
    const [client, exchange] = await begin(
      modernCall('x').replace('tools/call', 'subscriptions/listen'),
      'events',
    );
    target.leave(client);
    await exchange.untilClosed();
  });

  for (const [what, answer] of [
    ['an event stream', 'events'],
    ['a pending answer', 'nothing'],
  ] as const) {
    test(`legacy, in ${what}: the call may finish, then nothing is left`, async () => {
      const [client, exchange] = await begin(legacyCall('left'), answer);
      target.leave(client);
      await pause(NOT_ABORTED_MS);
      expect(exchange.closed).toBe(false);
      if (answer === 'events') {
        await exchange.writeChunk(event(result()));
        await exchange.endChunks();
      } else {
        await exchange.respondJson(result());
      }
    });
  }

  test('legacy, in a GET stream: the upstream stream is closed', async () => {
    const [client, exchange] = await begin(undefined, 'events');
    target.leave(client);
    await exchange.untilClosed();
  });

  for (const framing of ['chunked', 'fixed'] as const) {
    for (const body of [modernCall('half'), legacyCall('half')]) {
      const era = body === legacyCall('half') ? 'legacy' : 'modern';
      test(`${era}, in mid-request (${framing}): the upstream request is aborted`, async () => {
        const path = pair.upstream.route(() => {});
        const client = await RawClient.connect(pair.weir.url);
        await client.send({
          path,
          headers: [
            ...JSON_HEADERS,
            framing === 'chunked' ? ['Transfer-Encoding', 'chunked'] : ['Content-Length', '500000'],
          ],
          framing: 'none',
        });
        if (framing === 'chunked') await client.writeChunk(body);
        else await client.write(body);
        const exchange = await pair.upstream.request(path);
        await exchange.body.until((received) => received.length === body.length, 'half the body');
        target.leave(client);
        await exchange.body.aborted();
      });
    }
  }

  test('in mid-request of a short body: the upstream is asked nothing, or aborted', async () => {
    const path = pair.upstream.route(() => {});
    const client = await RawClient.connect(pair.weir.url);
    await client.send({
      path,
      headers: [...JSON_HEADERS, ['Content-Length', '500']],
      framing: 'none',
    });
    await client.write(modernCall('short'));
    await pause(50);
    target.leave(client);
    await expectNothingActive(pair.weir);
    if (pair.upstream.count(path) > 0) await (await pair.upstream.request(path)).body.aborted();
  });

  test('before the request head is complete: nothing happens', async () => {
    const client = await RawClient.connect(pair.weir.url);
    await client.write('POST /never HTTP/1.1\r\nHost: loc');
    target.leave(client);
    const path = pair.upstream.route((exchange) => exchange.respond());
    const next = await RawClient.connect(pair.weir.url);
    await next.send({ path, body: '{}' });
    expect((await next.response()).status).toBe(200);
    expect(pair.upstream.count('/never')).toBe(0);
    next.close();
  });

  test('after a complete answer: the next client is served as ever', async () => {
    const path = pair.upstream.route((exchange) => exchange.respondJson(result()));
    for (let index = 0; index < 3; index++) {
      const client = await RawClient.connect(pair.weir.url);
      await client.send({ path, headers: JSON_HEADERS, body: modernCall('again') });
      await (await client.response()).body.ended();
      client.reset();
    }
    expect(pair.upstream.count(path)).toBe(3);
  });
});

/**
 * The deadlines, each by its name: none cuts what another one is about, and a slow client is never
 * taken for a silent upstream.
 *
 * @module
 */

import { afterAll, expect } from 'vitest';
import { RawClient, send } from '../fixtures/raw-client.ts';
import { pause } from '../fixtures/wait.ts';
import { contractAtOnce, pairFor } from './harness.ts';
import { event, JSON_HEADERS, legacyCall } from './messages.ts';
import { expectNothingActive } from './metrics.ts';
import { expectError, TIMEOUT } from './own-errors.ts';

/** So long that a busy machine does not hold anything up for the whole of it. */
const HEAD_MS = 1000;
const IDLE_MS = 1200;
const LONGER_THAN_BOTH_MS = 2000;
const TOTAL_MS = 2500;

contractAtOnce('The deadlines', (target) => {
  const pair = pairFor(target, {
    args: ['--timeout-response-head', `${HEAD_MS}ms`, '--timeout-idle-stream', `${IDLE_MS}ms`],
  });
  const { test } = target;
  afterAll(() => expectNothingActive(pair.weir));

  for (const id of ['1', '"1"', '9007199254740993']) {
    test(`no response head in time is a 504 that echoes the id ${id}`, async () => {
      const path = pair.upstream.route(() => {});
      const response = await send(pair.weir.url, {
        path,
        headers: JSON_HEADERS,
        body: legacyCall('x', id),
      });
      expectError(response, 504, TIMEOUT, id);
      await (await pair.upstream.request(path)).untilClosed();
    });
  }

  test('no response head in time for a GET is a 504 without an id', async () => {
    const path = pair.upstream.route(() => {});
    expectError(await send(pair.weir.url, { method: 'GET', path }), 504, TIMEOUT);
  });

  test('an idle stream breaks', async () => {
    const path = pair.upstream.route(async (exchange) => {
      await exchange.startEvents();
      await exchange.writeChunk(event('one'));
    });
    const client = await RawClient.connect(pair.weir.url);
    await client.send({ method: 'GET', path });
    const response = await client.response();
    await response.body.aborted();
    expect(response.body.text()).toBe(event('one'));
    await (await pair.upstream.request(path)).untilClosed();
  });

  test('a client that is slow to read is no silence of the upstream', async () => {
    const chunk = event('x'.repeat(65_528));
    const chunks = 300;
    const path = pair.upstream.route(async (exchange) => {
      await exchange.startEvents();
      await exchange.pump(chunks * chunk.length, () => Buffer.from(chunk));
      await exchange.endChunks();
    });
    const client = await RawClient.connect(pair.weir.url);
    await client.send({ method: 'GET', path });
    const response = await client.response();
    client.stopReading();
    await pause(LONGER_THAN_BOTH_MS);
    client.readOn();
    await response.body.ended();
    expect(response.body.length).toBe(chunks * chunk.length);
    client.close();
  });

  test('a request that is slow to arrive is no silence of the upstream', async () => {
    const path = pair.upstream.route(async (exchange) => {
      await exchange.body.ended();
      await exchange.respondJson('{"ok":1}');
    });
    const client = await RawClient.connect(pair.weir.url);
    await client.send({
      path,
      headers: [...JSON_HEADERS, ['Transfer-Encoding', 'chunked']],
      framing: 'none',
    });
    for (let index = 0; index < 10; index++) {
      await client.writeChunk(' ');
      await pause(LONGER_THAN_BOTH_MS / 10);
    }
    await client.write('0\r\n\r\n');
    const response = await client.response();
    expect(response.status).toBe(200);
    client.close();
  });

  test('a stream that keeps talking outlives both', async () => {
    const path = pair.upstream.route(async (exchange) => {
      await exchange.startEvents();
      for (let index = 0; index < 10; index++) {
        await exchange.writeChunk(': keep-alive\n\n');
        await pause(LONGER_THAN_BOTH_MS / 10);
      }
      await exchange.endChunks();
    });
    const response = await send(pair.weir.url, { method: 'GET', path });
    expect(response.body.complete).toBe(true);
  });
});

contractAtOnce('The total deadline', (target) => {
  const pair = pairFor(target, { args: ['--timeout-total', `${TOTAL_MS}ms`] });
  target.test('breaks a stream however much it talks', async () => {
    const path = pair.upstream.route(async (exchange) => {
      await exchange.startEvents();
      while (!exchange.closed) {
        await exchange.writeChunk(': keep-alive\n\n');
        await pause(50);
      }
    });
    const client = await RawClient.connect(pair.weir.url);
    await client.send({ method: 'GET', path });
    const response = await client.response();
    await response.body.aborted();
    await (await pair.upstream.request(path)).untilClosed();
    await expectNothingActive(pair.weir);
  });

  target.test('is a 504 before the response head', async () => {
    const path = pair.upstream.route(() => {});
    const response = await send(pair.weir.url, {
      path,
      headers: JSON_HEADERS,
      body: legacyCall('x'),
    });
    expectError(response, 504, TIMEOUT, '1');
  });
});

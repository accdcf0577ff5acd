/**
 * No buffering in either direction: what is produced arrives before more is produced, and what is
 * not read is not fetched.
 *
 * @module
 */

import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { RawClient, type RawResponse } from '../fixtures/raw-client.ts';
import { residentBytes } from '../fixtures/resident-memory.ts';
import { steady } from '../fixtures/wait.ts';
import { contract, pairFor } from './harness.ts';
import { event, JSON_HEADERS, legacyCall, modernCall, modernHeaders } from './messages.ts';
import { expectNothingActive } from './metrics.ts';

const MEBIBYTE = 1024 * 1024;
/** Offered to a reader that does not read. */
const OFFERED_BYTES = 200 * MEBIBYTE;
/** Socket buffers on both sides of weir and its own queues; far below what is offered. */
const TAKEN_BOUND_BYTES = 32 * MEBIBYTE;
const GROWTH_BOUND_BYTES = 96 * MEBIBYTE;

contract('Streaming', (target) => {
  const pair = pairFor(target);
  const { test } = target;

  const STREAMS = [
    ['GET', 'text/event-stream', undefined],
    ['POST', 'text/event-stream', legacyCall('streamed')],
    ['POST', 'text/event-stream; charset=utf-8', modernCall('streamed')],
    ['POST', 'application/json', legacyCall('chunked_json')],
    ['POST', 'application/octet-stream', 'raw'],
  ] as const;
  for (const [method, type, body] of STREAMS) {
    test(`each piece of a ${type} answer to ${method} arrives before the next is made`, async () => {
      const path = pair.upstream.route((exchange) =>
        exchange.writeHead(200, [
          ['Content-Type', type],
          ['Transfer-Encoding', 'chunked'],
        ]),
      );
      const client = await RawClient.connect(pair.weir.url);
      await client.send({
        method,
        path,
        headers: JSON_HEADERS,
        ...(body === undefined ? {} : { body }),
      });
      const exchange = await pair.upstream.request(path);
      let response: RawResponse | undefined;
      let expected = '';
      for (let index = 0; index < 5; index++) {
        const piece = type.startsWith('text/') ? event(`{"n":${index}}`) : `[${index}]`;
        expected += piece;
        await exchange.writeChunk(piece);
        response ??= await client.response();
        await response.body.until(
          (received) => received.length === expected.length,
          `piece ${index}`,
        );
      }
      await exchange.endChunks();
      await response?.body.ended();
      expect(response?.body.text()).toBe(expected);
      client.close();
      await expectNothingActive(pair.weir);
    });
  }

  for (const [method, body] of [
    ['GET', undefined],
    ['POST', modernCall('silent')],
  ] as const) {
    test(`the head of a stream that stays silent arrives (${method})`, async () => {
      const path = pair.upstream.route((exchange) => exchange.startEvents());
      const client = await RawClient.connect(pair.weir.url);
      await client.send({
        method,
        path,
        headers: JSON_HEADERS,
        ...(body === undefined ? {} : { body }),
      });
      expect((await client.response()).status).toBe(200);
      target.leave(client);
      await (await pair.upstream.request(path)).untilClosed();
    });
  }

  test('half an event passes without waiting for its other half', async () => {
    const path = pair.upstream.route((exchange) => exchange.startEvents());
    const client = await RawClient.connect(pair.weir.url);
    await client.send({ method: 'GET', path });
    const exchange = await pair.upstream.request(path);
    // The very first event of a GET stream may be held until it is known to be no endpoint event.
    await exchange.writeChunk(event('first'));
    const response = await client.response();
    let length = event('first').length;
    await response.body.until((body) => body.length === length, 'the first event');
    for (const piece of ['dat', 'a: {"a"', '\xf0\x9f', ':1}\r', '\n', '\r\n']) {
      const bytes = Buffer.from(piece, 'latin1');
      length += bytes.length;
      await exchange.writeChunk(bytes);
      await response.body.until((body) => body.length === length, `the piece ${piece}`);
    }
    target.leave(client);
    await exchange.untilClosed();
  });

  for (const kind of ['unreadable', 'modern', 'legacy'] as const) {
    test(`request pieces reach the upstream before the request ends (${kind})`, async () => {
      const path = pair.upstream.route(async (exchange) => {
        await exchange.body.ended();
        await exchange.respondJson('{}');
      });
      const text =
        kind === 'modern'
          ? modernCall('up')
          : kind === 'legacy'
            ? legacyCall('up')
            : '<'.repeat(300);
      const client = await RawClient.connect(pair.weir.url);
      await client.send({
        path,
        headers: [...modernHeaders('tools/call', 'up'), ['Transfer-Encoding', 'chunked']],
        framing: 'none',
      });
      let sent = 0;
      for (const size of [20, 1, 50, 7]) {
        await client.writeChunk(text.slice(sent, sent + size));
        sent += size;
        const { body } = await pair.upstream.request(path);
        await body.until((received) => received.length === sent, `${sent} bytes`);
      }
      await client.writeChunk(text.slice(sent));
      await client.write('0\r\n\r\n');
      const response = await client.response();
      await response.body.ended();
      expect((await pair.upstream.request(path)).body.text()).toBe(text);
      client.close();
    });
  }

  test('an answer may begin before the request has ended', async () => {
    const path = pair.upstream.route(async (exchange) => {
      await exchange.startEvents();
      await exchange.writeChunk(event('early'));
    });
    const client = await RawClient.connect(pair.weir.url);
    await client.send({ path, headers: [['Transfer-Encoding', 'chunked']], framing: 'none' });
    await client.writeChunk('first');
    const response = await client.response();
    await response.body.until((body) => body.length > 0, 'the early event');
    await client.writeChunk('second');
    await client.write('0\r\n\r\n');
    const exchange = await pair.upstream.request(path);
    await exchange.body.ended();
    expect(exchange.body.text()).toBe('firstsecond');
    await exchange.endChunks();
    await response.body.ended();
    client.close();
  });

  for (const type of ['text/event-stream', 'application/json'] as const) {
    test(`a client that stops reading stops a ${type} upstream, in flat memory`, async () => {
      const chunk = Buffer.from(
        type === 'application/json' ? `"${'j'.repeat(65_533)}",` : event('s'.repeat(65_528)),
      );
      const path = pair.upstream.route(async (exchange) => {
        await exchange.writeHead(200, [
          ['Content-Type', type],
          ['Transfer-Encoding', 'chunked'],
        ]);
        await exchange.pump(OFFERED_BYTES, () => chunk);
      });
      const before = residentBytes(pair.weir.pid);
      const client = await RawClient.connect(pair.weir.url);
      await client.send({ method: 'GET', path });
      const response = await client.response();
      client.stopReading();
      const exchange = await pair.upstream.request(path);
      const taken = await steady(() => exchange.acceptedBytes);
      expect(taken).toBeLessThan(TAKEN_BOUND_BYTES);
      expect(residentBytes(pair.weir.pid) - before).toBeLessThan(GROWTH_BOUND_BYTES);
      // Reading on brings more, so it was back-pressure and not a stall.
      client.readOn();
      await response.body.until((body) => body.length > taken + 4 * MEBIBYTE, 'more bytes');
      client.close();
      await exchange.untilClosed();
      await expectNothingActive(pair.weir);
    });
  }

  test('an upstream that stops reading stops the client, in flat memory', async () => {
    const path = pair.upstream.route((exchange) => {
      exchange.socket.pause();
    });
    const before = residentBytes(pair.weir.pid);
    const client = await RawClient.connect(pair.weir.url);
    await client.send({ path, headers: [['Transfer-Encoding', 'chunked']], framing: 'none' });
    await client.writeChunk('x');
    const exchange = await pair.upstream.request(path);
    const chunk = Buffer.alloc(64 * 1024, 0x78);
    let stopped = false;
    void (async () => {
      for (let sent = 0; sent < OFFERED_BYTES && !stopped; sent += chunk.length) {
        await client.writeChunk(chunk);
      }
    })();
    const taken = await steady(() => client.socket.bytesWritten - client.socket.writableLength);
    expect(taken).toBeLessThan(TAKEN_BOUND_BYTES);
    expect(residentBytes(pair.weir.pid) - before).toBeLessThan(GROWTH_BOUND_BYTES);
    exchange.socket.resume();
    await exchange.body.until((body) => body.length > taken + 4 * MEBIBYTE, 'more bytes');
    stopped = true;
    client.close();
    await exchange.body.aborted();
    await expectNothingActive(pair.weir);
  });

  test('a slow reader gets everything intact', async () => {
    const chunks = 400;
    const expected = createHash('sha256');
    const path = pair.upstream.route(async (exchange) => {
      await exchange.startEvents();
      for (let index = 0; index < chunks; index++) {
        const piece = event(String(index).repeat(4000));
        expected.update(piece);
        await exchange.writeChunk(piece);
      }
      await exchange.endChunks();
    });
    const client = await RawClient.connect(pair.weir.url);
    await client.send({ method: 'GET', path });
    const response = await client.response();
    const dawdle = setInterval(() => {
      client.stopReading();
      setTimeout(() => client.readOn(), 15);
    }, 30);
    await response.body.ended();
    clearInterval(dawdle);
    expect(response.body.digest()).toBe(expected.digest('hex'));
    client.close();
  });
});

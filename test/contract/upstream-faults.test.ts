/**
 * The upstream fails. Before its response head: 502 or 504 with a JSON-RPC error that echoes the
 * request's id as it was written. After it: the client's stream breaks, it never ends cleanly.
 *
 * @module
 */

import { afterEach, beforeAll, expect } from 'vitest';
import type { HeaderList } from '../fixtures/http-message.ts';
import { RawClient, send } from '../fixtures/raw-client.ts';
import { RawUpstream } from '../fixtures/raw-upstream.ts';
import { eventually } from '../fixtures/wait.ts';
import type { WeirProcess } from '../fixtures/weir-process.ts';
import { contract, pairFor } from './harness.ts';
import { event, JSON_HEADERS, legacyCall, modernCall, modernHeaders } from './messages.ts';
import { expectNothingActive } from './metrics.ts';
import { ABORTED, expectError, UNREACHABLE } from './own-errors.ts';

/** Raw id tokens and how they must come back. */
const IDS = ['1', '"1"', '9007199254740993', '-7', '"\\u00fc\\"x"', '"grün"'];

const FRAMINGS: Readonly<Record<'chunked' | 'fixed' | 'close', HeaderList>> = {
  chunked: [['Transfer-Encoding', 'chunked']],
  // Long enough that weir does not wait for the whole of it.
  fixed: [['Content-Length', '900000']],
  close: [],
};

contract('An upstream nobody listens at', (target) => {
  const { test } = target;
  let weir: WeirProcess;
  beforeAll(async () => {
    const gone = await RawUpstream.start();
    await gone.stop();
    weir = await target.start({ target: gone.authority });
  });

  for (const id of IDS) {
    test(`is a 502 that echoes the id ${id}`, async () => {
      const response = await send(weir.url, {
        path: '/mcp',
        headers: JSON_HEADERS,
        body: legacyCall('x', id),
      });
      expectError(response, 502, UNREACHABLE, id);
    });
  }

  test('is a 502 without an id when there is none to read', async () => {
    const bodies = [
      'not json',
      '',
      '{"jsonrpc":"2.0","method":"notifications/x"}',
      `[${legacyCall('a')},${legacyCall('b', '2')}]`,
    ];
    for (const body of bodies) {
      const response = await send(weir.url, { path: '/mcp', headers: JSON_HEADERS, body });
      expectError(response, 502, UNREACHABLE);
    }
    expectError(await send(weir.url, { method: 'GET', path: '/mcp' }), 502, UNREACHABLE);
    expectError(await send(weir.url, { method: 'DELETE', path: '/mcp' }), 502, UNREACHABLE);
  });

  test('keeps server/discover at a 5xx, which does not downgrade the client', async () => {
    const response = await send(weir.url, {
      path: '/mcp',
      headers: modernHeaders('server/discover'),
      body: modernCall('x', '"d"').replace('tools/call', 'server/discover'),
    });
    expectError(response, 502, UNREACHABLE, '"d"');
  });

  test('costs the client neither its connection nor a large request', async () => {
    const client = await RawClient.connect(weir.url);
    await client.send({ path: '/mcp', headers: JSON_HEADERS, body: legacyCall('x', '5') });
    const response = await client.response();
    await response.body.ended();
    client.close();
    const large = await send(weir.url, {
      path: '/mcp',
      headers: JSON_HEADERS,
      body: legacyCall('x'.repeat(50_000), '6'),
    });
    expectError(large, 502, UNREACHABLE, '6');
    await expectNothingActive(weir);
  });
});

contract('An upstream that breaks off', (target) => {
  const pair = pairFor(target);
  const { test } = target;
  afterEach(async () => {
    await expectNothingActive(pair.weir);
    await eventually(() => expect(pair.upstream.unfinished).toBe(0));
  });

  for (const how of ['reset', 'hangUp'] as const) {
    test(`before its head (${how}) is a 502`, async () => {
      const path = pair.upstream.route((exchange) => exchange[how]());
      const response = await send(pair.weir.url, {
        path,
        headers: JSON_HEADERS,
        body: legacyCall('x', '"a"'),
      });
      expect([UNREACHABLE, ABORTED]).toContain(
        (JSON.parse(response.body.text()) as { error: { code: number } }).error.code,
      );
      expect(response.status).toBe(502);
      expect(response.body.text()).toContain('"id":"a"');
      // A POST may have been executed: it must not be sent twice.
      expect(pair.upstream.count(path)).toBe(1);
    });

    for (const type of ['application/json', 'text/event-stream'] as const) {
      for (const connection of ['keep-alive', 'close']) {
        for (const framing of ['chunked', 'fixed', 'close'] as const) {
          // Without any other framing the end of the connection is the end of the answer.
          if (framing === 'close' && (how === 'hangUp' || connection === 'keep-alive')) continue;
          test(`in mid-${type} (${framing}, Connection: ${connection}, ${how}) breaks the client's stream`, async () => {
            const piece = type === 'application/json' ? '{"jsonrpc":"2.0","id":1,' : event('one');
            const path = pair.upstream.route(async (exchange) => {
              await exchange.writeHead(200, [
                ['Content-Type', type],
                ['Connection', connection],
                ...FRAMINGS[framing],
              ]);
              if (framing === 'chunked') await exchange.writeChunk(piece);
              else await exchange.write(piece);
            });
            const client = await RawClient.connect(pair.weir.url);
            await client.send({ path, headers: JSON_HEADERS, body: modernCall('x') });
            const response = await client.response();
            await response.body.until((body) => body.length === piece.length, 'the first piece');
            (await pair.upstream.request(path))[how]();
            await response.body.aborted();
          });
        }
      }
    }
  }

  test('in a short fixed-length answer is a 502 or a broken one, never a clean end', async () => {
    const path = pair.upstream.route(async (exchange) => {
      await exchange.write(
        'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"json',
      );
      exchange.hangUp();
    });
    const client = await RawClient.connect(pair.weir.url);
    await client.send({ path, headers: JSON_HEADERS, body: legacyCall('x') });
    const response = await client.response();
    if (response.status === 502) {
      await response.body.ended();
      expectError(response, 502, ABORTED, '1');
    } else {
      await response.body.aborted();
    }
    client.close();
  });

  const GARBAGE: readonly [what: string, bytes: string][] = [
    ['no HTTP at all', 'SSH-2.0-OpenSSH_9.9\r\n\r\n'],
    ['conflicting lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['a broken head', 'HTTP/1.1 200 OK\r\nno colon here\r\n\r\n'],
    ['an endless head', `HTTP/1.1 200 OK\r\nX-Long: ${'x'.repeat(2_000_000)}\r\n\r\n`],
  ];
  for (const [what, bytes] of GARBAGE) {
    test(`with ${what} instead of an answer is a 502`, async () => {
      const path = pair.upstream.route(async (exchange) => {
        await exchange.write(bytes);
        exchange.hangUp();
      });
      const response = await send(pair.weir.url, {
        path,
        headers: JSON_HEADERS,
        body: legacyCall('x'),
      });
      expect(response.status).toBe(502);
      expect(response.body.text()).toContain('"id":1');
    });
  }

  test("with a broken chunk size breaks the client's stream", async () => {
    const path = pair.upstream.route(async (exchange) => {
      await exchange.startEvents();
      await exchange.writeChunk(event('one'));
    });
    const client = await RawClient.connect(pair.weir.url);
    await client.send({ method: 'GET', path });
    const response = await client.response();
    await response.body.until((body) => body.length > 0, 'the first event');
    await (await pair.upstream.request(path)).write('zz\r\nrubbish\r\n');
    await response.body.aborted();
  });

  test('by refusing a large request before its end still has its refusal heard', async () => {
    const path = pair.upstream.route((exchange) =>
      exchange.respond({ status: 413, body: 'too large', framing: 'close' }),
    );
    const client = await RawClient.connect(pair.weir.url);
    await client.send({
      path,
      headers: [...JSON_HEADERS, ['Content-Length', '4000000']],
      framing: 'none',
    });
    await client.write(Buffer.alloc(500_000, 0x20));
    const response = await client.response();
    expect(response.status).toBe(413);
    await response.body.ended();
    expect(response.body.text()).toBe('too large');
    client.close();
  });

  test('on an idle connection costs the next request nothing', async () => {
    const path = pair.upstream.route((exchange) => exchange.respondJson('{"ok":1}'));
    for (let round = 0; round < 5; round++) {
      const response = await send(pair.weir.url, { path, headers: JSON_HEADERS, body: '{}' });
      expect(response.status).toBe(200);
      for (const exchange of pair.upstream.exchanges) exchange.hangUp();
      await eventually(() =>
        expect(pair.upstream.exchanges.every((exchange) => exchange.closed)).toBe(true),
      );
    }
  });
});

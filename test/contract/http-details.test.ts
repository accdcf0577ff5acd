/**
 * The corners of HTTP that a hop must get right: interim responses, codings, trailers, upgrades.
 *
 * @module
 */

import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { RawClient, type RawResponse, send } from '../fixtures/raw-client.ts';
import { contract, pairFor } from './harness.ts';
import { event, JSON_HEADERS, legacyCall, modernCall, result } from './messages.ts';
import { expectNothingActive, expectTotal } from './metrics.ts';
import { UPGRADE } from './own-errors.ts';

contract('HTTP details', (target) => {
  const pair = pairFor(target);
  const { test } = target;

  test('Expect: 100-continue is answered here, and the body then goes up', async () => {
    const body = legacyCall('expected');
    const path = pair.upstream.route(async (exchange) => {
      await exchange.body.ended();
      await exchange.respondJson(result());
    });
    const client = await RawClient.connect(pair.weir.url);
    await client.send({
      path,
      headers: [
        ...JSON_HEADERS,
        ['Expect', '100-continue'],
        ['Content-Length', String(body.length)],
      ],
      framing: 'none',
    });
    const interim = await client.interimResponse();
    expect(interim.startLine).toMatch(/^HTTP\/1\.1 100/);
    await client.write(body);
    const response = await client.response();
    await response.body.ended();
    expect(response.body.text()).toBe(result());
    const seen = await pair.upstream.request(path);
    expect(seen.body.text()).toBe(body);
    expect(seen.head.has('expect')).toBe(false);
    client.close();
  });

  test('a client that expects 100-continue but does not wait is served too', async () => {
    const path = pair.upstream.route((exchange) => exchange.respondJson(result()));
    const response = await send(pair.weir.url, {
      path,
      headers: [...JSON_HEADERS, ['Expect', '100-continue']],
      body: legacyCall('impatient'),
    });
    expect(response.status).toBe(200);
    expect((await pair.upstream.request(path)).body.text()).toBe(legacyCall('impatient'));
  });

  const CODINGS = [
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ] as const;
  for (const [coding, compress] of CODINGS) {
    test(
      `a ${coding} answer passes as it is, in one piece and chunked`,
      async () => {
        const body = compress(
          `{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"${'a'.repeat(5000)}"}],"isError":true}}`,
        );
        for (const framing of ['fixed', 'chunked'] as const) {
          const path = pair.upstream.route((exchange) =>
            exchange.respond({
              headers: [
                ['Content-Type', 'application/json'],
                ['Content-Encoding', coding],
              ],
              framing,
              body,
            }),
          );
          const response = await send(pair.weir.url, {
            path,
            headers: [...JSON_HEADERS, ['Accept-Encoding', coding]],
            body: legacyCall(`coded_${coding}`),
          });
          expect(response.head.get('content-encoding')).toBe(coding);
          expect(response.body.bytes().equals(body)).toBe(true);
          if (framing === 'fixed') {
            expect(response.head.get('content-length') ?? String(body.length)).toBe(
              String(body.length),
            );
          }
        }
      },
      'coded-answers',
    );
  }

  test('a coding weir does not know passes as it is', async () => {
    const path = pair.upstream.route((exchange) =>
      exchange.respond({
        headers: [
          ['Content-Type', 'application/json'],
          ['Content-Encoding', 'x-acme'],
        ],
        body: Buffer.from([1, 2, 3, 255]),
      }),
    );
    const response = await send(pair.weir.url, { path, headers: JSON_HEADERS, body: '{}' });
    expect(response.head.get('content-encoding')).toBe('x-acme');
    expect([...response.body.bytes()]).toEqual([1, 2, 3, 255]);
  });

  test(
    'an answer that only claims to be compressed passes as it is',
    async () => {
      const path = pair.upstream.route((exchange) =>
        exchange.respond({
          headers: [
            ['Content-Type', 'application/json'],
            ['Content-Encoding', 'gzip'],
          ],
          body: 'not gzip at all',
        }),
      );
      const response = await send(pair.weir.url, {
        path,
        headers: [...JSON_HEADERS, ['Accept-Encoding', 'gzip']],
        body: legacyCall('claims'),
      });
      expect(response.body.text()).toBe('not gzip at all');
    },
    'coded-answers',
  );

  test('the error inside a gzip answer is counted', async () => {
    const path = pair.upstream.route((exchange) =>
      exchange.respond({
        headers: [
          ['Content-Type', 'application/json'],
          ['Content-Encoding', 'gzip'],
        ],
        body: gzipSync('{"jsonrpc":"2.0","id":1,"error":{"code":4242,"message":"m"}}'),
      }),
    );
    await send(pair.weir.url, {
      path,
      headers: [...JSON_HEADERS, ['Accept-Encoding', 'gzip']],
      body: legacyCall('coded'),
    });
    await expectTotal(pair.weir, 'mcp_request_errors_total', { error_code: '4242' }, 1);
  });

  test('a gzip request passes as it is and is counted', async () => {
    const body = gzipSync(legacyCall('zipped_tool'));
    const path = pair.upstream.route((exchange) => exchange.respondJson(result()));
    await send(pair.weir.url, {
      path,
      headers: [...JSON_HEADERS, ['Content-Encoding', 'gzip']],
      body,
    });
    const seen = await pair.upstream.request(path);
    expect(seen.head.get('content-encoding')).toBe('gzip');
    expect(seen.body.bytes().equals(body)).toBe(true);
    await expectTotal(pair.weir, 'mcp_tool_calls_total', { tool_name: 'zipped_tool' }, 1);
  });

  test(
    'a compressed event stream still streams',
    async () => {
      const path = pair.upstream.route((exchange) =>
        exchange.startEvents([['Content-Encoding', 'gzip']]),
      );
      const client = await RawClient.connect(pair.weir.url);
      await client.send({ method: 'GET', path, headers: [['Accept-Encoding', 'gzip']] });
      const exchange = await pair.upstream.request(path);
      let response: RawResponse | undefined;
      let length = 0;
      // Each member of a gzip stream is complete by itself, so each can be told apart.
      for (let index = 0; index < 3; index++) {
        const piece = gzipSync(event(`{"n":${index}}`));
        length += piece.length;
        await exchange.writeChunk(piece);
        response ??= await client.response();
        await response.body.until((body) => body.length === length, `piece ${index}`);
      }
      await exchange.endChunks();
      await response?.body.ended();
      client.close();
      await expectNothingActive(pair.weir);
    },
    'coded-answers',
  );

  test('trailers of an answer are dropped', async () => {
    const path = pair.upstream.route(async (exchange) => {
      await exchange.writeHead(200, [
        ['Trailer', 'X-Checksum'],
        ['Transfer-Encoding', 'chunked'],
      ]);
      await exchange.writeChunk('abc');
      await exchange.endChunks([['X-Checksum', '1']]);
    });
    const response = await send(pair.weir.url, { method: 'GET', path });
    expect(response.body.text()).toBe('abc');
    expect(response.trailers).toBe('');
    expect(response.head.has('trailer')).toBe(false);
  });

  test(
    'trailers of a request are dropped',
    async () => {
      const path = pair.upstream.route(async (exchange) => {
        await exchange.body.ended();
        await exchange.respondJson(result());
      });
      const client = await RawClient.connect(pair.weir.url);
      await client.send({
        path,
        headers: [
          ['Trailer', 'X-Sum'],
          ['Transfer-Encoding', 'chunked'],
        ],
        framing: 'none',
      });
      await client.writeChunk('up');
      await client.write('0\r\nX-Sum: 1\r\n\r\n');
      const response = await client.response();
      await response.body.ended();
      expect(response.body.text()).toBe(result());
      const seen = await pair.upstream.request(path);
      expect(seen.body.text()).toBe('up');
      expect(seen.head.has('trailer')).toBe(false);
      client.close();
    },
    'request-trailers',
  );

  const INTERIM = [
    ['102 and 103', [102, 103], []],
    ['100, though nobody asked for it,', [100], ['unasked-continue'] as const],
  ] as const;
  for (const [what, statuses, gaps] of INTERIM) {
    test(
      `an interim ${what} of the upstream is swallowed`,
      async () => {
        const path = pair.upstream.route(async (exchange) => {
          for (const status of statuses) {
            await exchange.writeHead(status, [['Link', '</x>; rel=preload']]);
          }
          await exchange.respondJson(result());
        });
        const client = await RawClient.connect(pair.weir.url);
        await client.send({ path, headers: JSON_HEADERS, body: legacyCall('interim') });
        const response = await client.response();
        await response.body.ended();
        expect(response.body.text()).toBe(result());
        expect(client.interim).toEqual([]);
        client.close();
      },
      ...gaps,
    );
  }

  test('an upgrade is a 501 and never asks the upstream', async () => {
    const path = pair.upstream.route((exchange) => exchange.respond());
    const client = await RawClient.connect(pair.weir.url);
    await client.send({
      method: 'GET',
      path,
      headers: [
        ['Connection', 'Upgrade'],
        ['Upgrade', 'websocket'],
        ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
        ['Sec-WebSocket-Version', '13'],
      ],
    });
    const response = await client.response();
    await response.body.ended();
    expect(response.status).toBe(501);
    expect(JSON.parse(response.body.text())).toMatchObject({
      jsonrpc: '2.0',
      error: { code: UPGRADE },
    });
    expect(pair.upstream.count(path)).toBe(0);
    client.close();
    await expectNothingActive(pair.weir);
  });

  test('HTTP/1.0 clients are served and their connection is closed', async () => {
    const path = pair.upstream.route((exchange) =>
      exchange.respond({ framing: 'chunked', body: 'answer' }),
    );
    const client = await RawClient.connect(pair.weir.url);
    client.expectAnswerTo('GET');
    await client.write(`GET ${path} HTTP/1.0\r\nHost: localhost\r\n\r\n`);
    const response = await client.response();
    await response.body.ended();
    expect(response.body.text()).toBe('answer');
    expect(response.head.has('transfer-encoding')).toBe(false);
    await client.untilClosed();
  });

  test('an answer to the last request of a connection says that it is the last', async () => {
    const path = pair.upstream.route((exchange) => exchange.respondJson(result()));
    const client = await RawClient.connect(pair.weir.url);
    await client.send({
      path,
      headers: [...JSON_HEADERS, ['Connection', 'Close']],
      body: legacyCall('last'),
    });
    const response = await client.response();
    await response.body.ended();
    expect(response.body.text()).toBe(result());
    expect(response.head.get('connection')).toBe('close');
    expect(await client.untilClosed()).toBe('end');
  });

  test(
    'pipelined requests are answered in order',
    async () => {
      const path = pair.upstream.route(async (exchange) => {
        await exchange.body.ended();
        await exchange.respondJson(exchange.body.text());
      });
      const client = await RawClient.connect(pair.weir.url);
      for (let index = 0; index < 4; index++) {
        await client.send({
          path,
          headers: JSON_HEADERS,
          body: modernCall('piped', String(index)),
        });
      }
      for (let index = 0; index < 4; index++) {
        const response = await client.response(index);
        await response.body.ended();
        expect(response.body.text()).toBe(modernCall('piped', String(index)));
      }
      client.close();
    },
    'pipelining',
  );
});

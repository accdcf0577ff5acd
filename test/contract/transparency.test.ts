/**
 * What goes in comes out: method, path, status, header fields and body bytes, both ways.
 *
 * @module
 */

import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect } from 'vitest';
import type { HeaderList } from '../fixtures/http-message.ts';
import { RawClient, send } from '../fixtures/raw-client.ts';
import { contract, pairFor } from './harness.ts';
import { JSON_HEADERS } from './messages.ts';

const MEBIBYTE = 1024 * 1024;

/** Fields a server adds for its own connection, which say nothing about the message. */
const OWN_CONNECTION = new Set(['connection', 'keep-alive', 'transfer-encoding', 'date']);

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

contract('Transparency', (target) => {
  const pair = pairFor(target);
  const { test } = target;

  for (const method of ['POST', 'GET', 'DELETE', 'OPTIONS', 'HEAD', 'PUT', 'PATCH']) {
    test(`${method} keeps method, path, query and answer`, async () => {
      const path = pair.upstream.route((exchange) =>
        exchange.respond({ status: 218, headers: [['X-Seen', exchange.method]], body: 'answer' }),
      );
      const query = '?a=1&b=%20%2F&c=x+y&a=2&%C3%BC=%c3%bc';
      const response = await send(pair.weir.url, {
        method,
        path: path + query,
        ...(['POST', 'PUT', 'PATCH'].includes(method) ? { body: '{}' } : {}),
      });
      const seen = await pair.upstream.request(path);
      expect(seen.method).toBe(method);
      expect(seen.target).toBe(path + query);
      expect(response.status).toBe(218);
      expect(response.head.get('x-seen')).toBe(method);
      expect(response.head.get('content-length')).toBe('6');
      expect(response.body.text()).toBe(method === 'HEAD' ? '' : 'answer');
    });
  }

  test('an unusual path survives', async () => {
    const paths = ['/', '/a//b//', '/a%2Fb%2e%2E;v=1/~x', "/!$&'()*+,=:@-._~", '/?only=query'];
    pair.upstream.fallback = (exchange) => exchange.respond({ body: exchange.target });
    for (const path of paths) {
      const response = await send(pair.weir.url, { method: 'GET', path });
      expect(response.body.text()).toBe(path);
    }
  });

  test(
    'a path that begins with two slashes survives',
    async () => {
      pair.upstream.fallback = (exchange) => exchange.respond({ body: exchange.target });
      const response = await send(pair.weir.url, { method: 'GET', path: '//a/b' });
      expect(response.body.text()).toBe('//a/b');
    },
    'double-slash',
  );

  test(
    'a path no URL parser would keep survives',
    async () => {
      pair.upstream.fallback = (exchange) => exchange.respond({ body: exchange.target });
      for (const path of ['/a/../b/./c', '/x?', '/back\\slash', '/%2e%2e/etc']) {
        const response = await send(pair.weir.url, { method: 'GET', path });
        expect(response.body.text()).toBe(path);
      }
    },
    'url-normalization',
  );

  const STATUSES = [
    200, 201, 202, 203, 204, 206, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 406, 413,
    415, 418, 429, 431, 500, 501, 502, 503, 504, 599,
  ];
  const statusPath = (): string =>
    pair.upstream.route((exchange) => {
      const status = Number(exchange.target.split('?')[1]);
      return exchange.respond({
        status,
        headers: [['Location', 'http://127.0.0.1:1/elsewhere']],
        body: [204, 205, 304].includes(status) ? '' : 'x',
      });
    });
  const expectStatus = async (path: string, status: number): Promise<void> => {
    const response = await send(pair.weir.url, { path: `${path}?${status}`, body: '{}' });
    expect(response.status).toBe(status);
    expect(response.head.get('location')).toBe('http://127.0.0.1:1/elsewhere');
  };

  test('every status comes back, redirects included', async () => {
    const path = statusPath();
    for (const status of STATUSES) await expectStatus(path, status);
  });

  test('a 205 comes back with an end', () => expectStatus(statusPath(), 205), 'reset-content');

  test('request fields arrive, known or not, repeated or not', async () => {
    const sent: HeaderList = [
      ...JSON_HEADERS,
      ['MCP-Protocol-Version', '2026-07-28'],
      ['Mcp-Method', 'tools/call'],
      ['Mcp-Name', '=?base64?w7xiZXI=?='],
      ['Mcp-Param-Region', 'eu-west-1'],
      ['Mcp-Param-Never-Heard-Of', '42'],
      ['Mcp-Session-Id', 'abc.DEF~1'],
      ['Last-Event-ID', 'stream_1:7'],
      ['Authorization', 'Bearer abc'],
      ['Cookie', 'a=1; b=2'],
      ['User-Agent', 'contract/1'],
      ['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
      ['X-Empty', ''],
      ['X-Twice', 'one'],
      ['X-Twice', 'two'],
    ];
    const path = pair.upstream.route((exchange) => exchange.respond());
    await send(pair.weir.url, { path, headers: sent, body: '{}' });
    const seen = await pair.upstream.request(path);
    for (const [name] of sent) {
      const expected = sent.filter(([other]) => other === name).map(([, value]) => value);
      expect(seen.head.all(name).join(', '), name).toBe(expected.join(', '));
    }
    expect(seen.head.all('content-length')).toEqual(['2']);
  });

  test(
    'Accept-Encoding arrives as the client sent it',
    async () => {
      const path = pair.upstream.route((exchange) => exchange.respond());
      await send(pair.weir.url, { path, headers: [['Accept-Encoding', 'gzip, br']], body: '{}' });
      expect((await pair.upstream.request(path)).head.get('accept-encoding')).toBe('gzip, br');
    },
    'accept-encoding',
  );

  test(
    'no request field is invented beyond those of a forwarding hop',
    async () => {
      const path = pair.upstream.route((exchange) => exchange.respond());
      await send(pair.weir.url, { path, headers: [['X-Only', '1']], body: '{}' });
      const seen = await pair.upstream.request(path);
      const known = /^(host|connection|content-length|x-only|via|x-forwarded-\w+|x-real-ip)$/i;
      const invented = seen.head.fields.map(([name]) => name).filter((name) => !known.test(name));
      expect(invented).toEqual([]);
    },
    'fetch-adds-fields',
  );

  test('response fields come back, cookies line by line', async () => {
    const sent: HeaderList = [
      ['Content-Type', 'application/json; charset=UTF-8'],
      ['Set-Cookie', 'a=1; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT'],
      ['Set-Cookie', 'b=2; HttpOnly'],
      ['Mcp-Session-Id', 'session-1'],
      ['WWW-Authenticate', 'Bearer resource_metadata="https://x/y", scope="a b"'],
      ['Cache-Control', 'no-store'],
      ['ETag', 'W/"1"'],
      ['Vary', 'Accept'],
      ['Server', 'upstream/1'],
      ['Date', 'Tue, 01 Sep 2026 00:00:00 GMT'],
      ['Access-Control-Allow-Origin', '*'],
      ['X-Accel-Buffering', 'no'],
      ['X-Unknown', 'kept'],
      ['X-Twice', 'one'],
      ['X-Twice', 'two'],
    ];
    const path = pair.upstream.route((exchange) =>
      exchange.respond({ headers: sent, body: '{"ok":true}' }),
    );
    const response = await send(pair.weir.url, { path, body: '{}' });
    for (const [name] of sent) {
      const expected = sent.filter(([other]) => other === name).map(([, value]) => value);
      expect(response.head.all(name).join(', '), name).toBe(expected.join(', '));
    }
    expect(response.head.all('set-cookie')).toHaveLength(2);
    const names = new Set([...sent.map(([name]) => name.toLowerCase()), 'content-length']);
    const invented = response.head.fields
      .map(([name]) => name.toLowerCase())
      .filter((name) => !names.has(name) && !OWN_CONNECTION.has(name));
    expect(invented).toEqual([]);
  });

  test('field values beyond ASCII keep their bytes', async () => {
    const value = Buffer.from('grün €').toString('latin1');
    const path = pair.upstream.route((exchange) =>
      exchange.respond({ headers: [['X-Up', value]] }),
    );
    const response = await send(pair.weir.url, {
      path,
      headers: [['X-Down', value]],
      body: '{}',
    });
    const seen = await pair.upstream.request(path);
    expect(seen.head.get('x-down')).toBe(value);
    expect(response.head.get('x-up')).toBe(value);
  });

  test('JSON keeps big numbers, odd whitespace, escapes and duplicate keys byte for byte', async () => {
    const up =
      '\t{ "jsonrpc" :"2.0",\r\n"id": 9007199254740993 , "method":"tools\\/call","method":"x",' +
      ' "params":{"name":"\\u0061","arguments":{"n":1.0e+2,"m":-0,"s":"\u2028\\ud800"}}}\n ';
    const down = '{"id":9007199254740993,"jsonrpc":"2.0","result":{"a":1E400 , "b":0.10}}\n\n';
    const path = pair.upstream.route((exchange) => exchange.respondJson(down));
    const response = await send(pair.weir.url, { path, headers: JSON_HEADERS, body: up });
    const seen = await pair.upstream.request(path);
    expect(seen.body.text()).toBe(up);
    expect(response.body.text()).toBe(down);
  });

  test('any bytes of any length survive in any framing', async () => {
    const path = pair.upstream.route(async (exchange) => {
      await exchange.body.ended();
      const [size, framing, type] = exchange.target.split('?')[1]!.split(',');
      const body = randomBytes(Number(size));
      answers.set(exchange.target, digest(body));
      await exchange.respond({
        framing: framing as 'fixed' | 'chunked' | 'close',
        headers: [['Content-Type', type === 'json' ? 'application/json' : 'application/x-raw']],
        body,
      });
    });
    const answers = new Map<string, string>();
    const size = fc.oneof(
      { weight: 3, arbitrary: fc.integer({ min: 0, max: 70_000 }) },
      { weight: 1, arbitrary: fc.constantFrom(0, 1, 16_383, 16_384, 65_535, 65_536, 262_144) },
    );
    let run = 0;
    const exchangeOnce = async (
      up: number,
      down: number,
      chunk: number | 'fixed',
      answer: string,
      type: string,
    ): Promise<void> => {
      const body = randomBytes(up);
      const url = `${path}?${down},${answer},${type},${run++}`;
      const response = await send(pair.weir.url, {
        path: url,
        headers: [['Content-Type', type === 'json' ? 'application/json' : 'application/x-raw']],
        body,
        framing: chunk === 'fixed' ? 'fixed' : { chunked: chunk },
      });
      const seen = await pair.upstream.request(path);
      expect(seen.target).toBe(url);
      expect(seen.body.digest()).toBe(digest(body));
      expect(response.body.length).toBe(down);
      expect(response.body.digest()).toBe(answers.get(url));
    };
    await fc.assert(
      fc.asyncProperty(
        size,
        size,
        fc.oneof(fc.constant('fixed' as const), fc.integer({ min: 500, max: 40_000 })),
        fc.constantFrom('fixed', 'chunked', 'close'),
        fc.constantFrom('json', 'raw'),
        exchangeOnce,
      ),
      { numRuns: 25, endOnFailure: true },
    );
    await exchangeOnce(5 * MEBIBYTE, 5 * MEBIBYTE, 'fixed', 'fixed', 'json');
    await exchangeOnce(5 * MEBIBYTE, 5 * MEBIBYTE, 50_000, 'chunked', 'raw');
  });

  test('a request without a body stays one', async () => {
    const path = pair.upstream.route((exchange) => exchange.respond());
    await send(pair.weir.url, { method: 'GET', path });
    const get = await pair.upstream.request(path);
    expect(get.head.has('transfer-encoding')).toBe(false);
    expect(get.head.get('content-length') ?? '0').toBe('0');
    await send(pair.weir.url, { method: 'POST', path, body: '' });
    const post = await pair.upstream.request(path);
    expect(post.head.get('content-length')).toBe('0');
  });

  test('one client connection carries many exchanges', async () => {
    const path = pair.upstream.route((exchange) => exchange.respondJson(exchange.target));
    const client = await RawClient.connect(pair.weir.url);
    for (let index = 0; index < 5; index++) {
      await client.send({ path: `${path}?${index}`, headers: JSON_HEADERS, body: '{}' });
      const response = await client.response(index);
      await response.body.ended();
      expect(response.body.text()).toBe(`${path}?${index}`);
    }
    client.close();
  });
});

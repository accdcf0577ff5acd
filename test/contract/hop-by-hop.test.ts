/**
 * RFC 9110 §7.6: what belongs to one connection stays there, and what a forwarding hop must say it
 * says itself.
 *
 * @module
 */

import { expect } from 'vitest';
import { RawClient, send } from '../fixtures/raw-client.ts';
import { contract, pairFor } from './harness.ts';

/** End-to-end fields that go with the hop-by-hop ones under test. */
const KEPT = ['X-Kept', 'yes'] as const;

contract('Hop-by-hop fields', (target) => {
  const pair = pairFor(target);
  const { test } = target;

  test('fields nominated by Connection are removed on the way up', async () => {
    const path = pair.upstream.route((exchange) => exchange.respond());
    await send(pair.weir.url, {
      method: 'GET',
      path,
      headers: [
        ['Connection', 'X-Hop, keep-alive,  x-OTHER'],
        ['X-Hop', '1'],
        ['X-Other', '2'],
        KEPT,
      ],
    });
    const seen = await pair.upstream.request(path);
    expect(seen.head.has('x-hop')).toBe(false);
    expect(seen.head.has('x-other')).toBe(false);
    expect(seen.head.get('x-kept')).toBe('yes');
    expect(seen.head.get('connection') ?? '').not.toMatch(/x-/i);
  });

  test('fields nominated by Connection are removed on the way down', async () => {
    const path = pair.upstream.route((exchange) =>
      exchange.respond({
        headers: [['Connection', 'X-Hop, keep-alive'], ['X-Hop', '1'], KEPT],
        body: 'x',
      }),
    );
    const response = await send(pair.weir.url, { path, body: '{}' });
    expect(response.head.has('x-hop')).toBe(false);
    expect(response.head.get('x-kept')).toBe('yes');
    expect(response.head.get('connection') ?? '').not.toMatch(/x-/i);
  });

  test('a client cannot nominate away what weir adds for the upstream', async () => {
    const path = pair.upstream.route((exchange) => exchange.respond());
    await send(pair.weir.url, {
      method: 'GET',
      path,
      headers: [['Connection', 'X-Forwarded-For, X-Real-IP, Via, X-Forwarded-Proto, Host']],
    });
    const seen = await pair.upstream.request(path);
    expect(seen.head.get('host')).toBe(pair.upstream.authority);
    expect(seen.head.get('x-forwarded-proto')).toBe('http');
    expect(seen.head.get('via')).toMatch(/weir/);
  });

  test('a client cannot nominate away what frames or routes the message', async () => {
    const path = pair.upstream.route((exchange) => exchange.respond());
    await send(pair.weir.url, {
      path,
      headers: [
        ['Connection', 'Content-Length, Content-Type, Authorization, Mcp-Session-Id'],
        ['Content-Type', 'application/json'],
        ['Authorization', 'Bearer x'],
        ['Mcp-Session-Id', 's1'],
      ],
      body: '{}',
    });
    const seen = await pair.upstream.request(path);
    expect(seen.body.text()).toBe('{}');
    expect(seen.head.get('content-type')).toBe('application/json');
    expect(seen.head.get('authorization')).toBe('Bearer x');
    expect(seen.head.get('mcp-session-id')).toBe('s1');
  });

  test('connection fields of the client do not go up', async () => {
    const path = pair.upstream.route((exchange) => exchange.respond());
    await send(pair.weir.url, {
      method: 'GET',
      path,
      headers: [
        ['Keep-Alive', 'timeout=977'],
        ['TE', 'trailers, gzip;q=0.5'],
        ['Trailer', 'X-T'],
        ['Proxy-Connection', 'keep-alive'],
        ['Proxy-Authorization', 'Basic c2VjcmV0'],
        ['HTTP2-Settings', 'AAMAAABkAAQCAAAAAAIAAAAA'],
        KEPT,
      ],
    });
    const seen = await pair.upstream.request(path);
    for (const name of ['te', 'trailer', 'proxy-connection', 'proxy-authorization', 'upgrade']) {
      expect(seen.head.has(name), name).toBe(false);
    }
    expect(seen.head.raw).not.toContain('timeout=977');
    expect(seen.head.raw).not.toContain('AAMAAABkAAQ');
    expect(seen.head.get('x-kept')).toBe('yes');
  });

  test('connection fields of the upstream do not come down', async () => {
    const path = pair.upstream.route((exchange) =>
      exchange.respond({
        headers: [
          ['Keep-Alive', 'timeout=977'],
          ['Proxy-Authenticate', 'Basic realm="x"'],
          ['Proxy-Connection', 'keep-alive'],
          ['Upgrade', 'h2c'],
          KEPT,
        ],
        body: 'x',
      }),
    );
    const response = await send(pair.weir.url, { path, body: '{}' });
    for (const name of ['proxy-authenticate', 'proxy-connection', 'upgrade']) {
      expect(response.head.has(name), name).toBe(false);
    }
    expect(response.head.raw).not.toContain('timeout=977');
    expect(response.head.get('x-kept')).toBe('yes');
  });

  test('framing is made anew for each side', async () => {
    const path = pair.upstream.route(async (exchange) => {
      await exchange.body.ended();
      await exchange.respond({ framing: 'chunked', body: 'answer' });
    });
    const response = await send(pair.weir.url, { path, body: 'question', framing: { chunked: 3 } });
    const seen = await pair.upstream.request(path);
    expect(seen.body.text()).toBe('question');
    expect(response.body.text()).toBe('answer');
    for (const head of [seen.head, response.head]) {
      const framings = [...head.all('transfer-encoding'), ...head.all('content-length')];
      expect(framings).toHaveLength(1);
    }
  });

  test('Host is the target, and the client is named in the forwarding fields', async () => {
    const path = pair.upstream.route((exchange) => exchange.respond());
    const client = await RawClient.connect(pair.weir.url);
    await client.send({ method: 'GET', path, headers: [['Host', 'localhost:4711']] });
    await (await client.response()).body.ended();
    client.close();
    const { head } = await pair.upstream.request(path);
    expect(head.all('host')).toEqual([pair.upstream.authority]);
    expect(head.all('x-forwarded-host')).toEqual(['localhost:4711']);
    expect(head.all('x-forwarded-proto')).toEqual(['http']);
    expect(head.all('via')).toEqual(['1.1 weir']);
  });

  test(
    'the peer is named in X-Forwarded-For and X-Real-IP',
    async () => {
      const path = pair.upstream.route((exchange) => exchange.respond());
      await send(pair.weir.url, { method: 'GET', path });
      const { head } = await pair.upstream.request(path);
      expect(head.all('x-forwarded-for')).toEqual(['127.0.0.1']);
      expect(head.all('x-real-ip')).toEqual(['127.0.0.1']);
    },
    'peer-address',
  );

  test(
    'forged forwarding fields are appended to, and X-Real-IP is replaced',
    async () => {
      const path = pair.upstream.route((exchange) => exchange.respond());
      await send(pair.weir.url, {
        method: 'GET',
        path,
        headers: [
          ['X-Forwarded-For', '203.0.113.7'],
          ['X-Forwarded-For', '198.51.100.9'],
          ['X-Forwarded-Proto', 'https'],
          ['X-Forwarded-Host', 'bank.example'],
          ['X-Real-IP', '203.0.113.7'],
          ['Via', '1.0 fred'],
        ],
      });
      const { head } = await pair.upstream.request(path);
      expect(head.get('x-forwarded-for')).toBe('203.0.113.7, 198.51.100.9, 127.0.0.1');
      expect(head.get('x-forwarded-proto')).toBe('https, http');
      expect(head.get('x-forwarded-host')).toBe(`bank.example, ${new URL(pair.weir.url).host}`);
      expect(head.all('x-real-ip')).toEqual(['127.0.0.1']);
      expect(head.get('via')).toBe('1.0 fred, 1.1 weir');
    },
    'peer-address',
  );
});

contract('Host with --preserve-host', (target) => {
  const pair = pairFor(target, { args: ['--preserve-host'] });
  target.test(
    'is the one the client sent',
    async () => {
      const path = pair.upstream.route((exchange) => exchange.respond());
      await send(pair.weir.url, { method: 'GET', path, headers: [['Host', 'localhost:4711']] });
      expect((await pair.upstream.request(path)).head.all('host')).toEqual(['localhost:4711']);
    },
    'preserve-host',
  );
});

contract('A target with a path prefix', (target) => {
  const pair = pairFor(target, { prefix: '/base/v1' });
  target.test('has it put before every path', async () => {
    pair.upstream.fallback = (exchange) => exchange.respond({ body: exchange.target });
    for (const [path, expected] of [
      ['/mcp', '/base/v1/mcp'],
      ['/mcp?x=/y', '/base/v1/mcp?x=/y'],
      ['/base/v1/mcp', '/base/v1/base/v1/mcp'],
    ] as const) {
      const response = await send(pair.weir.url, { path, body: '{}' });
      expect(response.body.text()).toBe(expected);
    }
    const root = await send(pair.weir.url, { path: '/', body: '{}' });
    expect(root.body.text()).toMatch(/^\/base\/v1\/?$/);
  });
});

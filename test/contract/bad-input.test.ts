/**
 * Input that is not what MCP asks for: the upstream judges it, weir forwards it byte for byte and
 * counts what it could read.
 *
 * @module
 */

import { gzipSync } from 'node:zlib';
import { expect } from 'vitest';
import type { HeaderList } from '../fixtures/http-message.ts';
import { RawClient, send } from '../fixtures/raw-client.ts';
import { residentBytes } from '../fixtures/resident-memory.ts';
import { eventually } from '../fixtures/wait.ts';
import { contract, pairFor } from './harness.ts';
import { JSON_HEADERS, legacyCall, modernCall, modernHeaders } from './messages.ts';
import { expectNothingActive, expectTotal, scrape, total } from './metrics.ts';

const MEBIBYTE = 1024 * 1024;

const NOT_JSON: readonly [what: string, body: string | Uint8Array][] = [
  ['truncated JSON', '{"jsonrpc":"2.0","id":1,"method":"tools/ca'],
  ['text', 'hello'],
  ['a lone brace', '}'],
  ['two values', '{} {}'],
  ['an unknown literal', '{"jsonrpc":"2.0","id":nul,"method":"x"}'],
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0xc0, 0x22, 0x3a, 0x31, 0x7d])],
  ['a byte order mark', '\ufeff{"jsonrpc":"2.0","id":1,"method":"ping"}'],
  ['very deep nesting', `${'['.repeat(20_000)}${']'.repeat(20_000)}`],
  ['a huge string', `{"jsonrpc":"2.0","id":1,"method":"${'m'.repeat(300_000)}"}`],
  ['a huge id', `{"jsonrpc":"2.0","id":"${'i'.repeat(300_000)}","method":"ping"}`],
  ['prototype keys', '{"__proto__":{"method":"x"},"constructor":1,"method":"__proto__","id":1}'],
  ['NUL bytes', Buffer.alloc(1000)],
  ['duplicate deciding keys', '{"jsonrpc":"2.0","id":1,"id":2,"method":"a","method":"b"}'],
];

contract('Bad input', (target) => {
  const pair = pairFor(target);
  const { test } = target;

  for (const [what, body] of NOT_JSON) {
    test(`${what} is forwarded byte for byte`, async () => {
      const path = pair.upstream.route(async (exchange) => {
        await exchange.body.ended();
        await exchange.respondJson('{"jsonrpc":"2.0","error":{"code":-32700,"message":"no"}}', 400);
      });
      const response = await send(pair.weir.url, { path, headers: JSON_HEADERS, body });
      const seen = await pair.upstream.request(path);
      expect(seen.body.bytes().equals(Buffer.from(body))).toBe(true);
      expect(response.status).toBe(400);
      expect(response.body.text()).toContain('-32700');
    });
  }

  test('unreadable bodies are counted as parse problems', async () => {
    const before = total(await scrape(pair.weir), 'weir_parse_problems_total', {
      parser: 'jsonrpc',
    });
    const path = pair.upstream.route((exchange) => exchange.respondJson('{"ok":1}'));
    await send(pair.weir.url, { path, headers: JSON_HEADERS, body: '{"jsonrpc":' });
    await eventually(async () => {
      const after = total(await scrape(pair.weir), 'weir_parse_problems_total', {
        parser: 'jsonrpc',
      });
      expect(after).toBeGreaterThan(before);
    });
  });

  test('an unknown method passes and is counted', async () => {
    const path = pair.upstream.route((exchange) =>
      exchange.respondJson('{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"?"}}', 404),
    );
    const body = '{"jsonrpc":"2.0","id":1,"method":"acme/never-heard-of"}';
    const response = await send(pair.weir.url, { path, headers: JSON_HEADERS, body });
    expect(response.status).toBe(404);
    expect((await pair.upstream.request(path)).body.text()).toBe(body);
    await expectTotal(pair.weir, 'mcp_request_errors_total', { error_code: '-32601' }, 1);
  });

  test('a batch passes whole, and each of its calls is counted', async () => {
    const path = pair.upstream.route((exchange) =>
      exchange.respondJson(
        '[{"jsonrpc":"2.0","id":1,"result":{}},{"jsonrpc":"2.0","id":2,"error":{"code":7,"message":""}}]',
      ),
    );
    const body = `[${legacyCall('batch_one')}, ${legacyCall('batch_two', '2')},{"jsonrpc":"2.0","method":"notifications/x"}]`;
    await send(pair.weir.url, { path, headers: JSON_HEADERS, body });
    expect((await pair.upstream.request(path)).body.text()).toBe(body);
    await expectTotal(pair.weir, 'mcp_tool_calls_total', { tool_name: 'batch_one' }, 1);
    await expectTotal(pair.weir, 'mcp_tool_calls_total', { tool_name: 'batch_two' }, 1);
    await expectTotal(pair.weir, 'mcp_request_errors_total', { error_code: '7' }, 1);
  });

  const HEADER_CASES: readonly [what: string, headers: HeaderList][] = [
    ['missing', JSON_HEADERS],
    ['naming another method', modernHeaders('prompts/get', 'wrong')],
    ['of another version', [...modernHeaders('tools/call'), ['Mcp-Name', 'x']]],
    [
      'repeated',
      [...modernHeaders('tools/call', 'a'), ['Mcp-Method', 'tools/list'], ['Mcp-Name', 'b']],
    ],
    ['with broken base64', modernHeaders('tools/call', '=?base64?***?=')],
  ];
  for (const [what, headers] of HEADER_CASES) {
    test(`Mcp-* fields ${what} pass, and the body is what counts`, async () => {
      const tool = `headers_${what.replaceAll(' ', '_')}`;
      const path = pair.upstream.route((exchange) =>
        exchange.respondJson('{"jsonrpc":"2.0","id":1,"error":{"code":-32020,"message":"!"}}', 400),
      );
      const response = await send(pair.weir.url, { path, headers, body: modernCall(tool) });
      expect(response.status).toBe(400);
      const seen = await pair.upstream.request(path);
      expect(seen.body.text()).toBe(modernCall(tool));
      for (const name of ['mcp-method', 'mcp-name', 'mcp-protocol-version']) {
        const sent = headers.filter(([field]) => field.toLowerCase() === name).map(([, v]) => v);
        expect(seen.head.all(name).join(', ')).toBe(sent.join(', '));
      }
      await expectTotal(pair.weir, 'mcp_tool_calls_total', { tool_name: tool }, 1);
    });
  }

  test('a wrong content type passes as it is', async () => {
    const path = pair.upstream.route((exchange) => exchange.respond({ status: 415 }));
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', ';;;', 'JSON']) {
      const response = await send(pair.weir.url, {
        path,
        headers: [['Content-Type', type]],
        body: legacyCall('typed'),
      });
      expect(response.status).toBe(415);
      const seen = await pair.upstream.request(path);
      expect(seen.head.get('content-type')).toBe(type);
      expect(seen.body.text()).toBe(legacyCall('typed'));
    }
  });

  test('malformed answers pass as they are', async () => {
    for (const [, body] of NOT_JSON) {
      const path = pair.upstream.route((exchange) =>
        exchange.respond({ headers: [['Content-Type', 'application/json']], body }),
      );
      const response = await send(pair.weir.url, { path, headers: JSON_HEADERS, body: '{}' });
      expect(response.body.bytes().equals(Buffer.from(body))).toBe(true);
    }
  });

  test('malformed event streams pass as they are', async () => {
    const streams = [
      'data',
      ':\n:\n\n\n\n',
      'data: {"jsonrpc":\n\ndata: \ufeff\n\nid\n\nretry: x\n\n',
      `data: ${'x'.repeat(3_000_000)}\n\ndata: after\n\n`,
      'event: endpoint\r\rdata: http://[::bad\r\n\r\n',
      Buffer.from([0xff, 0xfe, 0x0a, 0x0a, 0x64, 0x61, 0x74, 0x61, 0x3a, 0xf0, 0x9f, 0x0a, 0x0a]),
    ];
    for (const body of streams) {
      const path = pair.upstream.route((exchange) =>
        exchange.respond({
          headers: [['Content-Type', 'text/event-stream']],
          framing: 'chunked',
          body,
        }),
      );
      const response = await send(pair.weir.url, { method: 'GET', path });
      expect(response.body.bytes().equals(Buffer.from(body))).toBe(true);
    }
  });

  test('a body that inflates without end costs neither memory nor service', async () => {
    // One gibibyte of zeros in about one mebibyte.
    const bomb = Buffer.concat(Array(16).fill(gzipSync(Buffer.alloc(64 * MEBIBYTE))));
    const headers: HeaderList = [...JSON_HEADERS, ['Content-Encoding', 'gzip']];
    const path = pair.upstream.route(async (exchange) => {
      await exchange.body.ended();
      await exchange.respond({
        headers: [
          ['Content-Type', 'application/json'],
          ['Content-Encoding', 'gzip'],
        ],
        body: bomb,
      });
    });
    const before = residentBytes(pair.weir.pid);
    const client = await RawClient.connect(pair.weir.url);
    await client.send({ path, headers, body: bomb });
    const response = await client.response();
    // Where the runtime inflates answers by itself, nobody has to take all of this one.
    await response.body.until((body) => body.length >= bomb.length, 'the size of the bomb');
    client.close();
    expect((await pair.upstream.request(path)).body.bytes().equals(bomb)).toBe(true);
    expect(residentBytes(pair.weir.pid) - before).toBeLessThan(256 * MEBIBYTE);
    await expectNothingActive(pair.weir);
  });

  test('the process is still the same and still well', async () => {
    const path = pair.upstream.route((exchange) => exchange.respondJson('{"ok":true}'));
    const response = await send(pair.weir.url, { path, body: legacyCall('last') });
    expect(response.body.text()).toBe('{"ok":true}');
    expect(pair.weir.output()).not.toMatch(/uncaught|unhandled|panic|TypeError/i);
  });
});

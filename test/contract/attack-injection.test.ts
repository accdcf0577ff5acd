/**
 * Names and values that try to become something else: a field of a head, a line of a log, a sample
 * of the metrics, a member of some object's prototype.
 *
 * @module
 */

import { expect } from 'vitest';
import type { HeaderList } from '../fixtures/http-message.ts';
import { send } from '../fixtures/raw-client.ts';
import { eventually } from '../fixtures/wait.ts';
import { contract, pairFor } from './harness.ts';
import { event, JSON_HEADERS, legacyCall, modernCall, modernHeaders, result } from './messages.ts';
import { admin, expectTotal, parseSamples, scrape, total } from './metrics.ts';

/** Most values of a label: the cap of 200, and the names that the protocol itself has. */
const MAX_LABEL_VALUES = 250;

/** What a terminal would obey, and what ends a line somewhere. */
const COMMANDS = ['\u001b', '\u009b', '\u0007', '\u0008', '\u2028', '\u2029', '\u0085', '\r'];

const inJson = (text: string): string => JSON.stringify(text).slice(1, -1);

contract('Injection', (target) => {
  const pair = pairFor(target);
  const { test } = target;

  const serve = (): string => pair.upstream.route((exchange) => exchange.respondJson(result()));

  const call = async (headers: HeaderList, body: string | Uint8Array): Promise<string> => {
    const path = serve();
    const response = await send(pair.weir.url, { path, headers, body });
    expect(response.status).toBe(200);
    const seen = await pair.upstream.request(path);
    expect(seen.body.bytes().equals(Buffer.from(body))).toBe(true);
    return seen.head.raw;
  };

  test('through a tool name puts nothing into a head', async () => {
    for (const name of [
      'a\r\nX-Injected: 1',
      'a\nX-Injected: 1',
      'a\r\n\r\nGET /injected',
      'a\0',
    ]) {
      const encoded = `=?base64?${Buffer.from(name).toString('base64')}?=`;
      const head = await call(modernHeaders('tools/call', encoded), modernCall(inJson(name)));
      // The field goes up as it came: it is nobody's business here to decode it.
      expect(head).toContain(encoded);
      expect(head.toLowerCase()).not.toContain('injected');
    }
  });

  test('through a session id puts nothing into a head, and the id shows nowhere', async () => {
    for (const id of ['a%0d%0aX-Injected: 1', 'a\tX-Injected: 1', 'a; X-Injected: 1', '"a", "b"']) {
      const secret = `session-secret-${id}`;
      const head = await call([...JSON_HEADERS, ['Mcp-Session-Id', secret]], legacyCall('x'));
      expect(head.split('\r\n').filter((line) => /^x-injected/i.test(line))).toEqual([]);
      expect(head).toContain(secret);
    }
    const metrics = await (await admin(pair.weir, '/metrics')).text();
    expect(metrics).not.toContain('session-secret');
    expect(pair.weir.output()).not.toContain('session-secret');
  });

  test('into the log stays within its line and sends no commands', async () => {
    const hostile = `log_injection${COMMANDS.join('')}[31m\n{"level":"error","forged":true}`;
    await call(JSON_HEADERS, legacyCall(inJson(hostile)));
    await call(
      JSON_HEADERS,
      `{"jsonrpc":"2.0","id":1,"method":"${inJson(`method_${hostile}`)}","params":{}}`,
    );
    const path = `${serve()}?${encodeURIComponent(hostile)}`;
    await send(pair.weir.url, { path, headers: [['User-Agent', 'x\t[31m']], body: '{}' });
    const odd = `/%1b%5b31m%0a%0d%7b%22forged_path%22`;
    await send(pair.weir.url, { path: odd, body: '{}' });
    await pair.weir.waitForLine((line) => line.includes('method_log_injection'));
    const output = pair.weir.output();
    for (const command of COMMANDS) expect(output).not.toContain(command);
    for (const line of output.split('\n').filter((text) => text.includes('forged'))) {
      expect(JSON.parse(line)).not.toHaveProperty('forged');
    }
  });

  test('by names that are members of every object counts them like any other', async () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf']) {
      await call(JSON_HEADERS, legacyCall(name));
      await expectTotal(pair.weir, 'mcp_tool_calls_total', { tool_name: name }, 1);
    }
    const body = `{"__proto__":{"method":"evil"},"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"__proto__":{"name":"evil"},"constructor":{"name":"evil"},"name":"own_name"}}`;
    await call(JSON_HEADERS, body);
    await expectTotal(pair.weir, 'mcp_tool_calls_total', { tool_name: 'own_name' }, 1);
    expect(total(await scrape(pair.weir), 'mcp_tool_calls_total', { tool_name: 'evil' })).toBe(0);
  });

  test('by text that is no text leaves the metrics readable', async () => {
    const lone = legacyCall('lone_\\ud800_\\udfff');
    const broken = Buffer.from(legacyCall('broken_#'));
    broken[broken.indexOf('#')] = 0xff;
    await call(JSON_HEADERS, lone);
    await call(JSON_HEADERS, broken);
    for (const tool_name of ['lone_\ufffd_\ufffd', 'broken_\ufffd']) {
      await expectTotal(pair.weir, 'mcp_tool_calls_total', { tool_name }, 1);
    }
    const bytes = await (await admin(pair.weir, '/metrics')).arrayBuffer();
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    expect(parseSamples(text).length).toBeGreaterThan(0);
  });

  test('of labels by an upstream is bounded: event types, methods and error codes', async () => {
    const path = pair.upstream.route(async (exchange) => {
      await exchange.startEvents();
      const flood = Array.from({ length: 300 }, (_, index) => {
        const type = `type_${exchange.target}_${index}`;
        const method = `{"jsonrpc":"2.0","method":"notifications/${type}"}`;
        const error = `{"jsonrpc":"2.0","id":"s","error":{"code":${index * 7},"message":""}}`;
        return event('x', type) + event(method) + event(error);
      });
      await exchange.writeChunk(flood.join(''));
      await exchange.endChunks();
    });
    for (let round = 0; round < 12; round++) {
      await send(pair.weir.url, { method: 'GET', path: `${path}?${round}` });
    }
    await eventually(async () => {
      const samples = await scrape(pair.weir);
      expect(total(samples, 'mcp_sse_connections_total')).toBeGreaterThanOrEqual(12);
      const values = new Map<string, Set<string>>();
      for (const { name, labels } of samples) {
        for (const [label, value] of Object.entries(labels)) {
          const key = `${name} ${label}`;
          values.set(key, (values.get(key) ?? new Set()).add(value));
        }
      }
      for (const [key, { size }] of values) expect(size, key).toBeLessThanOrEqual(MAX_LABEL_VALUES);
    });
  });

  test('leaves weir well', async () => {
    await call(JSON_HEADERS, legacyCall('well'));
    expect(pair.weir.output()).not.toMatch(/uncaught|unhandled|panic|TypeError/i);
  });
});

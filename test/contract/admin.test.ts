/**
 * The admin endpoints: metrics in both formats, health, readiness; and what the log says.
 *
 * @module
 */

import { spawnSync } from 'node:child_process';
import { expect } from 'vitest';
import { RawClient, send } from '../fixtures/raw-client.ts';
import { RawUpstream } from '../fixtures/raw-upstream.ts';
import { eventually } from '../fixtures/wait.ts';
import { type ContractTarget, contract, pairFor } from './harness.ts';
import { event, JSON_HEADERS, legacyCall, modernCall, modernHeaders, result } from './messages.ts';
import { admin, expectTotal, scrape, total } from './metrics.ts';

/** Families every scrape of the default profile holds, with their types. */
const FAMILIES: Readonly<Record<string, string>> = {
  mcp_requests_total: 'counter',
  mcp_request_duration_seconds: 'histogram',
  mcp_request_size_bytes: 'histogram',
  mcp_response_size_bytes: 'histogram',
  mcp_active_connections: 'gauge',
  mcp_sse_connections_total: 'counter',
  mcp_sse_connections_active: 'gauge',
  mcp_sse_connection_duration_seconds: 'histogram',
  mcp_sse_events_total: 'counter',
  mcp_tool_calls_total: 'counter',
  mcp_resource_reads_total: 'counter',
  mcp_request_errors_total: 'counter',
  mcp_proxy_info: 'gauge',
  weir_build_info: 'gauge',
};

/** Why the check cannot run here; undefined when it can. */
const NO_PROMTOOL: string | undefined =
  spawnSync('promtool', ['--version']).status === 0
    ? undefined
    : "promtool is not installed: it comes with Debian's package prometheus";

contract('Metrics', (target) => {
  const pair = pairFor(target);
  const { test } = target;

  /** One call of each kind, so that every family has a series. */
  const traffic = async (): Promise<void> => {
    const answer = pair.upstream.route((exchange) => exchange.respondJson(result()));
    const failing = pair.upstream.route((exchange) =>
      exchange.respondJson('{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"m"}}'),
    );
    const stream = pair.upstream.route(async (exchange) => {
      await exchange.startEvents();
      await exchange.writeChunk(`id: 1\ndata:\n\n${event('{}')}${event('/m', 'endpoint')}`);
      await exchange.endChunks();
    });
    const read =
      '{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"file:///a/b"}}';
    for (const body of [legacyCall('traffic'), modernCall('traffic'), read, 'unreadable']) {
      await send(pair.weir.url, { path: answer, headers: JSON_HEADERS, body });
    }
    await send(pair.weir.url, {
      path: failing,
      headers: JSON_HEADERS,
      body: legacyCall('traffic'),
    });
    await send(pair.weir.url, { method: 'GET', path: stream });
    await expectTotal(pair.weir, 'mcp_sse_events_total', { event_type: 'endpoint' }, 1);
  };

  test('are Prometheus text 0.0.4, every family with its type', async () => {
    await traffic();
    const response = await admin(pair.weir, '/metrics');
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; ?version=0\.0\.4/);
    const text = await response.text();
    for (const [name, type] of Object.entries(FAMILIES)) {
      expect(text).toContain(`# TYPE ${name} ${type}\n`);
      expect(text).toMatch(new RegExp(`^# HELP ${name} \\S`, 'm'));
    }
  });

  test('count by the agreed labels', async () => {
    const samples = await scrape(pair.weir);
    expect(total(samples, 'mcp_tool_calls_total', { tool_name: 'traffic' })).toBe(3);
    expect(total(samples, 'mcp_requests_total', { method: 'tools/call', status: '200' })).toBe(3);
    expect(total(samples, 'mcp_requests_total', { method: 'resources/read' })).toBe(1);
    expect(total(samples, 'mcp_request_errors_total')).toBe(1);
    expect(
      total(samples, 'mcp_request_errors_total', { method: 'tools/call', error_code: '-32602' }),
    ).toBe(1);
    expect(total(samples, 'mcp_sse_connections_total')).toBe(1);
    // A priming event, one without a type, and the endpoint.
    expect(total(samples, 'mcp_sse_events_total', { event_type: 'message' })).toBe(2);
    expect(total(samples, 'mcp_proxy_info')).toBe(1);
    const resources = samples.filter(({ name }) => name === 'mcp_resource_reads_total');
    expect(JSON.stringify(resources)).not.toContain('/a/b');
  });

  test('do not count a POST answered by an event stream as an SSE connection', async () => {
    const before = total(await scrape(pair.weir), 'mcp_sse_connections_total');
    const path = pair.upstream.route(async (exchange) => {
      await exchange.startEvents();
      await exchange.writeChunk(event(result()));
      await exchange.endChunks();
    });
    await send(pair.weir.url, { path, headers: JSON_HEADERS, body: modernCall('post_stream') });
    await expectTotal(pair.weir, 'mcp_tool_calls_total', { tool_name: 'post_stream' }, 1);
    expect(total(await scrape(pair.weir), 'mcp_sse_connections_total')).toBe(before);
  });

  if (target.runtime !== 'workers') {
    test('count lost log lines, of which there are none', async () => {
      const lost = (await scrape(pair.weir)).filter(
        ({ name }) => name === 'weir_log_lines_dropped_total',
      );
      expect(lost).toMatchObject([{ value: 0 }]);
    });
  }

  test('show a stream while it is open', async () => {
    const path = pair.upstream.route(async (exchange) => {
      await exchange.startEvents();
      await exchange.writeChunk(event('open'));
    });
    const client = await RawClient.connect(pair.weir.url);
    await client.send({ method: 'GET', path });
    await client.response();
    await expectTotal(pair.weir, 'mcp_sse_connections_active', {}, 1);
    await expectTotal(pair.weir, 'mcp_active_connections', {}, 1);
    target.leave(client);
    await expectTotal(pair.weir, 'mcp_sse_connections_active', {}, 0);
    await expectTotal(pair.weir, 'mcp_active_connections', {}, 0);
  });

  test('keep what a client sends inside its label', async () => {
    const tool = 'evil"} 1\nfake_metric{a="\\';
    const path = pair.upstream.route((exchange) => exchange.respondJson(result()));
    await send(pair.weir.url, {
      path,
      headers: JSON_HEADERS,
      body: legacyCall(JSON.stringify(tool).slice(1, -1)),
    });
    await expectTotal(pair.weir, 'mcp_tool_calls_total', { tool_name: tool }, 1);
    expect(total(await scrape(pair.weir), 'fake_metric')).toBe(0);
  });

  test('bound the values of a label', async () => {
    const path = pair.upstream.route((exchange) => exchange.respondJson(result()));
    const client = await RawClient.connect(pair.weir.url);
    const calls = 260;
    for (let index = 0; index < calls; index++) {
      await client.send({ path, headers: JSON_HEADERS, body: legacyCall(`flood_${index}`) });
      await (await client.response(index)).body.ended();
    }
    client.close();
    await eventually(async () => {
      const samples = await scrape(pair.weir);
      const tools = samples.filter(({ name }) => name === 'mcp_tool_calls_total');
      expect(tools.length).toBeLessThanOrEqual(201);
      expect(total(tools, 'mcp_tool_calls_total', { tool_name: '_other' })).toBeGreaterThan(50);
    });
  });

  test('are OpenMetrics 1.0 when asked for', async () => {
    const response = await admin(pair.weir, '/metrics', {
      accept: 'application/openmetrics-text; version=1.0.0; charset=utf-8, text/plain;q=0.5',
    });
    expect(response.headers.get('content-type')).toMatch(
      /^application\/openmetrics-text; ?version=1\.0\.0/,
    );
    const text = await response.text();
    expect(text.endsWith('# EOF\n')).toBe(true);
    expect(text).toContain('# TYPE mcp_requests counter\n');
  });

  const conforming = 'satisfy promtool check metrics';
  if (NO_PROMTOOL !== undefined) target.skip(conforming, NO_PROMTOOL);
  else {
    test(conforming, async () => {
      const text = await (await admin(pair.weir, '/metrics')).text();
      const check = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
      expect(`${check.stdout}${check.stderr}`.trim()).toBe('');
      expect(check.status).toBe(0);
    });
  }

  test('answer GET and HEAD and nothing else', async () => {
    const options = { headers: pair.weir.adminHeaders };
    const post = await fetch(`${pair.weir.adminUrl}/metrics`, { ...options, method: 'POST' });
    expect([404, 405]).toContain(post.status);
    const unknown = await admin(pair.weir, '/etc/passwd');
    expect(unknown.status).toBe(404);
  });
});

contract('Health', (target) => {
  const { test } = target;

  test('says that the process lives, and under which names', async () => {
    const upstream = await target.upstream();
    const weir = await target.start({ target: upstream.authority });
    for (const path of ['/healthz', '/health']) {
      const response = await admin(weir, path);
      expect(response.status).toBe(200);
      const body = (await response.json()) as Record<string, unknown>;
      expect(body.status).toBe('healthy');
      expect(body.uptime_seconds).toBeTypeOf('number');
    }
  });

  test('says whether the upstream can be reached, and follows it', async () => {
    const first = await RawUpstream.start();
    const weir = await target.start({
      target: first.authority,
      args: ['--health-check-interval', '100ms'],
    });
    const readiness = async (): Promise<[number, Record<string, unknown>]> => {
      const response = await admin(weir, '/readyz');
      return [response.status, (await response.json()) as Record<string, unknown>];
    };
    await eventually(async () => expect((await readiness())[0]).toBe(200));
    const [, up] = await readiness();
    expect(up).toMatchObject({ checks: { target: { status: 'up' } } });
    expect((await admin(weir, '/ready')).status).toBe(200);

    const { port } = first;
    await first.stop();
    await eventually(async () => expect((await readiness())[0]).toBe(503));
    const [, down] = await readiness();
    expect(down).toMatchObject({ checks: { target: { status: 'down' } } });
    expect((await admin(weir, '/ready')).status).toBe(503);
    expect((await admin(weir, '/healthz')).status).toBe(200);

    const second = await RawUpstream.start({ port });
    await eventually(async () => expect((await readiness())[0]).toBe(200));
    await weir.stop();
    await second.stop();
  });
});

const guardedPrefix = (target: ContractTarget): void => {
  const pair = pairFor(target);

  target.test('is closed without the right token and not forwarded', async () => {
    for (const headers of [
      {},
      { authorization: 'Bearer wrong' },
      { authorization: 'Basic eDp5' },
    ]) {
      for (const path of ['/metrics', '/readyz', '/healthz']) {
        const response = await fetch(`${pair.weir.adminUrl}${path}`, { headers });
        expect([401, 403, 404]).toContain(response.status);
        await response.arrayBuffer();
      }
    }
    expect(pair.upstream.exchanges).toEqual([]);
  });
};
contract('The admin prefix', guardedPrefix, ['workers']);

contract('The access log', (target) => {
  const pair = pairFor(target);
  const { test } = target;

  test('has one JSON line per exchange, without query, payload or credentials', async () => {
    const path = pair.upstream.route((exchange) =>
      exchange.respondJson('{"jsonrpc":"2.0","id":1,"result":{"secret":"answer-secret"}}'),
    );
    await send(pair.weir.url, {
      path: `${path}?token=query-secret`,
      headers: [
        ...modernHeaders('tools/call', 'logged_tool'),
        ['Authorization', 'Bearer header-secret'],
        ['Cookie', 'c=cookie-secret'],
        ['Mcp-Session-Id', 'session-secret'],
        ['Mcp-Param-Key', 'param-secret'],
      ],
      body: modernCall('logged_tool').replace('"arguments":{}', '"arguments":{"k":"body-secret"}'),
    });
    const line = await pair.weir.waitForLine((text) => text.includes('logged_tool'));
    const entry = JSON.parse(line) as Record<string, unknown>;
    expect(entry).toMatchObject({ level: 'info', tool: 'logged_tool' });
    for (const key of ['timestamp', 'level', 'component', 'message', 'service', 'duration_ms']) {
      expect(entry, key).toHaveProperty(key);
    }
    expect(line).toContain(path);
    const lines = pair.weir.output().split('\n');
    expect(lines.filter((text) => text.includes('logged_tool'))).toHaveLength(1);
    expect(pair.weir.output()).not.toMatch(
      /(query|header|cookie|session|param|body|answer)-secret/,
    );
  });

  test('keeps one line per exchange whatever a client calls its tool', async () => {
    const path = pair.upstream.route((exchange) => exchange.respondJson(result()));
    const body = legacyCall('line\\n{\\"level\\":\\"error\\",\\"forged\\":1}\\r\\u2028\\u001b[31m');
    await send(pair.weir.url, { path, headers: JSON_HEADERS, body });
    const line = await pair.weir.waitForLine((text) => text.includes('forged'));
    expect(() => JSON.parse(line)).not.toThrow();
    expect(pair.weir.output()).not.toContain('\u001b');
  });
});

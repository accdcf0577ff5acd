/**
 * The live page on every runtime: what a browser gets, what a viewer is told, and that viewers come
 * and go without anybody else noticing.
 *
 * @module
 */

import { afterEach, expect } from 'vitest';
import type { ExchangeDetail } from '../../src/telemetry/live/view.ts';
import { send } from '../fixtures/raw-client.ts';
import { seen, Watcher } from '../live/watcher.ts';
import { gapReason } from './gaps.ts';
import { contract, pairFor } from './harness.ts';
import { event, JSON_HEADERS, legacyCall, modernCall, modernHeaders, result } from './messages.ts';
import { admin } from './metrics.ts';

contract('The live page', (target) => {
  const { test } = target;
  const capture =
    target.runtime === 'workers' ? ['--capture'] : ['--capture', '--metrics-addr', '127.0.0.1:0'];
  const pair = pairFor(target, { args: capture });
  const watchers: Watcher[] = [];
  afterEach(() => {
    for (const watcher of watchers.splice(0)) watcher.leave();
  });
  const watch = async (): Promise<Watcher> => {
    const watcher = await Watcher.open(pair.weir);
    watchers.push(watcher);
    await seen(() => watcher.updates.length > 0);
    return watcher;
  };
  const detailOf = async (id: string): Promise<ExchangeDetail> => {
    const response = await admin(pair.weir, `/live/exchanges/${id}`);
    expect(response.status).toBe(200);
    return (await response.json()) as ExchangeDetail;
  };

  test('gives browsers the page and its parts', async () => {
    const page = await fetch(`${pair.weir.adminUrl}/`, { headers: { accept: 'text/html' } });
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(await page.text()).toContain('live/page.js');
    for (const part of ['page.js', 'page.css']) {
      const response = await fetch(`${pair.weir.adminUrl}/live/${part}`);
      expect(response.status).toBe(200);
      expect((await response.text()).length).toBeGreaterThan(1000);
    }
    const text = await admin(pair.weir, '/', { accept: '*/*' });
    expect(await text.text()).toContain('/metrics');
    const head = await fetch(`${pair.weir.adminUrl}/live/events`, {
      method: 'HEAD',
      headers: pair.weir.adminHeaders,
    });
    expect(head.status).toBe(200);
  });

  test('tells of each exchange, with what it was and what it took', async () => {
    const path = pair.upstream.route((exchange) => exchange.respondJson(result()));
    const watcher = await watch();
    expect(watcher.hello).toMatchObject({
      runtime: target.runtime.replace('-fetch', ''),
      capture: true,
      partial: target.runtime === 'workers',
    });
    const body = modernCall('told');
    const headers = modernHeaders('tools/call', 'told');
    await send(pair.weir.url, { path, headers, body });
    const row = await seen(() => watcher.row('told'));
    expect(row).toMatchObject({
      era: 'modern',
      method: 'tools/call',
      target: { kind: 'tool', name: 'told' },
      outcome: 'ok',
      status: 200,
      requestBytes: body.length,
    });
    const tools = await seen(() =>
      watcher.updates.flatMap((update) => update.tools).find(({ name }) => name === 'told'),
    );
    expect(tools).toMatchObject({ calls: 1, errors: 0 });
    const counted = () =>
      watcher.updates
        .flatMap(({ seconds }) => seconds)
        .reduce((sum, { requests }) => sum + requests, 0);
    await seen(() => counted() > 0);
  });

  test('shows one exchange with its headers and payloads, and no secret among them', async () => {
    const path = pair.upstream.route((exchange) =>
      exchange.respondJson('{"jsonrpc":"2.0","id":1,"result":{"content":[],"apiKey":"hunter2"}}'),
    );
    const watcher = await watch();
    await send(pair.weir.url, {
      path: `${path}?token=hunter2`,
      headers: [...JSON_HEADERS, ['Authorization', 'Bearer hunter2'], ['X-Plain', 'seen']],
      body: legacyCall('shown').replace(
        '"arguments":{}',
        '"arguments":{"password":"hunter2","n":1}',
      ),
    });
    const row = await seen(() => watcher.row('shown'));
    const detail = await detailOf(row.id);
    const fields = (headers: readonly string[] | null) =>
      new Map(
        (headers ?? []).flatMap((name, i, all) =>
          i % 2 === 0 ? [[name.toLowerCase(), all[i + 1]] as const] : [],
        ),
      );
    expect(fields(detail.requestHeaders).get('x-plain')).toBe('seen');
    expect(fields(detail.requestHeaders).get('authorization')).toBe('***');
    expect(fields(detail.responseHeaders).get('content-type')).toBe('application/json');
    expect(JSON.parse(detail.request?.body?.text ?? '')).toMatchObject({
      params: { name: 'shown', arguments: { password: '***', n: 1 } },
    });
    expect(JSON.parse(detail.response?.body?.text ?? '')).toMatchObject({
      result: { apiKey: '***' },
    });
    expect(detail.respondedAfterMs).not.toBeNull();
    expect(JSON.stringify(detail) + JSON.stringify(watcher.rows)).not.toContain('hunter2');
  });

  test('shows the events of a stream, also while it is open', async () => {
    const path = pair.upstream.route(async (exchange) => {
      await exchange.startEvents();
      await exchange.writeChunk(event('{"jsonrpc":"2.0","method":"notifications/one"}'));
      await exchange.untilClosed();
    });
    const watcher = await watch();
    const leave = new AbortController();
    const response = await fetch(`${pair.weir.url}${path}`, {
      headers: { accept: 'text/event-stream' },
      signal: leave.signal,
    });
    await response.body?.getReader().read();
    const stream = await seen(() =>
      watcher.updates
        .flatMap(({ standing }) => standing?.streams ?? [])
        .find((open) => open.path === path),
    );
    expect(stream).toMatchObject({ kind: 'get', events: 1 });
    const detail = await detailOf(stream.id);
    expect(detail.endedAfterMs).toBeNull();
    expect(detail.events).toMatchObject([{ type: 'message' }]);
    expect(detail.response?.events).toMatchObject([
      { data: { text: '{"jsonrpc":"2.0","method":"notifications/one"}' } },
    ]);
    leave.abort();
    if (gapReason(target.runtime, 'silent-close') === undefined) {
      await seen(
        () =>
          watcher.updates.findLast(({ standing }) => standing !== null)?.standing?.openStreams ===
          0,
      );
    }
  });

  test('is watched by several, who come and go', async () => {
    const path = pair.upstream.route((exchange) => exchange.respondJson(result()));
    const all = await Promise.all([watch(), watch(), watch()]);
    all[0]?.leave();
    await all[0]?.ended;
    await send(pair.weir.url, { path, headers: JSON_HEADERS, body: legacyCall('several') });
    for (const watcher of all.slice(1)) await seen(() => watcher.row('several'));
    expect((await admin(pair.weir, '/metrics')).status).toBe(200);
  });

  test('does not keep weir from ending', async () => {
    const weir = await target.start({ target: pair.upstream.authority });
    const watcher = await Watcher.open(weir);
    await seen(() => watcher.hello !== null);
    // Without a grace to wait for, and killed if it does not end by itself.
    await weir.stop();
    await watcher.ended;
    if (target.runtime !== 'workers') expect(await weir.exited).toEqual({ code: 0, signal: null });
  });
});

/**
 * The admin surface with a live page: what it answers to whom, and how it treats viewers.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import { createAdmin } from '../../src/admin/admin.ts';
import type { TextStream } from '../../src/admin/answers.ts';
import { LivePage, MAX_VIEWERS } from '../../src/admin/live/live-page.ts';
import type { Hello } from '../../src/admin/live/protocol.ts';
import { resolveFromEnv } from '../../src/config/resolve.ts';
import { LiveFeed } from '../../src/telemetry/live/feed.ts';
import { makeRecord, makeToolCall } from '../telemetry/records.ts';

const HELLO: Hello = {
  instance: 'one',
  version: '1.2.3',
  runtime: 'node',
  upstream: 'payments',
  capture: false,
  partial: false,
  scheme: 'http',
};

const HEALTH = {
  isReady: true,
  health: () => ({ status: 'healthy' as const, uptime_seconds: 1 }),
  readiness: () => ({
    status: 'healthy' as const,
    checks: { target: { status: 'up' as const, latency_ms: 2 } },
    uptime_seconds: 1,
  }),
};

function surface(options: { prefix?: string; token?: string | null; requireToken?: boolean } = {}) {
  const feed = new LiveFeed();
  const page = new LivePage({
    view: feed,
    hello: HELLO,
    upstream: () => HEALTH.readiness().checks.target,
  });
  const admin = createAdmin({ snapshot: () => [], health: HEALTH, live: page, ...options });
  const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    admin.answer({
      method,
      url: `http://localhost${path}`,
      headers: { get: (name) => headers[name] ?? null },
    });
  return { feed, page, admin, ask };
}

const HTML = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

/** Opens the body of an answer that is a stream. */
function open(body: string | (() => TextStream)): TextStream {
  if (typeof body === 'string') throw new Error(`no stream: ${body}`);
  return body();
}

describe('The live page', () => {
  it('is what browsers get at the root, and others the list of routes', async () => {
    const { ask } = surface();
    const page = await ask('/', HTML);
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.body).toContain('live/page.js');
    const text = await ask('/', { accept: '*/*' });
    expect(text.headers['content-type']).toMatch(/^text\/plain/);
    expect(text.body).toContain('/metrics');
    expect(text.body).toContain('/live/events');
  });

  it('allows nothing but its own parts, and no markup of text', async () => {
    const { ask } = surface();
    for (const path of ['/', '/live/page.js', '/live/page.css']) {
      const { status, headers } = await ask(path, HTML);
      expect(status).toBe(200);
      expect(headers['x-content-type-options']).toBe('nosniff');
      const policy = headers['content-security-policy'];
      for (const part of [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
      ]) {
        expect(policy?.split('; ')).toContain(part);
      }
      expect(policy).not.toMatch(/unsafe|http|\*/);
    }
    const { body } = await ask('/', HTML);
    expect(body).not.toMatch(/<script(?![^>]*src=)|<style|\son\w+=|\sstyle=/);
  });

  it('lies below a prefix, wherever that is', async () => {
    const { ask } = surface({ prefix: '/a/_weir', token: 'secret' });
    expect(await ask('/a/_weir', HTML)).toMatchObject({
      status: 308,
      headers: { location: '_weir/' },
    });
    expect((await ask('/a/_weir/', HTML)).status).toBe(200);
    expect((await ask('/a/_weir/live/page.js')).status).toBe(200);
    expect((await ask('/live/page.js')).status).toBe(404);
  });

  it('shows its parts to all, and what happens to those who have the token', async () => {
    const { ask } = surface({ token: 'secret' });
    expect((await ask('/', HTML)).status).toBe(200);
    expect((await ask('/live/page.css')).status).toBe(200);
    for (const path of ['/live/events', '/live/exchanges/1', '/', '/metrics']) {
      expect((await ask(path)).status).toBe(401);
      expect((await ask(path, { authorization: 'Bearer wrong' })).status).toBe(401);
    }
    expect((await ask('/live/events', { authorization: 'Bearer secret' })).status).toBe(200);
  });

  it('is not there where a token is required and none is set', async () => {
    const { ask } = surface({ requireToken: true });
    for (const path of ['/', '/live/page.js', '/live/events']) {
      expect((await ask(path, HTML)).status).toBe(404);
    }
  });

  it('answers GET and HEAD only, and nothing it does not have', async () => {
    const { ask } = surface();
    for (const path of ['/', '/live/page.js', '/live/events', '/live/exchanges/1']) {
      expect((await ask(path, HTML, 'POST')).status).toBe(405);
    }
    for (const path of [
      '/live/nope.js',
      '/live/',
      '/live/exchanges/',
      '/live/exchanges/x',
      '/live/exchanges/1',
    ]) {
      expect((await ask(path)).status).toBe(404);
    }
  });

  it('is not watched through pages of others', async () => {
    const { ask } = surface();
    for (const site of ['cross-site', 'same-site']) {
      expect((await ask('/live/events', { 'sec-fetch-site': site })).status).toBe(403);
      expect((await ask('/live/exchanges/1', { 'sec-fetch-site': site })).status).toBe(403);
    }
    expect((await ask('/live/events', { 'sec-fetch-site': 'same-origin' })).status).toBe(200);
  });
});

describe('A viewer', () => {
  it('is greeted, told what was and what comes, and let go', async () => {
    const { feed, ask } = surface();
    feed.started();
    feed.ended(makeRecord({ calls: [makeToolCall('<b>"\n')] }));
    const stream = open((await ask('/live/events')).body);
    const first = await stream.next();
    expect(first).toMatch(/^event: hello\ndata: \{.*\}\n\nevent: update\ndata: \{.*\}\n\n$/);
    expect(first).toContain(JSON.stringify('<b>"\n'));
    const waiting = stream.next();
    feed.started();
    feed.ended(makeRecord({ sequence: 2, calls: [makeToolCall('second')] }));
    expect(await waiting).toContain('"second"');
    const last = stream.next();
    stream.cancel();
    stream.cancel();
    expect(await last).toBeNull();
    expect(await stream.next()).toBeNull();
  });

  it('is one of so many, and makes room when it goes', async () => {
    const { ask } = surface();
    const streams: TextStream[] = [];
    for (let i = 0; i < MAX_VIEWERS; i++) streams.push(open((await ask('/live/events')).body));
    expect(await ask('/live/events')).toMatchObject({ status: 503 });
    streams[0]?.cancel();
    expect((await ask('/live/events')).status).toBe(200);
  });

  it('is let go when the listener is about to close', async () => {
    const { page, ask } = surface();
    const stream = open((await ask('/live/events')).body);
    await stream.next();
    const waiting = stream.next();
    page.close();
    expect(await waiting).toBeNull();
  });

  it('that reads slowly is told how much it has missed, and holds nothing up', async () => {
    const { feed, admin } = surface();
    const response = await admin.fetch(new Request('http://localhost/live/events'));
    const reader = response.body?.getReader();
    await reader?.read();
    const total = 5_000;
    for (let sequence = 1; sequence <= total; sequence++) {
      feed.started();
      feed.ended(makeRecord({ sequence, startedAt: Date.now() }));
    }
    let rows = 0;
    let missed = 0;
    while (rows + missed < total) {
      const { value } = (await reader?.read()) ?? {};
      const data = /^event: update\ndata: (.*)\n\n$/.exec(new TextDecoder().decode(value))?.[1];
      const update = JSON.parse(data ?? '{}') as { rows: unknown[]; missed: number };
      rows += update.rows.length;
      missed += update.missed;
    }
    expect(rows + missed).toBe(total);
    expect(missed).toBeGreaterThan(0);
    await reader?.cancel();
  });
});

describe('The option capture', () => {
  const settings = (env: Record<string, string>) =>
    resolveFromEnv({ WEIR_TARGET_ADDR: 'h:1', WEIR_CAPTURE: 'true', ...env }).settings.capture;

  it('asks for an admin listener that not everybody reaches', () => {
    expect(() => settings({})).toThrow('would show payloads to everybody');
    expect(() => settings({ WEIR_METRICS_ADDR: '10.0.0.1:9090' })).toThrow('would show payloads');
    expect(settings({ WEIR_METRICS_ADDR: '127.0.0.1:9090' })).toBe(true);
    expect(settings({ WEIR_METRICS_ADDR: '[::1]:9090' })).toBe(true);
    expect(settings({ WEIR_ADMIN_TOKEN: 'secret' })).toBe(true);
  });

  it('asks for a page to show payloads on', () => {
    expect(() =>
      settings({ WEIR_METRICS_ADDR: '127.0.0.1:9090', WEIR_LIVE_PAGE: 'false' }),
    ).toThrow('has no place to show payloads');
  });
});

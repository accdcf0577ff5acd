import { describe, expect, it } from 'vitest';
import { type AdminOptions, createAdmin } from '../../src/admin/admin.ts';
import { MemoryMetricsStore } from '../../src/telemetry/memory-store.ts';
import { createMetricsSink } from '../../src/telemetry/metrics-sink.ts';
import { promtool, promtoolMissing } from '../telemetry/promtool.ts';
import { makeRecord, makeToolCall } from '../telemetry/records.ts';

function makeHealth(isReady: boolean): AdminOptions['health'] {
  return {
    isReady,
    health: () => ({ status: 'healthy', uptime_seconds: 1.5 }),
    readiness: () => ({
      status: isReady ? 'healthy' : 'unhealthy',
      checks: { target: { status: isReady ? 'up' : 'down' } },
      uptime_seconds: 1.5,
    }),
  };
}

function setUp(options: Partial<AdminOptions> = {}) {
  const store = new MemoryMetricsStore();
  const sink = createMetricsSink(store, { version: '1', runtime: 'node', target: 'h:1' });
  sink.started?.(makeRecord());
  sink.ended(makeRecord({ calls: [makeToolCall('a "quoted" \\ name\n')] }));
  const admin = createAdmin({
    snapshot: () => store.snapshot(),
    health: makeHealth(true),
    ...options,
  });
  return (path: string, init: RequestInit = {}) =>
    admin.fetch(new Request(`http://admin.test${path}`, init));
}

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

describe('createAdmin', () => {
  it('leaves health to probes and nothing else when asked to', async () => {
    const fetch = setUp({ token: 'secret-token', openHealth: true });
    for (const path of ['/healthz', '/health', '/readyz', '/ready']) {
      expect((await fetch(path)).status).toBe(200);
    }
    for (const path of ['/metrics', '/', '/other']) expect((await fetch(path)).status).toBe(401);
    expect((await fetch('/metrics', bearer('secret-token'))).status).toBe(200);
  });

  it.each(['/healthz', '/health', '/healthz/'])(
    '%s answers 200 with the liveness',
    async (path) => {
      const response = await setUp({ health: makeHealth(false) })(path);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('application/json');
      expect(await response.json()).toEqual({ status: 'healthy', uptime_seconds: 1.5 });
    },
  );

  it.each([
    ['/readyz', true, 200],
    ['/ready', true, 200],
    ['/readyz', false, 503],
    ['/ready', false, 503],
  ])('%s, ready %s, answers %i', async (path, isReady, status) => {
    const response = await setUp({ health: makeHealth(isReady) })(path);
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({
      status: isReady ? 'healthy' : 'unhealthy',
      checks: { target: { status: isReady ? 'up' : 'down' } },
      uptime_seconds: 1.5,
    });
  });

  it('/metrics answers Prometheus text by default and OpenMetrics when asked', async () => {
    const get = setUp();
    const text = await get('/metrics');
    expect(text.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await text.text()).toContain(
      '\nmcp_requests_total{status="200",method="tools/call"} 1\n',
    );
    const accept = 'application/openmetrics-text; version=1.0.0';
    const openMetrics = await get('/metrics', { headers: { accept } });
    expect(openMetrics.headers.get('content-type')).toBe(
      'application/openmetrics-text; version=1.0.0; charset=utf-8',
    );
    expect(openMetrics.headers.get('vary')).toBe('accept');
    expect(await openMetrics.text()).toMatch(/\n# EOF\n$/);
  });

  it('/metrics passes promtool check metrics', async (context) => {
    if (promtoolMissing !== null) return context.skip(promtoolMissing);
    const text = await (await setUp()('/metrics')).text();
    expect(promtool(['check', 'metrics'], text)).toEqual({ ok: true, output: '' });
  });

  it('/metrics waits for a snapshot that has to be fetched', async () => {
    const response = await setUp({ snapshot: async () => [] })('/metrics');
    expect([response.status, await response.text()]).toEqual([200, '']);
  });

  it('answers 500 without details when the snapshot fails', async () => {
    const response = await setUp({
      snapshot: () => Promise.reject(new Error('secret')),
    })('/metrics');
    expect(response.status).toBe(500);
    expect(await response.text()).toBe('The admin surface failed to answer.\n');
  });

  it('/ lists what is there', async () => {
    const text = await (await setUp()('/')).text();
    for (const path of ['/metrics', '/healthz', '/readyz']) expect(text).toContain(path);
  });

  it.each(['/nothing', '/metrics/x', '/metricsx', '/__proto__'])('%s is 404', async (path) => {
    const response = await setUp()(path);
    expect(response.status).toBe(404);
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])(
    '%s is 405 on every route',
    async (method) => {
      for (const path of ['/', '/metrics', '/healthz', '/health', '/readyz', '/ready']) {
        const response = await setUp()(path, { method });
        expect(response.status).toBe(405);
        expect(response.headers.get('allow')).toBe('GET, HEAD');
      }
    },
  );

  it('HEAD has the head of GET and no body', async () => {
    const get = setUp({ health: makeHealth(false) });
    for (const path of ['/metrics', '/readyz', '/']) {
      const [head, full] = [await get(path, { method: 'HEAD' }), await get(path)];
      expect([...head.headers]).toEqual([...full.headers]);
      expect(head.status).toBe(full.status);
      expect(head.body).toBeNull();
    }
  });

  it('nothing is stored, sniffed or shared with other origins', async () => {
    const get = setUp({ token: 't' });
    const origin = { origin: 'https://evil.test' };
    for (const [path, headers] of [
      ['/metrics', { ...bearer('t').headers, ...origin }],
      ['/metrics', origin],
      ['/nothing', { ...bearer('t').headers, ...origin }],
    ] as const) {
      const response = await get(path, { headers });
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(
        [...response.headers.keys()].filter((name) => name.startsWith('access-control')),
      ).toEqual([]);
    }
  });

  it.each<[string, RequestInit, number]>([
    ['the token', bearer('s3cret'), 200],
    ['another case of the scheme', { headers: { authorization: 'bearer s3cret' } }, 200],
    ['no token', {}, 401],
    ['a wrong token', bearer('wrong!'), 401],
    ['a longer token', bearer('s3cretx'), 401],
    ['a shorter token', bearer('s3cre'), 401],
    ['an empty token', bearer(''), 401],
    ['another scheme', { headers: { authorization: 'Basic s3cret' } }, 401],
    ['two tokens', bearer('s3cret s3cret'), 401],
  ])('with a token set, %s gets its answer', async (_, init, status) => {
    const get = setUp({ token: 's3cret', requireToken: true });
    for (const path of ['/metrics', '/healthz', '/readyz', '/']) {
      const response = await get(path, init);
      expect(response.status).toBe(status);
      if (status === 401) {
        expect(response.headers.get('www-authenticate')).toBe('Bearer realm="weir"');
      }
    }
  });

  it('without the token nobody learns which paths exist', async () => {
    expect((await setUp({ token: 't' })('/nothing')).status).toBe(401);
  });

  it('requireToken without a token answers 404 to everything', async () => {
    for (const token of [null, undefined]) {
      const options = token === undefined ? {} : { token };
      const get = setUp({ ...options, requireToken: true });
      for (const path of ['/', '/metrics', '/healthz']) {
        expect((await get(path, bearer('x'))).status).toBe(404);
      }
    }
  });

  it('an empty token is a mistake, not an open door', () => {
    expect(() => setUp({ token: '' })).toThrow(TypeError);
  });

  it('prefix moves every route and leaves nothing outside', async () => {
    const get = setUp({ prefix: '/_weir' });
    expect((await get('/_weir/metrics')).status).toBe(200);
    expect((await get('/_weir/ready')).status).toBe(200);
    expect(await (await get('/_weir')).text()).toContain('/_weir/metrics ');
    for (const path of ['/metrics', '/', '/_weirdo/metrics', '/x/_weir/metrics']) {
      expect((await get(path)).status).toBe(404);
    }
  });

  it.each(['_weir', '/', '/a/', '/:x', '/*', '/a b'])('refuses the prefix %j', (prefix) => {
    expect(() => setUp({ prefix })).toThrow(TypeError);
  });

  it('fetch can be detached', async () => {
    const { fetch } = createAdmin({ snapshot: () => [], health: makeHealth(true) });
    expect((await fetch(new Request('http://h/healthz'))).status).toBe(200);
  });
});

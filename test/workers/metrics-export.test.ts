import { env, reset, runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AlarmState } from '../../src/runtime/workers/types.ts';
import { WeirMetrics } from '../../src/runtime/workers.ts';
import type { MetricsDelta } from '../../src/telemetry/delta.ts';
import { findMetric, metricValue, type Received, startTimes } from '../otel/received.ts';
import type { WireRequest } from '../otel/wire.ts';
import { TestIsolate } from './isolates.ts';

const COLLECTOR = 'http://collector.test:4318';

const VARS = {
  WEIR_TARGET_ADDR: 'http://localhost:3001',
  OTEL_EXPORTER_OTLP_ENDPOINT: COLLECTOR,
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  OTEL_METRIC_EXPORT_INTERVAL: '5000',
  // So that the test's own families are pushed as they are named.
  WEIR_METRICS_PROFILES: 'sidecar',
};

let requests: WireRequest[] = [];
/** Status of the next answers; 200 when there are none. */
let answers: { status: number; retryAfter?: string }[] = [];

beforeEach(() => {
  requests = [];
  answers = [];
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (url, init) => {
    // The object asks the MCP server whether it is there.
    if (url !== `${COLLECTOR}/v1/metrics`) return new Response('');
    const body = await new Response(init?.body as BodyInit).text();
    const { status, retryAfter } = answers.shift() ?? { status: 200 };
    if (status === 200) requests.push(JSON.parse(body) as WireRequest);
    return new Response(status === 200 ? '{}' : 'no', {
      status,
      headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter },
    });
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await reset();
});

const received = (): Received => ({ metrics: requests, traces: [], logs: [] });

/** Runs with an object of its own that exports; the storage is that of the name. */
async function withObject<T>(
  name: string,
  run: (object: WeirMetrics, state: AlarmState) => Promise<T>,
  vars: Readonly<Record<string, string>> = VARS,
): Promise<T> {
  const stub = env.WEIR_METRICS.get(env.WEIR_METRICS.idFromName(name));
  return runInDurableObject(stub, async (_, state) => {
    const object = new WeirMetrics(state, vars);
    // Whatever it does at its beginning is done when the next can be.
    await state.blockConcurrencyWhile(async () => {});
    return run(object, state);
  });
}

async function send(object: WeirMetrics, delta: MetricsDelta): Promise<void> {
  const response = await object.fetch(
    new Request('https://metrics.invalid/deltas', { method: 'POST', body: JSON.stringify(delta) }),
  );
  expect(response.status).toBe(204);
}

describe('WeirMetrics over OTLP', () => {
  it('exports exact totals of several isolates, however their deltas arrive', async () => {
    const isolates = ['a', 'b', 'c'].map((source) => new TestIsolate(source));
    const deltas = isolates.flatMap((isolate, index) =>
      [1, 2, 3].map((amount) => {
        isolate.requests('search').add(amount * (index + 1));
        isolate.seconds.observe(amount);
        return isolate.cut();
      }),
    );
    await withObject('exact', async (object) => {
      // Twice each, the last ones first.
      for (const delta of [...deltas].reverse()) await send(object, delta);
      for (const delta of deltas) await send(object, delta);
      await object.alarm();
    });
    expect(requests).toHaveLength(1);
    expect(metricValue(received(), 'test_requests_total', { tool: 'search' })).toBe(36);
    const { histogram } = findMetric(received(), 'test_seconds') ?? {};
    expect(histogram?.dataPoints.map(({ count, sum }) => [Number(count), sum])).toEqual([[9, 18]]);
    expect(histogram?.aggregationTemporality).toBe(2);
  });

  it('says whether the upstream is there, which no isolate has told it', async () => {
    const isolate = new TestIsolate('a');
    isolate.requests('search').add(1);
    await withObject('health', async (object) => {
      await send(object, isolate.cut());
      await object.alarm();
    });
    expect(metricValue(received(), 'mcp_upstream_available', { server_name: 'upstream' })).toBe(1);
  });

  it('goes on where it was after a restart, from the same beginning', async () => {
    const isolate = new TestIsolate('a');
    isolate.requests('search').add(2);
    const before = isolate.cut();
    await withObject('restart', async (object) => {
      await send(object, before);
      await object.alarm();
    });
    isolate.requests('search').add(5);
    await withObject('restart', async (object) => {
      await send(object, before);
      await send(object, isolate.cut());
      await object.alarm();
    });
    expect(metricValue(received(), 'test_requests_total')).toBe(7);
    expect(startTimes(received(), 'test_requests_total').size).toBe(1);
    expect(requests).toHaveLength(2);
  });

  it('sets an alarm with the first delta, and another one after each export', async () => {
    const isolate = new TestIsolate('a');
    await withObject('alarms', async (object, { storage }) => {
      expect(await storage.getAlarm()).toBeNull();
      isolate.requests('search').add(1);
      await send(object, isolate.cut());
      const first = await storage.getAlarm();
      expect(first).not.toBeNull();
      isolate.requests('search').add(1);
      await send(object, isolate.cut());
      expect(await storage.getAlarm()).toBe(first);
      await object.alarm();
      expect(await storage.getAlarm()).toBeGreaterThanOrEqual(first ?? Number.NaN);
    });
  });

  it('lets the alarm be once isolates have been silent for long', async () => {
    const isolate = new TestIsolate('a');
    await withObject('idle', async (object, { storage }) => {
      isolate.requests('search').add(1);
      await send(object, isolate.cut());
      const alarm = await storage.getAlarm();
      const later = Date.now() + 310_000;
      vi.spyOn(Date, 'now').mockReturnValue(later);
      await object.alarm();
      // The one before is what is left of it: none was set anew.
      expect(await storage.getAlarm()).toBe(alarm);
    });
    expect(requests).toHaveLength(1);
  });

  it('tries again when the collector is away, not before it was asked to, and loses nothing', async () => {
    const lines: unknown[] = [];
    vi.spyOn(console, 'log').mockImplementation((line) => void lines.push(line));
    const isolate = new TestIsolate('a');
    answers = [{ status: 503, retryAfter: '60' }, { status: 500 }];
    await withObject('away', async (object, { storage }) => {
      isolate.requests('search').add(3);
      await send(object, isolate.cut());
      await object.alarm();
      expect(answers).toHaveLength(1);
      expect(await storage.getAlarm()).toBeGreaterThan(Date.now() + 50_000);
      await object.alarm();
      isolate.requests('search').add(4);
      await send(object, isolate.cut());
      await object.alarm();
    });
    expect(metricValue(received(), 'test_requests_total')).toBe(7);
    const told = lines.filter((line) => String(line).includes('metrics not exported'));
    expect(told).toHaveLength(1);
  });

  it.each([
    ['nothing is to be exported', { ...VARS, OTEL_SDK_DISABLED: 'true' }],
    [
      'isolates export what they add',
      { ...VARS, OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'delta' },
    ],
  ])('exports nothing where %s', async (_what, vars) => {
    const isolate = new TestIsolate('a');
    await withObject(
      'off',
      async (object, { storage }) => {
        isolate.requests('search').add(1);
        await send(object, isolate.cut());
        expect(await storage.getAlarm()).toBeNull();
        await object.alarm();
      },
      vars,
    );
    expect(requests).toEqual([]);
  });
});

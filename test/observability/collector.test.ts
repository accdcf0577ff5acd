/**
 * The collector's configuration, in a real collector: it is valid, it takes personal data out of
 * whatever comes, and what weir pushes through it is what the dashboard and its alerts ask for.
 *
 * @module
 */

import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../fixtures/wait.ts';
import { collectorPath } from '../otel/collector.ts';
import {
  COLLECTOR_CONFIG,
  JAEGER_CONFIG,
  type ShippedCollector,
  startShippedCollector,
} from './collector.ts';
import { expectData, queriesOf, readDashboards, SEEN_MS } from './dashboards.ts';
import { describeWith } from './describe-with.ts';
import { type Prometheus, prometheusMissing } from './prometheus.ts';
import { Stack, startPrometheusFor, startTraffic } from './stack.ts';

const program = collectorPath();
const missing = program === null ? 'no collector was built' : null;
const START_MS = 90_000;

describeWith(missing, 'otel-collector-config.yaml', () => {
  let collector: ShippedCollector;
  beforeAll(async () => {
    collector = await startShippedCollector(program ?? '');
  }, START_MS);
  afterAll(() => collector?.stop());

  it.each([
    ['by itself', [COLLECTOR_CONFIG]],
    ['with Jaeger', [COLLECTOR_CONFIG, JAEGER_CONFIG]],
  ])('is valid %s', (_, files) => {
    const { status, stderr } = spawnSync(
      program ?? '',
      ['validate', ...files.flatMap((file) => ['--config', file])],
      { encoding: 'utf8' },
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  const PRIVATE = {
    'user.id': 'ada@example.com',
    'user.account_uuid': '5f6c1f0e-0000-4000-8000-000000000001',
    prompt: 'a prompt that nobody else may read',
    'message.content': 'a message that nobody else may read',
    access_token: 'secret-1',
    'gen_ai.Token.id': 'secret-2',
  };
  const attributes = Object.entries({ ...PRIVATE, 'mcp.method.name': 'tools/call' }).map(
    ([key, value]) => ({ key, value: { stringValue: value } }),
  );
  const resource = { attributes };
  const span = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    name: 'tools/call',
    startTimeUnixNano: '1',
    endTimeUnixNano: '2',
    attributes,
    events: [{ timeUnixNano: '1', name: 'event', attributes }],
  };
  const logRecord = { timeUnixNano: '1', body: { stringValue: 'a line' }, attributes };

  it.each([
    ['traces', { resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] }, 3],
    ['logs', { resourceLogs: [{ resource, scopeLogs: [{ logRecords: [logRecord] }] }] }, 2],
  ] as const)('takes personal data and secrets out of %s', async (signal, body, places) => {
    for (let i = 0; i < 2; i++) {
      const { status } = await fetch(`${collector.url}/v1/${signal}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      expect(status).toBe(200);
    }
    const exported = await eventually(() => {
      const text = collector.exported(signal);
      expect(text.match(/"mcp\.method\.name"/g)).toHaveLength(2 * places);
      return text;
    });
    for (const value of Object.values(PRIVATE)) expect(exported).not.toContain(value);
    expect(exported).not.toMatch(/"key":"(?:prompt|message\.content|[^"]*token[^"]*)"/i);
    for (const key of ['user.id', 'user.account_uuid']) {
      const hashes = [
        ...exported.matchAll(new RegExp(`"key":"${key}","value":{"stringValue":"([^"]+)"}`, 'g')),
      ].map(([, hash]) => hash);
      expect(hashes).toHaveLength(2 * places);
      // Whoever it was, it is the same one.
      for (const hash of hashes) expect(hash).toMatch(/^[0-9a-f]{40,64}$/);
      expect(new Set(hashes).size).toBeLessThanOrEqual(2);
    }
  });
});

describeWith(missing ?? prometheusMissing, 'weir, collector and Prometheus', () => {
  let stack: Stack;
  let prometheus: Prometheus;

  beforeAll(async () => {
    stack = await Stack.start();
    const collector = stack.endsWith(await startShippedCollector(program ?? ''));
    const weir = await stack.weir({
      runtime: 'node',
      args: ['--upstream-name', 'demo', '--otlp-metric-interval', '500ms'],
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_SERVICE_NAME: 'weir-demo',
      },
    });
    prometheus = stack.endsWith(
      await startPrometheusFor(
        [],
        [
          {
            job_name: 'pushed',
            honor_labels: true,
            static_configs: [{ targets: [collector.scraped] }],
          },
        ],
      ),
    );
    stack.endsWith(startTraffic([weir]));
  }, START_MS);
  afterAll(() => stack?.stop(), START_MS);

  const dashboard = readDashboards().find(({ uid }) => uid === 'mcp-observability');
  if (dashboard === undefined) throw new Error('There is no dashboard mcp-observability');

  it.each(queriesOf(dashboard))(
    '$row: $panel ($legend)',
    ({ expr }) => expectData(prometheus, dashboard, expr),
    SEEN_MS,
  );

  it('shows every series with the names of the server and of the weir that pushed it', async () => {
    const series = await prometheus.query('mcp_tool_calls_total{tool_name="add",status="ok"}');
    expect(series.map(({ metric }) => metric)).toEqual([
      {
        __name__: 'mcp_tool_calls_total',
        tool_name: 'add',
        status: 'ok',
        server_name: 'demo',
        job: 'weir-demo',
        instance: expect.stringMatching(/\S/),
      },
    ]);
  });

  it(
    'fires the alert on errors from what was pushed',
    () =>
      eventually(async () => {
        const alerts = await prometheus.alerts();
        expect(alerts.filter(({ state }) => state === 'firing')).toContainEqual(
          expect.objectContaining({
            name: 'MCPHighErrorRate',
            labels: { alertname: 'MCPHighErrorRate', severity: 'warning', server_name: 'demo' },
          }),
        );
      }, SEEN_MS),
    SEEN_MS,
  );
});

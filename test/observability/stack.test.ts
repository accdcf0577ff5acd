/**
 * Dashboards and alerts with a real Prometheus, which scrapes weir on every runtime under generated
 * traffic: every query of every panel returns data, and alerts fire for what really happens.
 *
 * @module
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../fixtures/wait.ts';
import { WEIR_RUNTIMES, type WeirProcess } from '../fixtures/weir-process.ts';
import { expectData, fillIn, queriesOf, readDashboards, SEEN_MS } from './dashboards.ts';
import { describeWith } from './describe-with.ts';
import { type Prometheus, prometheusMissing } from './prometheus.ts';
import { loadTest, type Scraped, Stack, startPrometheusFor, startTraffic } from './stack.ts';

const START_MS = 90_000;
const METRIC_NAMES = /\b(?:mcp|weir|process)_[a-z_]+/g;
/** More calls a second than this are refused. */
const BUDGET = `
limits:
  rates:
    - { name: calls, per: [address], rate: 5/s }
`;

describeWith(prometheusMissing, 'a real Prometheus', () => {
  let stack: Stack;
  let prometheus: Prometheus;
  const weirs = new Map<string, WeirProcess>();

  beforeAll(async () => {
    stack = await Stack.start();
    const start = async (job: string, ...options: Parameters<Stack['weir']>) => {
      weirs.set(job, await stack.weir(...options));
    };
    await Promise.all([
      ...WEIR_RUNTIMES.map((runtime) => start(runtime, { runtime })),
      start('guarded', { runtime: 'node' }, BUDGET),
      // What weir pushes has the same names when it is scraped.
      start('pushed', {
        runtime: 'node',
        args: [
          ...['--metrics-profiles', 'sidecar', '--upstream-name', 'demo'],
          ...['--health-check-interval', '500ms'],
        ],
      }),
      start('well', { runtime: 'node', args: ['--traces-mode', 'on'] }),
    ]);
    const targets = [...weirs].map(([job, weir]): Scraped => ({ job, weir }));
    prometheus = stack.endsWith(await startPrometheusFor(targets));
    const busy = targets.filter(({ job }) => job !== 'well').map(({ weir }) => weir);
    stack.endsWith(startTraffic(busy));
    // Something that weir forwards without understanding it.
    await fetch(`${weirs.get('node')?.url}/mcp`, { method: 'POST', body: '{"jsonrpc":' });
    await loadTest(weirs.get('well') as WeirProcess, 200);
  }, START_MS);

  afterAll(() => stack?.stop(), START_MS);

  it.each(WEIR_RUNTIMES)(
    'scrapes %s without a complaint',
    (runtime) =>
      eventually(async () => {
        const target = (await prometheus.targets()).find(({ job }) => job === runtime);
        expect(target).toEqual({ job: runtime, health: 'up', lastError: '' });
        const calls = await prometheus.query(
          `sum by (tool_name) (mcp_tool_calls_total{job="${runtime}"})`,
        );
        const tools = calls.map(({ metric }) => metric.tool_name);
        expect(tools).toEqual(expect.arrayContaining(['add', 'always_fails', 'countdown']));
      }, SEEN_MS),
    SEEN_MS,
  );

  for (const dashboard of readDashboards()) {
    describe(`dashboard ${dashboard.uid}`, () => {
      it.each(queriesOf(dashboard))(
        '$row: $panel ($legend)',
        ({ expr }) => expectData(prometheus, dashboard, expr),
        SEEN_MS,
      );

      it('asks for metrics that there are', async () => {
        const exprs = queriesOf(dashboard).map(({ expr }) => expr);
        const names = new Set(exprs.flatMap((expr) => expr.match(METRIC_NAMES) ?? []));
        for (const name of names) expect(await prometheus.query(name), name).not.toEqual([]);
      });

      it('has choices', async () => {
        for (const { name, definition } of dashboard.templating.list) {
          const [, vector = '', label = ''] =
            /^label_values\((.+), (\w+)\)$/.exec(definition ?? '') ?? [];
          if (vector === '' || name === 'namespace') continue;
          const series = await prometheus.query(fillIn(vector, dashboard, '1m'));
          expect(
            series.some(({ metric }) => metric[label] !== undefined),
            name,
          ).toBe(true);
        }
      });
    });
  }

  const withExemplars = readDashboards().flatMap((dashboard) =>
    queriesOf(dashboard)
      .filter(({ exemplars }) => exemplars)
      .map((query) => ({ ...query, dashboard })),
  );

  it.each(withExemplars)(
    'leads from "$panel" of $dashboard.uid to traces',
    ({ expr, dashboard }) =>
      eventually(async () => {
        const ids = await prometheus.exemplars(fillIn(expr, dashboard, '1m'), 'trace_id');
        expect(ids.length).toBeGreaterThan(0);
        for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
      }, SEEN_MS),
    SEEN_MS,
  );

  it('keeps the two sets of names apart', async () => {
    const rate = (selector: string) =>
      prometheus.query(`count by (job) (mcp_requests_total{${selector}})`);
    const jobs = async (selector: string) =>
      (await rate(selector)).map(({ metric }) => metric.job).sort();
    expect(await jobs('server_name!=""')).toEqual(['pushed']);
    expect(await jobs('server_name=""')).toEqual([...WEIR_RUNTIMES, 'guarded', 'well'].sort());
  });

  it(
    'records what the recording rules say',
    () =>
      eventually(async () => {
        const calls = await prometheus.query('job:mcp_tool_calls:rate1m > 0');
        expect(calls.map(({ metric }) => metric.job)).toEqual(
          expect.arrayContaining([...WEIR_RUNTIMES]),
        );
      }, SEEN_MS),
    SEEN_MS,
  );

  /** What the firing alerts of a name are about. */
  async function firing(name: string, label: string): Promise<readonly string[]> {
    const alerts = await prometheus.alerts();
    return alerts
      .filter((alert) => alert.name === name && alert.state === 'firing')
      .map(({ labels }) => labels[label] ?? '')
      .sort();
  }

  it(
    'fires the alerts on errors from calls that fail inside a 200, and for nobody else',
    () =>
      eventually(async () => {
        expect(await firing('MCPServerHighErrorRate', 'job')).toEqual(
          expect.arrayContaining([...WEIR_RUNTIMES]),
        );
        expect(await firing('MCPHighErrorRate', 'server_name')).toEqual(['demo']);
        expect(await firing('MCPServerHighErrorRate', 'job')).not.toContain('well');
        const failed = await prometheus.query(
          'sum by (status) (mcp_requests_total{job="node",method="tools/call"})',
        );
        expect(failed.map(({ metric }) => metric.status)).toEqual(['200']);
      }, SEEN_MS),
    SEEN_MS,
  );

  it(
    'fires the alerts on a sidecar and a server that are gone',
    async () => {
      expect(await firing('MCPProxySidecarDown', 'job')).toEqual([]);
      expect(await firing('MCPUpstreamDown', 'server_name')).toEqual([]);
      await weirs.get('well')?.stop();
      await stack.server.close();
      await eventually(async () => {
        expect(await firing('MCPProxySidecarDown', 'job')).toEqual(['well']);
        expect(await firing('MCPUpstreamDown', 'server_name')).toEqual(['demo']);
      }, SEEN_MS);
    },
    SEEN_MS,
  );
});

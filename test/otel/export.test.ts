/**
 * Traffic through weir on every runtime, and what a receiver of OTLP then knows of it.
 *
 * @module
 */

import { afterAll, beforeAll, expect } from 'vitest';
import { type ContractTarget, contract } from '../contract/harness.ts';
import { eventually } from '../fixtures/wait.ts';
import type { WeirProcess } from '../fixtures/weir-process.ts';
import { RECEIVER_NAME, startReceiver } from './collector.ts';
import {
  findMetric,
  logsOf,
  metricNames,
  metricValue,
  type OtlpTestReceiver,
  resourcesOf,
  spansOf,
  startTimes,
} from './received.ts';
import {
  callTool,
  OTLP_RUNTIMES,
  PROMPT,
  startToolServer,
  type ToolServer,
} from './tool-server.ts';
import { attributesOf } from './wire.ts';

process.stdout.write(`OTLP is received by ${RECEIVER_NAME}.\n`);

interface Stage {
  weir: WeirProcess;
  receiver: OtlpTestReceiver;
}

function stage(
  target: ContractTarget,
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Stage {
  const stage = {} as Stage;
  let server: ToolServer;
  beforeAll(async () => {
    server = await startToolServer();
    stage.receiver = await startReceiver();
    stage.weir = await target.start({
      target: server.authority,
      args,
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: stage.receiver.url, ...env },
    });
  });
  afterAll(async () => {
    await stage.weir.stop();
    await stage.receiver.stop();
    await server.stop();
  });
  return stage;
}

contract(
  `exports to ${RECEIVER_NAME}`,
  (target) => {
    const at = stage(target, {
      ...PROMPT,
      OTEL_SERVICE_NAME: 'payments-proxy',
      OTEL_ENV: 'test',
      SERVICE_VERSION: '7.1',
      OTEL_RESOURCE_ATTRIBUTES: 'k8s.pod.name=pod%2D1,access_token=hidden,user.id=alice',
      MCP_UPSTREAM_NAME: 'weather',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    });

    target.test('metrics with their names, labels, values and units', async () => {
      await callTool(at.weir, 'good', 3);
      await callTool(at.weir, 'bad', 2);
      await eventually(() => {
        const received = at.receiver.received();
        const server = { server_name: 'weather' };
        const calls = { ...server, method: 'tools/call' };
        expect(metricValue(received, 'mcp_requests_total', { ...calls, status: 'ok' })).toBe(3);
        expect(metricValue(received, 'mcp_requests_total', { ...calls, status: 'error' })).toBe(2);
        expect(metricValue(received, 'mcp_requests_total')).toBe(5);
        expect(metricValue(received, 'mcp_request_duration_seconds', calls)).toBe(5);
        expect(
          metricValue(received, 'mcp_tool_calls_total', {
            ...server,
            tool_name: 'bad',
            status: 'error',
          }),
        ).toBe(2);
        expect(metricValue(received, 'mcp_active_connections', server)).toBe(0);
        const { sum } = findMetric(received, 'mcp_requests_total') ?? {};
        expect(sum).toMatchObject({ isMonotonic: true, aggregationTemporality: 2 });
        const duration = findMetric(received, 'mcp_request_duration_seconds');
        expect(duration?.unit).toBe('s');
        expect(duration?.histogram?.aggregationTemporality).toBe(2);
        // The names of the scrape endpoint stay there.
        expect(metricNames(received).has('mcp_request_errors_total')).toBe(false);
        // One beginning for all exports of a total, or each would look like a restart.
        expect(startTimes(received, 'mcp_requests_total').size).toBe(1);
      });
    });

    target.test('who it is, without what must not leave', async () => {
      await eventually(() => {
        const received = at.receiver.received();
        expect(received.metrics).not.toEqual([]);
        expect(received.traces).not.toEqual([]);
        for (const resource of resourcesOf(received)) {
          expect(resource).toEqual({
            'service.name': 'payments-proxy',
            'service.version': '7.1',
            'service.instance.id': expect.any(String),
            'deployment.environment.name': 'test',
            'k8s.pod.name': 'pod-1',
          });
        }
      });
    });

    target.test(
      'a span towards the client and one towards the server, and a log record',
      async () => {
        const logsBefore = logsOf(at.receiver.received()).length;
        await callTool(at.weir, 'traced', 1);
        await eventually(() => {
          const received = at.receiver.received();
          const spans = spansOf(received).filter(({ name }) => name === 'tools/call traced');
          expect(spans.map(({ kind }) => kind).sort()).toEqual([2, 3]);
          const [server] = spans.filter(({ kind }) => kind === 2);
          const [client] = spans.filter(({ kind }) => kind === 3);
          expect(client?.traceId).toBe(server?.traceId);
          expect(client?.parentSpanId).toBe(server?.spanId);
          const logs = logsOf(received);
          expect(logs.length).toBeGreaterThan(logsBefore);
          const [log] = logs.filter(({ traceId }) => traceId === server?.traceId);
          expect(log).toMatchObject({
            spanId: server?.spanId,
            severityText: 'INFO',
            eventName: 'weir.exchange',
            body: { stringValue: 'exchange' },
          });
          expect(attributesOf(log?.attributes)).toMatchObject({
            'mcp.method.name': 'tools/call',
            'gen_ai.tool.name': 'traced',
            'http.response.status_code': 200,
            'weir.outcome': 'ok',
            'weir.upstream.name': 'weather',
          });
        });
      },
    );
  },
  OTLP_RUNTIMES,
);

contract(
  `exports deltas as JSON to ${RECEIVER_NAME}`,
  (target) => {
    const at = stage(target, {
      ...PROMPT,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'delta',
      WEIR_OTLP_METRICS_PROFILES: 'semconv',
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
    });

    target.test('that add up to what there was', async () => {
      for (const times of [3, 4]) {
        const before = metricValue(at.receiver.received(), 'mcp.server.operation.duration');
        await callTool(at.weir, 'good', times);
        await eventually(() => {
          const received = at.receiver.received();
          expect(metricValue(received, 'mcp.server.operation.duration')).toBe(before + times);
          const metric = findMetric(received, 'mcp.server.operation.duration');
          expect(metric?.unit).toBe('s');
          expect(metric?.histogram?.aggregationTemporality).toBe(1);
          expect(attributesOf(metric?.histogram?.dataPoints[0]?.attributes)).toMatchObject({
            'mcp.method.name': 'tools/call',
            'gen_ai.tool.name': 'good',
          });
        });
      }
      expect(metricValue(at.receiver.received(), 'mcp.server.operation.duration')).toBe(7);
      expect(at.receiver.received().traces).toEqual([]);
      expect(at.receiver.received().logs).toEqual([]);
    });
  },
  OTLP_RUNTIMES,
);

contract(
  `exports the sum of two workers to ${RECEIVER_NAME}`,
  (target) => {
    const at = stage(target, PROMPT, ['--workers', '2']);

    target.test('from one place, with the spans of both', async () => {
      await Promise.all(Array.from({ length: 8 }, () => callTool(at.weir, 'good', 2)));
      await eventually(() => {
        const received = at.receiver.received();
        expect(metricValue(received, 'mcp_requests_total', { status: 'ok' })).toBe(16);
        expect(spansOf(received)).toHaveLength(32);
        expect(logsOf(received)).toHaveLength(16);
        const instances = received.metrics
          .flatMap(({ resourceMetrics = [] }) => resourceMetrics)
          .map(({ resource }) => attributesOf(resource.attributes)['service.instance.id']);
        expect(new Set(instances).size).toBe(1);
      });
    });
  },
  ['node', 'bun'],
);

contract(
  `delivers the rest to ${RECEIVER_NAME} when it ends`,
  (target) => {
    const slow = {
      OTEL_METRIC_EXPORT_INTERVAL: '3600000',
      OTEL_BSP_SCHEDULE_DELAY: '3600000',
      OTEL_BLRP_SCHEDULE_DELAY: '3600000',
    };
    const at = stage(target, slow);

    target.test('metrics, spans and log records', async () => {
      await callTool(at.weir, 'good', 2);
      expect(at.receiver.received()).toEqual({ metrics: [], traces: [], logs: [] });
      at.weir.signal('SIGTERM');
      expect((await at.weir.exited).code).toBe(0);
      await eventually(() => {
        const received = at.receiver.received();
        expect(metricValue(received, 'mcp_requests_total')).toBe(2);
        expect(spansOf(received)).toHaveLength(4);
        expect(logsOf(received)).toHaveLength(2);
      });
    });
  },
  ['node', 'deno', 'bun'],
);

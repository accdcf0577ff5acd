/**
 * The `generic` profile: `http_*`, `tool_*` and `external_api_*` without a prefix of weir's, for
 * dashboards that show many services under the names these have in common.
 *
 * @module
 */

import type { ExchangeRecord } from '../../exchange/record.ts';
import { isFailure } from '../failures.ts';
import { LazyMap } from '../lazy-map.ts';
import type { CounterSeries, Family, HistogramSeries, MetricDefinition } from '../metrics-store.ts';
import type { WireLabels } from '../wire-labels.ts';
import { outcomeOf, targetOf } from './calls.ts';
import { SERVICE_STATUS } from './health.ts';
import { shownStatus } from './http-status.ts';
import {
  isSseConnection,
  type MetricsDeclarer,
  type MetricsProfile,
  type ProfileFacts,
} from './profile.ts';

/** What client libraries of Prometheus begin with. */
const DURATION_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const SIZE_BUCKETS_BYTES = [100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

const METRICS = {
  requests: {
    name: 'http_requests_total',
    type: 'counter',
    help: 'HTTP requests by method, endpoint and status, counted when they end.',
    labels: ['method', 'path', 'status_code', 'service'],
  },
  duration: {
    name: 'http_request_duration_seconds',
    type: 'histogram',
    help: 'Time from request head to response end, SSE connections left out.',
    labels: ['method', 'path', 'status_code', 'service'],
    buckets: DURATION_BUCKETS_SECONDS,
    unit: 'seconds',
  },
  requestSize: {
    name: 'http_request_size_bytes',
    type: 'histogram',
    help: 'Size of request bodies, empty ones left out.',
    labels: ['method', 'path', 'service'],
    buckets: SIZE_BUCKETS_BYTES,
    unit: 'bytes',
  },
  responseSize: {
    name: 'http_response_size_bytes',
    type: 'histogram',
    help: 'Size of response bodies, empty ones left out.',
    labels: ['method', 'path', 'status_code', 'service'],
    buckets: SIZE_BUCKETS_BYTES,
    unit: 'bytes',
  },
  active: {
    name: 'http_connections_active',
    type: 'gauge',
    help: 'HTTP requests in flight.',
    labels: [],
  },
  toolCalls: {
    name: 'tool_calls_total',
    type: 'counter',
    help: 'Requests of tools/call by tool and status.',
    labels: ['service_name', 'tool_name', 'status'],
  },
  toolDuration: {
    name: 'tool_call_duration_seconds',
    type: 'histogram',
    help: 'Duration of exchanges that were one tools/call and nothing else, by tool and status.',
    labels: ['service_name', 'tool_name', 'status'],
    buckets: DURATION_BUCKETS_SECONDS,
    unit: 'seconds',
  },
  apiCalls: {
    name: 'external_api_calls_total',
    type: 'counter',
    help: 'Requests that weir sent to the MCP server, by JSON-RPC method and status.',
    labels: ['service_name', 'api_name', 'status'],
  },
  apiDuration: {
    name: 'external_api_call_duration_seconds',
    type: 'histogram',
    help: 'Time from the dispatch of a request to the MCP server to its response head.',
    labels: ['service_name', 'api_name', 'status'],
    buckets: DURATION_BUCKETS_SECONDS,
    unit: 'seconds',
  },
  buildInfo: {
    name: 'build_info',
    type: 'gauge',
    help: 'Always 1; its labels say what is running.',
    labels: ['version', 'runtime'],
    merge: 'max',
  },
} as const satisfies Record<string, MetricDefinition>;

type Status = 'success' | 'error';

/** What one kind of request moves when it ends. */
interface RequestSeries {
  readonly count: CounterSeries;
  readonly duration: HistogramSeries;
  readonly requestSize: HistogramSeries;
  readonly responseSize: HistogramSeries;
}

/** A counter and a histogram with the same labels. */
interface CallSeries {
  readonly count: CounterSeries;
  readonly duration: HistogramSeries;
}

/** Declares the families in the store and returns what moves them. */
export function createGenericProfile(
  store: MetricsDeclarer,
  labels: WireLabels,
  { serverName, version, runtime }: Omit<ProfileFacts, 'target'>,
): MetricsProfile {
  const requests = indexRequests(store, serverName);
  const active = store.gauge(METRICS.active).with();
  const tools = indexCalls(
    store.counter(METRICS.toolCalls),
    store.histogram(METRICS.toolDuration),
    serverName,
  );
  const api = indexCalls(
    store.counter(METRICS.apiCalls),
    store.histogram(METRICS.apiDuration),
    serverName,
  );
  store.gauge(SERVICE_STATUS);
  store.gauge(METRICS.buildInfo).with(version, runtime).set(1);

  function countTools(record: ExchangeRecord): void {
    for (const call of record.calls) {
      const name = targetOf(call, 'tools/call');
      if (name === null) continue;
      const status = isFailure(outcomeOf(call, record)) ? 'error' : 'success';
      const series = tools.at(labels.tool(name, call)).at(status);
      series.count.add(1);
      // How long one call of a batch took cannot be told from outside.
      if (record.calls.length === 1) series.duration.observe(record.durationMs / 1000);
    }
  }

  return {
    started(): void {
      active.add(1);
    },
    ended(record: ExchangeRecord, method: string): void {
      active.add(-1);
      const series = requests
        .at(labels.httpMethod(record.httpMethod))
        .at(labels.endpoint(record.path))
        .at(record.status);
      series.count.add(1);
      if (!isSseConnection(record.stream)) series.duration.observe(record.durationMs / 1000);
      if (record.requestBytes > 0) series.requestSize.observe(record.requestBytes);
      if (record.responseBytes > 0) series.responseSize.observe(record.responseBytes);
      countTools(record);
      if (record.dispatchedAfterMs === null) return;
      const call = api.at(method).at(isFailure(record.outcome) ? 'error' : 'success');
      call.count.add(1);
      if (record.upstreamFirstByteMs !== null) {
        call.duration.observe(record.upstreamFirstByteMs / 1000);
      }
    },
  };
}

function indexRequests(
  store: MetricsDeclarer,
  service: string,
): LazyMap<string, LazyMap<string, LazyMap<number, RequestSeries>>> {
  const count = store.counter(METRICS.requests);
  const duration = store.histogram(METRICS.duration);
  const requestSize = store.histogram(METRICS.requestSize);
  const responseSize = store.histogram(METRICS.responseSize);
  return new LazyMap(
    (method: string) =>
      new LazyMap(
        (path: string) =>
          new LazyMap((status: number): RequestSeries => {
            const code = shownStatus(status);
            return {
              count: count.with(method, path, code, service),
              duration: duration.with(method, path, code, service),
              requestSize: requestSize.with(method, path, service),
              responseSize: responseSize.with(method, path, code, service),
            };
          }),
      ),
  );
}

function indexCalls(
  count: Family<CounterSeries>,
  duration: Family<HistogramSeries>,
  service: string,
): LazyMap<string, LazyMap<Status, CallSeries>> {
  return new LazyMap(
    (name: string) =>
      new LazyMap(
        (status: Status): CallSeries => ({
          count: count.with(service, name, status),
          duration: duration.with(service, name, status),
        }),
      ),
  );
}

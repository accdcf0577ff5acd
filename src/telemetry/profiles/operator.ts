/**
 * The `operator` profile: `mcp_*` with the names, labels and buckets that dashboards and alerts
 * of the MCP operator's sidecar are written for.
 *
 * @module
 */

import type { ExchangeRecord, StreamKind } from '../../exchange/record.ts';
import { LazyMap } from '../lazy-map.ts';
import type { CounterSeries, MetricDefinition } from '../metrics-store.ts';
import { toTargetLabel } from '../resource-label.ts';
import type { WireLabels } from '../wire-labels.ts';
import { countErrors, targetOf } from './calls.ts';
import { shownStatus } from './http-status.ts';
import {
  isSseConnection,
  type MetricsDeclarer,
  type MetricsProfile,
  type ProfileFacts,
} from './profile.ts';

const DURATION_BUCKETS_SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const SIZE_BUCKETS_BYTES = [100, 1000, 10_000, 100_000, 1_000_000];
const CONNECTION_BUCKETS_SECONDS = [1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600];

const METRICS = {
  requests: {
    name: 'mcp_requests_total',
    type: 'counter',
    help: 'HTTP requests by response status and JSON-RPC method, counted when they end.',
    labels: ['status', 'method'],
  },
  duration: {
    name: 'mcp_request_duration_seconds',
    type: 'histogram',
    help: 'Time from request head to response end, SSE connections left out.',
    labels: [],
    buckets: DURATION_BUCKETS_SECONDS,
    unit: 'seconds',
  },
  requestSize: {
    name: 'mcp_request_size_bytes',
    type: 'histogram',
    help: 'Size of request bodies, empty ones left out.',
    labels: [],
    buckets: SIZE_BUCKETS_BYTES,
    unit: 'bytes',
  },
  responseSize: {
    name: 'mcp_response_size_bytes',
    type: 'histogram',
    help: 'Size of response bodies, empty ones left out.',
    labels: [],
    buckets: SIZE_BUCKETS_BYTES,
    unit: 'bytes',
  },
  activeConnections: {
    name: 'mcp_active_connections',
    type: 'gauge',
    help: 'HTTP requests in flight.',
    labels: [],
  },
  sseConnections: {
    name: 'mcp_sse_connections_total',
    type: 'counter',
    help: 'SSE connections opened: GET event streams and subscriptions/listen.',
    labels: [],
  },
  sseActive: {
    name: 'mcp_sse_connections_active',
    type: 'gauge',
    help: 'SSE connections open now.',
    labels: [],
  },
  sseDuration: {
    name: 'mcp_sse_connection_duration_seconds',
    type: 'histogram',
    help: 'How long SSE connections lasted, observed when they end.',
    labels: [],
    buckets: CONNECTION_BUCKETS_SECONDS,
    unit: 'seconds',
  },
  sseEvents: {
    name: 'mcp_sse_events_total',
    type: 'counter',
    help: 'Events sent on SSE connections, by event type.',
    labels: ['event_type'],
  },
  toolCalls: {
    name: 'mcp_tool_calls_total',
    type: 'counter',
    help: 'Calls of tools/call by tool.',
    labels: ['tool_name'],
  },
  resourceReads: {
    name: 'mcp_resource_reads_total',
    type: 'counter',
    help: 'Calls of resources/read by reduced resource URI.',
    labels: ['resource_uri'],
  },
  errors: {
    name: 'mcp_request_errors_total',
    type: 'counter',
    help: 'JSON-RPC errors by method and code.',
    labels: ['method', 'error_code'],
  },
  info: {
    name: 'mcp_proxy_info',
    type: 'gauge',
    help: 'Always 1; its labels say which version proxies which upstream.',
    labels: ['version', 'target'],
    merge: 'max',
  },
} as const satisfies Record<string, MetricDefinition>;

/** Declares the families in the store and returns what moves them. */
export function createOperatorProfile(
  store: MetricsDeclarer,
  labels: WireLabels,
  facts: Pick<ProfileFacts, 'version' | 'target'>,
): MetricsProfile {
  const requestsFamily = store.counter(METRICS.requests);
  const requests = new LazyMap(
    (method: string) =>
      new LazyMap(
        (status: number): CounterSeries => requestsFamily.with(shownStatus(status), method),
      ),
  );
  const duration = store.histogram(METRICS.duration).with();
  const requestSize = store.histogram(METRICS.requestSize).with();
  const responseSize = store.histogram(METRICS.responseSize).with();
  const activeConnections = store.gauge(METRICS.activeConnections).with();
  const sseConnections = store.counter(METRICS.sseConnections).with();
  const sseActive = store.gauge(METRICS.sseActive).with();
  const sseDuration = store.histogram(METRICS.sseDuration).with();
  const sseEvents = store.counter(METRICS.sseEvents);
  const toolCalls = store.counter(METRICS.toolCalls);
  const resourceReads = store.counter(METRICS.resourceReads);
  const errors = store.counter(METRICS.errors);
  store.gauge(METRICS.info).with(facts.version, toTargetLabel(facts.target)).set(1);

  function countCalls(record: ExchangeRecord): void {
    for (const call of record.calls) {
      const tool = targetOf(call, 'tools/call');
      if (tool !== null) toolCalls.with(labels.tool(tool, call)).add(1);
      const uri = targetOf(call, 'resources/read');
      if (uri !== null) resourceReads.with(labels.resource(uri, call)).add(1);
    }
  }

  const countError = (method: string, code: string): void => errors.with(method, code).add(1);

  return {
    started(): void {
      activeConnections.add(1);
    },
    streamOpened(kind: StreamKind): void {
      if (!isSseConnection(kind)) return;
      sseConnections.add(1);
      sseActive.add(1);
    },
    streamEvent(kind: StreamKind, eventType: string): void {
      if (isSseConnection(kind)) sseEvents.with(eventType).add(1);
    },
    streamClosed(kind: StreamKind, seconds: number): void {
      if (!isSseConnection(kind)) return;
      sseActive.add(-1);
      sseDuration.observe(seconds);
    },
    ended(record: ExchangeRecord, method: string): void {
      activeConnections.add(-1);
      requests.at(method).at(record.status).add(1);
      if (!isSseConnection(record.stream)) duration.observe(record.durationMs / 1000);
      if (record.requestBytes > 0) requestSize.observe(record.requestBytes);
      if (record.responseBytes > 0) responseSize.observe(record.responseBytes);
      countCalls(record);
      countErrors(record, method, labels, countError);
    },
  };
}

/**
 * The `sidecar` profile: `mcp_*` with a `server_name`, the names that dashboards and alerts of the
 * OpenTelemetry sidecar are written for. Its counters are of messages, not of HTTP requests, and
 * their `status` is read from the message: `error` also for an error inside an HTTP 200.
 *
 * @module
 */

import type { ExchangeRecord, RpcCall } from '../../exchange/record.ts';
import { isFailure } from '../failures.ts';
import { LazyMap } from '../lazy-map.ts';
import type { CounterSeries, HistogramSeries, MetricDefinition } from '../metrics-store.ts';
import { UNKNOWN_METHOD, type WireLabels } from '../wire-labels.ts';
import { OPERATION_BUCKETS_SECONDS } from './buckets.ts';
import { countErrors, isOperation, outcomeOf, targetOf } from './calls.ts';
import { UPSTREAM_AVAILABLE } from './health.ts';
import {
  isSseConnection,
  type MetricsDeclarer,
  type MetricsProfile,
  type ProfileFacts,
} from './profile.ts';

/** 5 ms to a minute: around the thresholds of alerts, and beyond the default deadline. */
const REQUEST_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

const METRICS = {
  requests: {
    name: 'mcp_requests_total',
    type: 'counter',
    help: 'JSON-RPC requests and notifications by method and status; an HTTP request without any counts once, as unknown.',
    labels: ['method', 'server_name', 'status'],
  },
  duration: {
    name: 'mcp_request_duration_seconds',
    type: 'histogram',
    help: 'Time from request head to response end by method and status, SSE connections left out.',
    labels: ['method', 'server_name', 'status'],
    buckets: REQUEST_BUCKETS_SECONDS,
    unit: 'seconds',
  },
  activeConnections: {
    name: 'mcp_active_connections',
    type: 'gauge',
    help: 'HTTP requests in flight.',
    labels: ['server_name'],
  },
  streamsActive: {
    name: 'mcp_sse_streams_active',
    type: 'gauge',
    help: 'Event streams open now, of every kind.',
    labels: ['server_name'],
  },
  errors: {
    name: 'mcp_protocol_errors_total',
    type: 'counter',
    help: 'JSON-RPC errors by code and method.',
    labels: ['error_code', 'method', 'server_name'],
  },
  bytes: {
    name: 'mcp_message_bytes_total',
    type: 'counter',
    help: 'Body bytes, in from clients and out to them, counted when the exchange ends.',
    labels: ['direction', 'server_name'],
    unit: 'bytes',
  },
  toolsListed: {
    name: 'mcp_tools_listed_total',
    type: 'counter',
    help: 'Requests of tools/list.',
    labels: ['server_name'],
  },
  toolCalls: {
    name: 'mcp_tool_calls_total',
    type: 'counter',
    help: 'Requests of tools/call by tool and status.',
    labels: ['tool_name', 'server_name', 'status'],
  },
  toolDuration: {
    name: 'mcp_tool_duration_seconds',
    type: 'histogram',
    help: 'Duration of exchanges that were one tools/call and nothing else, by tool.',
    labels: ['tool_name', 'server_name'],
    buckets: OPERATION_BUCKETS_SECONDS,
    unit: 'seconds',
  },
  resourcesListed: {
    name: 'mcp_resources_listed_total',
    type: 'counter',
    help: 'Requests of resources/list.',
    labels: ['server_name'],
  },
  resourceReads: {
    name: 'mcp_resource_reads_total',
    type: 'counter',
    help: 'Requests of resources/read by reduced resource URI.',
    labels: ['resource_uri', 'server_name'],
  },
  promptsListed: {
    name: 'mcp_prompts_listed_total',
    type: 'counter',
    help: 'Requests of prompts/list.',
    labels: ['server_name'],
  },
  promptGets: {
    name: 'mcp_prompt_gets_total',
    type: 'counter',
    help: 'Requests of prompts/get by prompt.',
    labels: ['prompt_name', 'server_name'],
  },
} as const satisfies Record<string, MetricDefinition>;

/** Both are there as soon as one is: a share of errors needs the zero of the other. */
interface ByStatus {
  readonly ok: CounterSeries;
  readonly error: CounterSeries;
}

/** Declares the families in the store and returns what moves them. */
export function createSidecarProfile(
  store: MetricsDeclarer,
  labels: WireLabels,
  { serverName }: Pick<ProfileFacts, 'serverName'>,
): MetricsProfile {
  const requestsFamily = store.counter(METRICS.requests);
  const requests = new LazyMap(
    (method: string): ByStatus => ({
      ok: requestsFamily.with(method, serverName, 'ok'),
      error: requestsFamily.with(method, serverName, 'error'),
    }),
  );
  const durationFamily = store.histogram(METRICS.duration);
  const durations = new LazyMap(
    (method: string) =>
      new LazyMap(
        (status: keyof ByStatus): HistogramSeries =>
          durationFamily.with(method, serverName, status),
      ),
  );
  const activeConnections = store.gauge(METRICS.activeConnections).with(serverName);
  const streamsActive = store.gauge(METRICS.streamsActive).with(serverName);
  const errors = store.counter(METRICS.errors);
  const bytes = store.counter(METRICS.bytes);
  const bytesIn = bytes.with('in', serverName);
  const bytesOut = bytes.with('out', serverName);
  const toolCallsFamily = store.counter(METRICS.toolCalls);
  const toolCalls = new LazyMap(
    (tool: string): ByStatus => ({
      ok: toolCallsFamily.with(tool, serverName, 'ok'),
      error: toolCallsFamily.with(tool, serverName, 'error'),
    }),
  );
  const toolDurationFamily = store.histogram(METRICS.toolDuration);
  const toolDurations = new LazyMap(
    (tool: string): HistogramSeries => toolDurationFamily.with(tool, serverName),
  );
  const resourceReads = store.counter(METRICS.resourceReads);
  const promptGets = store.counter(METRICS.promptGets);
  const listed: ReadonlyMap<string, CounterSeries> = new Map([
    ['tools/list', store.counter(METRICS.toolsListed).with(serverName)],
    ['resources/list', store.counter(METRICS.resourcesListed).with(serverName)],
    ['prompts/list', store.counter(METRICS.promptsListed).with(serverName)],
  ]);
  store.gauge(UPSTREAM_AVAILABLE);

  const countError = (method: string, code: string): void =>
    errors.with(code, method, serverName).add(1);

  function countRequest(method: string, status: keyof ByStatus, record: ExchangeRecord): void {
    requests.at(method)[status].add(1);
    if (isSseConnection(record.stream)) return;
    durations
      .at(method)
      .at(status)
      .observe(record.durationMs / 1000);
  }

  function countTarget(call: RpcCall, status: keyof ByStatus, record: ExchangeRecord): void {
    const tool = targetOf(call, 'tools/call');
    if (tool !== null) {
      const label = labels.tool(tool, call);
      toolCalls.at(label)[status].add(1);
      // How long one call of a batch took cannot be told from outside.
      if (record.calls.length === 1) toolDurations.at(label).observe(record.durationMs / 1000);
      return;
    }
    const uri = targetOf(call, 'resources/read');
    if (uri !== null) resourceReads.with(labels.resource(uri, call), serverName).add(1);
    const prompt = targetOf(call, 'prompts/get');
    if (prompt !== null) promptGets.with(labels.prompt(prompt, call), serverName).add(1);
  }

  return {
    started(): void {
      activeConnections.add(1);
    },
    streamOpened(): void {
      streamsActive.add(1);
    },
    streamClosed(): void {
      streamsActive.add(-1);
    },
    ended(record: ExchangeRecord, exchangeMethod: string): void {
      activeConnections.add(-1);
      bytesIn.add(record.requestBytes);
      bytesOut.add(record.responseBytes);
      let isCounted = false;
      for (const call of record.calls) {
        if (!isOperation(call)) continue;
        isCounted = true;
        const status = isFailure(outcomeOf(call, record)) ? 'error' : 'ok';
        countRequest(labels.method(call.method), status, record);
        if (call.kind !== 'request') continue;
        listed.get(call.method ?? '')?.add(1);
        countTarget(call, status, record);
      }
      if (!isCounted) {
        countRequest(UNKNOWN_METHOD, isFailure(record.outcome) ? 'error' : 'ok', record);
      }
      countErrors(record, exchangeMethod, labels, countError);
    },
  };
}

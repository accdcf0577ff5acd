/**
 * The `semconv` profile: the OpenTelemetry conventions for MCP, in Prometheus spelling. Weir is the
 * server of its clients and the client of its upstream, so an operation is measured on both sides.
 *
 * An attribute that does not apply is an empty label, which to Prometheus is none, and is left out
 * where attributes are sent (see otel-names.ts).
 *
 * @module
 */

import type { ExchangeRecord, RpcCall } from '../../exchange/record.ts';
import { isFailure } from '../failures.ts';
import { LazyMap } from '../lazy-map.ts';
import type { HistogramSeries, MetricDefinition } from '../metrics-store.ts';
import { errorsOf } from '../trace/errors.ts';
import type { WireLabels } from '../wire-labels.ts';
import { OPERATION_BUCKETS_SECONDS } from './buckets.ts';
import { isOperation, outcomeOf, targetOf } from './calls.ts';
import type { MetricsDeclarer, MetricsProfile, ProfileFacts } from './profile.ts';

const SERVER_LABELS = [
  'mcp_method_name',
  'error_type',
  'gen_ai_tool_name',
  'gen_ai_prompt_name',
  'gen_ai_operation_name',
  'rpc_response_status_code',
  'mcp_protocol_version',
  'network_transport',
  'network_protocol_name',
] as const;

const METRICS = {
  server: {
    name: 'mcp_server_operation_duration_seconds',
    type: 'histogram',
    help: 'Duration of MCP requests and notifications as clients of weir see them.',
    labels: SERVER_LABELS,
    buckets: OPERATION_BUCKETS_SECONDS,
    unit: 'seconds',
  },
  client: {
    name: 'mcp_client_operation_duration_seconds',
    type: 'histogram',
    help: 'Duration of MCP requests and notifications as weir sees the MCP server handle them.',
    labels: [...SERVER_LABELS, 'server_address', 'server_port'],
    buckets: OPERATION_BUCKETS_SECONDS,
    unit: 'seconds',
  },
} as const satisfies Record<string, MetricDefinition>;

/** By method, target, error type, status code and protocol version. */
type Operations = LazyMap<
  string,
  LazyMap<string, LazyMap<string, LazyMap<string, LazyMap<string, HistogramSeries>>>>
>;

/** Declares the families in the store and returns what moves them. */
export function createSemconvProfile(
  store: MetricsDeclarer,
  labels: WireLabels,
  { target }: Pick<ProfileFacts, 'target'>,
): MetricsProfile {
  const server = store.histogram(METRICS.server);
  const client = store.histogram(METRICS.client);
  const upstream = addressOf(target);
  const asServer = indexOperations((values) => server.with(...values));
  const asClient = indexOperations((values) =>
    client.with(...values, upstream.address, upstream.port),
  );

  /** @param record of an exchange that was this call and no other */
  function observe(call: RpcCall, record: ExchangeRecord): void {
    const errors = errorsOf(record);
    const method = labels.method(call.method);
    const name = targetLabel(call, labels);
    const version = labels.protocolVersion(record.protocolVersion);
    const code = call.errorCode ?? (isFailure(record.outcome) ? record.errorCode : null);
    const status = code === null ? '' : labels.errorCode(code);
    asServer
      .at(method)
      .at(name)
      .at(errors.server === null ? '' : labels.errorType(errors.server))
      .at(status)
      .at(version)
      .observe(record.durationMs / 1000);
    const upstreamMs = upstreamDurationMs(record);
    if (upstreamMs === null) return;
    asClient
      .at(method)
      .at(name)
      .at(errors.client === null ? '' : labels.errorType(errors.client))
      // What weir answered itself did not come from the upstream.
      .at(call.errorCode === null ? '' : status)
      .at(version)
      .observe(upstreamMs / 1000);
  }

  return {
    ended(record: ExchangeRecord): void {
      const { calls } = record;
      for (const call of calls) {
        if (isOperation(call)) observe(call, calls.length === 1 ? record : aloneOf(call, record));
      }
    },
  };
}

/** The series of one family; `bind` gets the values of {@link SERVER_LABELS}. */
function indexOperations(bind: (values: string[]) => HistogramSeries): Operations {
  return new LazyMap(
    (method: string) =>
      new LazyMap(
        (name: string) =>
          new LazyMap(
            (error: string) =>
              new LazyMap(
                (status: string) =>
                  new LazyMap((version: string) =>
                    bind([
                      method,
                      error,
                      method === 'tools/call' ? name : '',
                      method === 'prompts/get' ? name : '',
                      method === 'tools/call' ? 'execute_tool' : '',
                      status,
                      version,
                      'tcp',
                      'http',
                    ]),
                  ),
              ),
          ),
      ),
  );
}

/** Resource URIs are opt-in in the conventions, and have too many values here. */
function targetLabel(call: RpcCall, labels: WireLabels): string {
  const tool = targetOf(call, 'tools/call');
  if (tool !== null) return labels.tool(tool, call);
  const prompt = targetOf(call, 'prompts/get');
  return prompt === null ? '' : labels.prompt(prompt, call);
}

/** From dispatch to the end of the answer, or to the moment weir gave up; null without dispatch. */
function upstreamDurationMs(record: ExchangeRecord): number | null {
  if (record.dispatchedAfterMs === null) return null;
  return record.upstreamTotalMs ?? record.durationMs - record.dispatchedAfterMs;
}

/** A message of a batch as if it had come alone. Batches ended with 2025-03-26. */
function aloneOf(call: RpcCall, record: ExchangeRecord): ExchangeRecord {
  const areAnswered = record.calls.some(({ errorCode }) => errorCode !== null);
  return {
    ...record,
    outcome: outcomeOf(call, record),
    calls: [call],
    strayErrorCodes: [],
    // Where no call has a code of its own, there is only weir's.
    errorCode: areAnswered ? call.errorCode : record.errorCode,
  };
}

/** Host and port behind weir; empty when the address cannot be read. */
function addressOf(target: string): { readonly address: string; readonly port: string } {
  const text = /^https?:\/\//i.test(target) ? target : `http://${target}`;
  if (!URL.canParse(text)) return { address: '', port: '' };
  const { hostname, port, protocol } = new URL(text);
  return {
    address: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? (protocol === 'https:' ? '443' : '80') : port,
  };
}

/**
 * Weir as a library: the proxy as a `fetch` handler, the parsers it is built on, and what turns
 * its records into metrics. Everything here runs wherever `fetch` runs.
 *
 * @module
 */

export { type Admin, type AdminOptions, createAdmin } from './admin/admin.ts';
export { HealthMonitor, type HealthMonitorOptions } from './admin/health.ts';
export type {
  ByteRewriter,
  ClientCertificate,
  DecisionKind,
  Guard,
  GuardAnswer,
  GuardedExchange,
  GuardedHead,
  GuardedMessage,
  Policy,
  PolicyDecision,
  PolicyName,
  PolicyRun,
  Principal,
  PrincipalKind,
  Refusal,
  Verdict,
} from './exchange/guard.ts';
export { ResponseRefused } from './exchange/guard.ts';
export type { RawHeaders } from './exchange/headers.ts';
export type {
  ExchangeRecord,
  ExchangeSink,
  LiveExchange,
  Outcome,
  ParseProblem,
  RpcCall,
  StreamKind,
  Target,
} from './exchange/record.ts';
export type { ExchangeTrace, TraceHead, TracePlacing, Tracer } from './exchange/trace.ts';
export { encodeErrorResponse, RPC_ERROR, WEIR_ERROR } from './protocol/jsonrpc/errors.ts';
export { EnvelopeScanner } from './protocol/jsonrpc/scanner.ts';
export { JsonRpcMessageStream } from './protocol/jsonrpc/stream.ts';
export type {
  DecidingKey,
  EnvelopeHandler,
  MessageEnvelope,
  MessageKind,
  MetaFields,
  ScannerLimits,
  ScanProblem,
  ScanProblemReason,
} from './protocol/jsonrpc/types.ts';
export {
  type Classification,
  classifyMessage,
  eraOfRequestHead,
  type MessageTarget,
} from './protocol/mcp/classify.ts';
export { lookupMethod, type MethodInfo } from './protocol/mcp/methods.ts';
export { type Era, isModernVersion, REVISIONS, type Revision } from './protocol/mcp/revisions.ts';
export { decodeHeaderValue, encodeHeaderValue } from './protocol/mcp/sentinel.ts';
export { serializeSseEvent } from './protocol/sse/serializer.ts';
export { SseSplitter } from './protocol/sse/splitter.ts';
export { SseEventStream } from './protocol/sse/stream.ts';
export type { SseEvent, SseHandler, SseLimits, SseProblem } from './protocol/sse/types.ts';
export type { FetchContext } from './roles/proxy/fetch-exchange.ts';
export type { CreateProxyOptions, ProxyOptions, ProxyTimeouts } from './roles/proxy/options.ts';
export { createProxy, type McpProxy } from './roles/proxy/proxy.ts';
export {
  fetchUpstream,
  type Upstream,
  type UpstreamRequest,
  type UpstreamResponse,
} from './roles/proxy/upstream.ts';
export { createAccessLogSink } from './telemetry/access-log.ts';
export { createLogger, type Logger } from './telemetry/log.ts';
export { MemoryMetricsStore } from './telemetry/memory-store.ts';
export { createMetricsSink, type MetricsSinkOptions } from './telemetry/metrics-sink.ts';
export type { FamilySnapshot, MetricsStore } from './telemetry/metrics-store.ts';
export { renderOpenMetrics } from './telemetry/openmetrics-text.ts';
export {
  createProfileStore,
  type ProfileStore,
  type ProfileStoreOptions,
} from './telemetry/profile-store.ts';
export type { MetricsProfileChoice, MetricsProfileName } from './telemetry/profiles/names.ts';
export { renderPrometheus } from './telemetry/prometheus-text.ts';
export { createTraces, type Traces } from './telemetry/trace/create-traces.ts';
export type { TraceSettings } from './telemetry/trace/settings.ts';
export { VERSION } from './version.ts';

/**
 * Makes spans of a record: one towards the client, and one towards the upstream where the exchange
 * went there. Names and attributes are those of the OpenTelemetry conventions for MCP
 * (https://github.com/open-telemetry/semantic-conventions-genai, docs/gen-ai/mcp.md); what they have
 * no name for is called `weir.*`.
 *
 * A batch is one exchange and so one span: its method is `batch`, and it tells the methods in it. An
 * exchange without a message (a stream, the end of a session) is named after its HTTP method. Events
 * of a stream are counted, not listed.
 *
 * @module
 */

import type { ExchangeRecord, RpcCall } from '../../exchange/record.ts';
import type { ExchangeTrace } from '../../exchange/trace.ts';
import { RANDOM_TRACE_ID, SAMPLED } from '../../protocol/mcp/trace-context.ts';
import { redactText } from '../../redact/redact-text.ts';
import { cutText } from '../../redact/safe-text.ts';
import { SecretNames } from '../../redact/secret-names.ts';
import type { AttributeValue } from '../otlp/attributes.ts';
import type { Span, SpanLink } from '../otlp/span.ts';
import { BATCH_METHOD } from '../wire-labels.ts';
import { errorsOf, type SpanErrors, upstreamErrorCode } from './errors.ts';

/** Longest method, id and name from the wire, in UTF-16 code units; the scanner's own is far above. */
const MAX_NAME_CHARS = 256;
const MAX_URI_CHARS = 1024;
/** Different methods named of a batch. */
const MAX_BATCH_METHODS = 16;

/** Where the upstream is. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** What is known beside the record. Null is left out. */
export interface SpanExtras {
  /** Pseudonym of the user. */
  readonly user: string | null;
  /** Pseudonym of the legacy session. */
  readonly session: string | null;
  /** Arguments and result of a tool call, as JSON. */
  readonly toolArguments: string | null;
  readonly toolResult: string | null;
}

type Building = Record<string, AttributeValue>;

const names = new SecretNames();

/** The spans of an exchange that was traced, the parent first. */
export function spansOf(
  record: ExchangeRecord,
  trace: ExchangeTrace,
  server: ServerAddress,
  extras: SpanExtras,
  errors: SpanErrors = errorsOf(record),
): readonly Span[] {
  const common = describeCalls(record);
  const name = spanName(record);
  const spans = [serverSpan(record, trace, name, common, extras, errors)];
  if (record.dispatchedAfterMs !== null) {
    spans.push(
      clientSpan(record, trace, name, common, server, record.dispatchedAfterMs, errors.client),
    );
  }
  return spans;
}

/** `{method} {target}`, where the target is a tool or a prompt: resources are too many. */
export function spanName(record: ExchangeRecord): string {
  const method = methodOf(record);
  if (method === null) return record.httpMethod;
  const target = method === BATCH_METHOD ? null : record.calls[0]?.target;
  const isNamed = target?.kind === 'tool' || target?.kind === 'prompt';
  return isNamed ? `${method} ${show(target.name)}` : method;
}

function methodOf({ calls, batch }: ExchangeRecord): string | null {
  if (batch || calls.length > 1) return calls.length === 0 ? null : BATCH_METHOD;
  const method = calls[0]?.method ?? null;
  return method === null ? null : cutText(method, MAX_NAME_CHARS);
}

/** What both spans say. */
function describeCalls(record: ExchangeRecord): Building {
  const attributes: Building = {};
  const method = methodOf(record);
  if (method !== null) attributes['mcp.method.name'] = method;
  if (record.protocolVersion !== null) {
    attributes['mcp.protocol.version'] = cutText(record.protocolVersion, MAX_NAME_CHARS);
  }
  if (method === BATCH_METHOD) {
    const methods = new Set(record.calls.flatMap((call) => call.method ?? []));
    attributes['weir.batch.size'] = record.calls.length;
    attributes['weir.batch.methods'] = [...methods]
      .slice(0, MAX_BATCH_METHODS)
      .map((name) => cutText(name, MAX_NAME_CHARS));
  } else if (record.calls.length === 1) {
    describeCall(attributes, record.calls[0] as RpcCall);
  }
  attributes['network.transport'] = 'tcp';
  attributes['network.protocol.name'] = 'http';
  attributes['http.request.method'] = record.httpMethod;
  return attributes;
}

function describeCall(attributes: Building, { kind, id, method, target }: RpcCall): void {
  if (kind === 'request' && id !== null && id !== 'null') {
    attributes['jsonrpc.request.id'] = cutText(idText(id), MAX_NAME_CHARS);
  }
  if (method === 'tools/call') attributes['gen_ai.operation.name'] = 'execute_tool';
  if (target?.kind === 'tool') attributes['gen_ai.tool.name'] = show(target.name);
  else if (target?.kind === 'prompt') attributes['gen_ai.prompt.name'] = show(target.name);
  else if (target?.kind === 'resource') {
    attributes['mcp.resource.uri'] = cutText(redactText(target.name, names), MAX_URI_CHARS);
  }
}

/** The span of weir as a server. */
function serverSpan(
  record: ExchangeRecord,
  trace: ExchangeTrace,
  name: string,
  common: Building,
  extras: SpanExtras,
  { server: error }: SpanErrors,
): Span {
  const attributes: Building = { ...common };
  attributes['network.protocol.version'] = trace.httpVersion.replace(/\.0$/, '');
  attributes['url.path'] = cutText(redactText(record.path, names), MAX_URI_CHARS);
  if (record.status !== 0) attributes['http.response.status_code'] = record.status;
  if (record.clientAddress !== null) attributes['client.address'] = record.clientAddress;
  if (record.errorCode !== null) attributes['rpc.response.status_code'] = String(record.errorCode);
  if (error !== null) attributes['error.type'] = error;
  // Sessions ended with the legacy era; what a modern client sends under that name is no session.
  if (extras.session !== null && record.era !== 'modern') {
    attributes['mcp.session.id'] = extras.session;
  }
  if (extras.user !== null) attributes['user.id'] = extras.user;
  if (extras.toolArguments !== null) {
    attributes['gen_ai.tool.call.arguments'] = extras.toolArguments;
  }
  if (extras.toolResult !== null) attributes['gen_ai.tool.call.result'] = extras.toolResult;
  attributes['weir.outcome'] = record.outcome;
  attributes['weir.overhead_ms'] = record.overheadMs;
  if (record.stream !== 'none') {
    attributes['weir.stream.kind'] = record.stream;
    attributes['weir.stream.events'] = sum(record.sseEvents.values());
  }
  return {
    ...contextOf(trace),
    spanId: trace.serverSpanId,
    parentSpanId: trace.parentSpanId,
    parentIsRemote: true,
    name,
    kind: 'server',
    startMs: record.startedAt,
    endMs: record.startedAt + record.durationMs,
    attributes,
    events: [],
    droppedEvents: 0,
    links: trace.links.map(toLink),
    status: statusOf(error, record.reason),
  };
}

/** The span of weir as a client. */
function clientSpan(
  record: ExchangeRecord,
  trace: ExchangeTrace,
  name: string,
  common: Building,
  server: ServerAddress,
  dispatchedAfterMs: number,
  error: string | null,
): Span {
  const attributes: Building = { ...common };
  attributes['server.address'] = server.host;
  attributes['server.port'] = server.port;
  const code = upstreamErrorCode(record);
  if (isUpstreamStatus(record)) attributes['http.response.status_code'] = record.status;
  if (code !== null) attributes['rpc.response.status_code'] = String(code);
  if (error !== null) attributes['error.type'] = error;
  const { startedAt, durationMs, upstreamTotalMs } = record;
  const endedAfterMs = upstreamTotalMs === null ? durationMs : dispatchedAfterMs + upstreamTotalMs;
  return {
    ...contextOf(trace),
    spanId: trace.clientSpanId,
    parentSpanId: trace.serverSpanId,
    parentIsRemote: false,
    name,
    kind: 'client',
    startMs: startedAt + dispatchedAfterMs,
    // Sums of fractions are not exact, and a child must not outlive its parent by a rounding.
    endMs: startedAt + Math.min(endedAfterMs, durationMs),
    attributes,
    events: [],
    droppedEvents: 0,
    links: [],
    status: statusOf(error, record.reason),
  };
}

function contextOf(trace: ExchangeTrace): Pick<Span, 'traceId' | 'traceState' | 'traceFlags'> {
  return {
    traceId: trace.traceId,
    traceState: trace.traceState,
    traceFlags: trace.sampled ? SAMPLED : 0,
  };
}

function toLink({ traceId, spanId, flags }: ExchangeTrace['links'][number]): SpanLink {
  return {
    traceId,
    spanId,
    traceState: null,
    traceFlags: flags & (SAMPLED | RANDOM_TRACE_ID),
    attributes: {},
  };
}

/** The message of an error answer may quote anything, so only weir's own reasons are told. */
function statusOf(error: string | null, reason: string | null): Span['status'] {
  return error === null
    ? { code: 'unset', message: '' }
    : { code: 'error', message: reason === null ? '' : redactText(reason, names) };
}

/** Whether the status of the record is the upstream's, and not of an answer weir gave instead. */
function isUpstreamStatus({ respondedAfterMs, outcome, status }: ExchangeRecord): boolean {
  if (respondedAfterMs === null || status === 0) return false;
  return outcome !== 'denied' && outcome !== 'upstream_aborted' && outcome !== 'upstream_timeout';
}

/** A name from the wire: it may hold anything. */
function show(name: string): string {
  return cutText(redactText(name, names), MAX_NAME_CHARS);
}

/** The id as text: `"7"` and `7` both are 7. */
function idText(token: string): string {
  return token.startsWith('"') ? (JSON.parse(token) as string) : token;
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}

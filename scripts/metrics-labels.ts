/**
 * What labels mean, for docs/metrics.md.
 *
 * @module
 */

import type { Section } from './metrics-catalogue.ts';

/** By name; `section.name` where a section means something else by it. */
const LABELS: Readonly<Record<string, string>> = {
  api_name: 'the JSON-RPC method, as in `method`',
  decision: '`allow`, `report` (would have been refused), `deny` or `limit`',
  direction: '`upstream` or `downstream`',
  'sidecar.direction': '`in` from clients, `out` to them',
  era: '`modern` (2026-07-28 on), `legacy` or `unknown`',
  error_code: '`error.code` of JSON-RPC',
  'weir.error_code': 'the code weir answered with; `none` where it answered without one',
  error_type:
    '`tool_error`, a JSON-RPC code, an HTTP status, or what became of the upstream; absent for success',
  event_type: 'the type of an event; `message` for one without',
  gen_ai_operation_name: '`execute_tool` for tool calls, absent for all else',
  gen_ai_prompt_name: 'of `prompts/get`',
  gen_ai_tool_name: 'of `tools/call`',
  kind: 'what keeps a stream open: `get`, `post` or `listen`',
  mcp_method_name: 'the JSON-RPC method',
  mcp_protocol_version: 'as the request declared it; absent where it declared none',
  method: 'the JSON-RPC method; see [above](#rules-that-hold-for-all-of-them)',
  'generic.method': 'the HTTP method; `_other` for unusual ones',
  network_protocol_name: 'always `http`',
  network_transport: 'always `tcp`',
  outcome: 'what became of the exchange or call; see [above](#rules-that-hold-for-all-of-them)',
  parser: '`jsonrpc`, `sse`, `encoding`, or `headers` that disagree with the body',
  path: '`/`, `/mcp`, `/sse`, `/message` or `/messages`; `_other` for all else, which may hold secrets',
  policy: 'the policy that decided',
  prompt_name: 'of `prompts/get`',
  reason: "a word of weir's own",
  'common.reason':
    'why it failed; of telemetry `queue_full`, `rejected`, `refused`, `attempts` or `shutdown`',
  resource_uri: 'the reduced URI; see [above](#rules-that-hold-for-all-of-them)',
  result: '`success` or `failure`',
  rpc_response_status_code: '`error.code` of JSON-RPC; absent for success',
  runtime: '`node`, `deno`, `bun` or `workers`',
  server_address: 'host of `--target-addr`',
  server_name: '`--upstream-name`',
  server_port: 'port of `--target-addr`',
  service: '`--upstream-name`',
  service_name: '`--upstream-name`',
  side: '`request` or `response`',
  signal: '`metrics`, `traces` or `logs`',
  sink: 'the audit sink',
  state: '`closed`, `open` or `half_open`; each process has a breaker of its own',
  'operator.status': 'the HTTP status sent to the client',
  'sidecar.status': '`error` for what failed, by the message or on the way; `ok` for all else',
  'generic.status': '`error` for what failed, by the message or on the way; `success` for all else',
  status_code: 'the HTTP status sent to the client',
  store: '`memory`, `redis` or `durable_object`',
  target: "the upstream's address without credentials and path",
  tool_name: 'of `tools/call`',
  version: 'of weir',
};

/** @throws {Error} for a label that nobody has explained */
export function explainLabel(section: Section, label: string): string {
  const meaning = LABELS[`${section}.${label}`] ?? LABELS[label];
  if (meaning === undefined) throw new Error(`label ${label} of ${section} is not explained`);
  return meaning;
}

import { describe, expect, it } from 'vitest';
import { type MetricsProfileName, PROFILE_NAMES } from '../../../src/telemetry/profiles/names.ts';
import { familiesOf } from './driver.ts';

const S = 'seconds';
const B = 'bytes';
const OPERATION = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];
const MILLISECOND_TO_10_S = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const CLIENT_LIBRARY = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const SECOND_TO_HOUR = [1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600];
const TO_MINUTE = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const TO_MB = [100, 1000, 10000, 100000, 1000000];
const TO_100_MB = [100, 1000, 10000, 100000, 1000000, 10000000, 100000000];
const OVERHEAD = [
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
];
const FIRST_BYTE = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const SEMCONV =
  'mcp_method_name,error_type,gen_ai_tool_name,gen_ai_prompt_name,gen_ai_operation_name,rpc_response_status_code,mcp_protocol_version,network_transport,network_protocol_name';

/** Name, type, labels; unit and buckets where there are any. */
type Row = readonly [string, string, string, (string | null)?, (readonly number[])?];

const FAMILIES: Record<MetricsProfileName, readonly Row[]> = {
  operator: [
    ['mcp_active_connections', 'gauge', ''],
    ['mcp_proxy_info', 'gauge', 'version,target'],
    ['mcp_request_duration_seconds', 'histogram', '', S, MILLISECOND_TO_10_S],
    ['mcp_request_errors_total', 'counter', 'method,error_code'],
    ['mcp_request_size_bytes', 'histogram', '', B, TO_MB],
    ['mcp_requests_total', 'counter', 'status,method'],
    ['mcp_resource_reads_total', 'counter', 'resource_uri'],
    ['mcp_response_size_bytes', 'histogram', '', B, TO_MB],
    ['mcp_sse_connection_duration_seconds', 'histogram', '', S, SECOND_TO_HOUR],
    ['mcp_sse_connections_active', 'gauge', ''],
    ['mcp_sse_connections_total', 'counter', ''],
    ['mcp_sse_events_total', 'counter', 'event_type'],
    ['mcp_tool_calls_total', 'counter', 'tool_name'],
  ],
  weir: [
    ['weir_auth_failures_total', 'counter', 'reason'],
    ['weir_build_info', 'gauge', 'version,runtime'],
    ['weir_denied_total', 'counter', 'error_code'],
    ['weir_exchanges_total', 'counter', 'method,outcome,era'],
    ['weir_overhead_seconds', 'histogram', '', S, OVERHEAD],
    ['weir_parse_problems_total', 'counter', 'side,parser,reason'],
    ['weir_policy_decisions_total', 'counter', 'policy,decision'],
    ['weir_stream_bytes_total', 'counter', 'direction', B],
    ['weir_stream_events_total', 'counter', 'kind,event_type'],
    ['weir_streams_active', 'gauge', 'kind'],
    ['weir_tool_calls_total', 'counter', 'tool_name,outcome'],
    ['weir_tool_duration_seconds', 'histogram', 'tool_name', S, OPERATION],
    ['weir_upstream_first_byte_seconds', 'histogram', '', S, FIRST_BYTE],
  ],
  sidecar: [
    ['mcp_active_connections', 'gauge', 'server_name'],
    ['mcp_message_bytes_total', 'counter', 'direction,server_name', B],
    ['mcp_prompt_gets_total', 'counter', 'prompt_name,server_name'],
    ['mcp_prompts_listed_total', 'counter', 'server_name'],
    ['mcp_protocol_errors_total', 'counter', 'error_code,method,server_name'],
    ['mcp_request_duration_seconds', 'histogram', 'method,server_name,status', S, TO_MINUTE],
    ['mcp_requests_total', 'counter', 'method,server_name,status'],
    ['mcp_resource_reads_total', 'counter', 'resource_uri,server_name'],
    ['mcp_resources_listed_total', 'counter', 'server_name'],
    ['mcp_sse_streams_active', 'gauge', 'server_name'],
    ['mcp_tool_calls_total', 'counter', 'tool_name,server_name,status'],
    ['mcp_tool_duration_seconds', 'histogram', 'tool_name,server_name', S, OPERATION],
    ['mcp_tools_listed_total', 'counter', 'server_name'],
    ['mcp_upstream_available', 'gauge', 'server_name'],
  ],
  semconv: [
    [
      'mcp_client_operation_duration_seconds',
      'histogram',
      `${SEMCONV},server_address,server_port`,
      S,
      OPERATION,
    ],
    ['mcp_server_operation_duration_seconds', 'histogram', SEMCONV, S, OPERATION],
  ],
  generic: [
    ['build_info', 'gauge', 'version,runtime'],
    [
      'external_api_call_duration_seconds',
      'histogram',
      'service_name,api_name,status',
      S,
      CLIENT_LIBRARY,
    ],
    ['external_api_calls_total', 'counter', 'service_name,api_name,status'],
    ['http_connections_active', 'gauge', ''],
    [
      'http_request_duration_seconds',
      'histogram',
      'method,path,status_code,service',
      S,
      CLIENT_LIBRARY,
    ],
    ['http_request_size_bytes', 'histogram', 'method,path,service', B, TO_100_MB],
    ['http_requests_total', 'counter', 'method,path,status_code,service'],
    ['http_response_size_bytes', 'histogram', 'method,path,status_code,service', B, TO_100_MB],
    ['service_status', 'gauge', 'service_name'],
    ['tool_call_duration_seconds', 'histogram', 'service_name,tool_name,status', S, CLIENT_LIBRARY],
    ['tool_calls_total', 'counter', 'service_name,tool_name,status'],
  ],
};

describe('the profile', () => {
  it.each(PROFILE_NAMES)('%s has these names, types, labels, units and buckets', async (name) => {
    const rows = (await familiesOf(name)).map(({ name, type, labels, unit = null, buckets }) => {
      const row: unknown[] = [name, type, labels.join()];
      if (unit !== null || buckets !== undefined) row.push(unit);
      if (buckets !== undefined) row.push([...buckets]);
      return row;
    });
    expect(rows).toEqual(FAMILIES[name]);
  });

  it('all has every family of every profile, once', async () => {
    const families = await familiesOf('all');
    expect(families).toHaveLength(Object.values(FAMILIES).flat().length);
    expect(new Set(families.map(({ name }) => name)).size).toBe(families.length);
  });

  it('names of counters end in _total, of others with a unit in the unit', async () => {
    for (const { name, type, unit } of await familiesOf('all')) {
      expect(name.endsWith('_total'), name).toBe(type === 'counter');
      if (unit !== undefined) expect(name, name).toMatch(new RegExp(`_${unit}(_total)?$`));
    }
  });
});

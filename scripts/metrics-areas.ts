/**
 * Areas of docs/metrics.md: what one asks about together, with example queries.
 *
 * @module
 */

import type { Section } from './metrics-catalogue.ts';

/** Metrics one asks about together. */
export interface Area {
  readonly section: Section;
  readonly title: string;
  readonly metrics: readonly string[];
  /** What one may want to know, and the PromQL that tells. */
  readonly queries: readonly (readonly [question: string, promql: string])[];
}

/** Every metric is in one of them. */
export const AREAS: readonly Area[] = [
  {
    section: 'operator',
    title: 'Requests',
    metrics: [
      'mcp_requests_total',
      'mcp_request_duration_seconds',
      'mcp_request_errors_total',
      'mcp_active_connections',
      'mcp_proxy_info',
    ],
    queries: [
      ['Requests per second, by method', 'sum by (method) (rate(mcp_requests_total[5m]))'],
      [
        'Share of requests answered with a 5xx status',
        'sum(rate(mcp_requests_total{status=~"5.."}[5m])) / sum(rate(mcp_requests_total[5m]))',
      ],
      [
        '95th percentile of the response time',
        'histogram_quantile(0.95, sum by (le) (rate(mcp_request_duration_seconds_bucket[5m])))',
      ],
      [
        'JSON-RPC errors of the last hour, by method and code',
        'sum by (method, error_code) (increase(mcp_request_errors_total[1h])) > 0',
      ],
    ],
  },
  {
    section: 'operator',
    title: 'Sizes',
    metrics: ['mcp_request_size_bytes', 'mcp_response_size_bytes'],
    queries: [
      [
        'Size that nine of ten answers stay below',
        'histogram_quantile(0.9, sum by (le) (rate(mcp_response_size_bytes_bucket[15m])))',
      ],
      [
        'Average size of a request',
        'sum(rate(mcp_request_size_bytes_sum[15m])) / sum(rate(mcp_request_size_bytes_count[15m]))',
      ],
      [
        'Bytes per second, both ways together',
        'sum(rate(mcp_request_size_bytes_sum[5m])) + sum(rate(mcp_response_size_bytes_sum[5m]))',
      ],
    ],
  },
  {
    section: 'operator',
    title: 'SSE connections',
    metrics: [
      'mcp_sse_connections_total',
      'mcp_sse_connections_active',
      'mcp_sse_connection_duration_seconds',
      'mcp_sse_events_total',
    ],
    queries: [
      ['SSE connections open now', 'sum(mcp_sse_connections_active)'],
      [
        'How long they last (median)',
        'histogram_quantile(0.5, sum by (le) (rate(mcp_sse_connection_duration_seconds_bucket[1h])))',
      ],
      [
        'Connections opened per second: high with few events means that something cuts them',
        'sum(rate(mcp_sse_connections_total[5m]))',
      ],
      ['Events per second, by type', 'sum by (event_type) (rate(mcp_sse_events_total[5m]))'],
    ],
  },
  {
    section: 'operator',
    title: 'Tools and resources',
    metrics: ['mcp_tool_calls_total', 'mcp_resource_reads_total'],
    queries: [
      ['The ten busiest tools', 'topk(10, sum by (tool_name) (rate(mcp_tool_calls_total[5m])))'],
      [
        'What is read most, by kind of resource',
        'topk(10, sum by (resource_uri) (increase(mcp_resource_reads_total[1h])))',
      ],
      [
        'A label has reached its limit',
        'sum(rate(mcp_tool_calls_total{tool_name="_other"}[5m])) > 0',
      ],
    ],
  },
  {
    section: 'weir',
    title: 'Outcomes',
    metrics: ['weir_exchanges_total', 'weir_parse_problems_total'],
    queries: [
      [
        'Share of exchanges that failed, by what the message says',
        'sum(rate(weir_exchanges_total{outcome=~"tool_error|rpc_error|http_error|upstream_.*"}[5m]))\n/\nsum(rate(weir_exchanges_total[5m]))',
      ],
      [
        'Share of traffic that still speaks a legacy protocol version',
        'sum(rate(weir_exchanges_total{era="legacy"}[1h])) / sum(rate(weir_exchanges_total{era!="unknown"}[1h]))',
      ],
      [
        'Traffic that weir could not read',
        'sum by (side, parser, reason) (increase(weir_parse_problems_total[1h])) > 0',
      ],
    ],
  },
  {
    section: 'weir',
    title: 'Tool calls',
    metrics: ['weir_tool_calls_total', 'weir_tool_duration_seconds'],
    queries: [
      [
        'Failure rate of each tool that is used at all',
        'sum by (tool_name) (rate(weir_tool_calls_total{outcome!~"ok|input_required"}[15m]))\n/\nsum by (tool_name) (rate(weir_tool_calls_total[15m])) > 0',
      ],
      [
        'Slowest tools, 95th percentile',
        'topk(5, histogram_quantile(0.95, sum by (le, tool_name) (rate(weir_tool_duration_seconds_bucket[15m]))))',
      ],
      [
        'Tool calls whose client did not wait for the answer',
        'sum by (tool_name) (increase(weir_tool_calls_total{outcome="canceled"}[1h])) > 0',
      ],
    ],
  },
  {
    section: 'weir',
    title: 'Streams',
    metrics: ['weir_streams_active', 'weir_stream_events_total', 'weir_stream_bytes_total'],
    queries: [
      ['Event streams open now, by kind', 'sum by (kind) (weir_streams_active)'],
      [
        'Events per second and stream',
        'sum by (kind) (rate(weir_stream_events_total[5m])) / sum by (kind) (weir_streams_active) > 0',
      ],
      [
        'Bytes per second of exchanges with a stream, by direction',
        'sum by (direction) (rate(weir_stream_bytes_total[5m]))',
      ],
    ],
  },
  {
    section: 'weir',
    title: 'Cost and upstream',
    metrics: ['weir_overhead_seconds', 'weir_upstream_first_byte_seconds', 'weir_build_info'],
    queries: [
      [
        'What weir itself costs, 99th percentile in seconds',
        'histogram_quantile(0.99, sum by (le) (rate(weir_overhead_seconds_bucket[5m])))',
      ],
      [
        'How long the upstream takes to answer, on average',
        'rate(weir_upstream_first_byte_seconds_sum[5m]) / rate(weir_upstream_first_byte_seconds_count[5m])',
      ],
      ['Versions running, and how many of each', 'count by (version, runtime) (weir_build_info)'],
    ],
  },
  {
    section: 'weir',
    title: 'Refusals',
    metrics: ['weir_denied_total', 'weir_policy_decisions_total', 'weir_auth_failures_total'],
    queries: [
      [
        'Requests weir refused, by code',
        'sum by (error_code) (increase(weir_denied_total[1h])) > 0',
      ],
      [
        'What a policy in report mode would have refused',
        'sum by (policy) (increase(weir_policy_decisions_total{decision="report"}[1h])) > 0',
      ],
      ['Why callers were not let in', 'sum by (reason) (rate(weir_auth_failures_total[5m])) > 0'],
    ],
  },
  {
    section: 'sidecar',
    title: 'Requests of a server',
    metrics: [
      'mcp_requests_total',
      'mcp_request_duration_seconds',
      'mcp_protocol_errors_total',
      'mcp_active_connections',
      'mcp_sse_streams_active',
      'mcp_message_bytes_total',
    ],
    queries: [
      [
        'Share of requests that failed, by server',
        'sum by (server_name) (rate(mcp_requests_total{status="error"}[5m]))\n/\nsum by (server_name) (rate(mcp_requests_total[5m]))',
      ],
      [
        '95th percentile of the response time, by server',
        'histogram_quantile(0.95, sum by (le, server_name) (rate(mcp_request_duration_seconds_bucket[5m])))',
      ],
      [
        'Errors per second, by code',
        'sum by (server_name, error_code) (rate(mcp_protocol_errors_total[5m])) > 0',
      ],
      [
        'Bytes per second, by direction',
        'sum by (server_name, direction) (rate(mcp_message_bytes_total[5m]))',
      ],
    ],
  },
  {
    section: 'sidecar',
    title: 'Tools, resources and prompts of a server',
    metrics: [
      'mcp_tool_calls_total',
      'mcp_tool_duration_seconds',
      'mcp_tools_listed_total',
      'mcp_resource_reads_total',
      'mcp_resources_listed_total',
      'mcp_prompt_gets_total',
      'mcp_prompts_listed_total',
    ],
    queries: [
      [
        'The ten busiest tools of all servers',
        'topk(10, sum by (server_name, tool_name) (rate(mcp_tool_calls_total[5m])))',
      ],
      [
        'Tools of which more than one call in ten fails',
        'sum by (server_name, tool_name) (rate(mcp_tool_calls_total{status="error"}[15m]))\n/\nsum by (server_name, tool_name) (rate(mcp_tool_calls_total[15m])) > 0.1',
      ],
      [
        'Average duration of a tool call',
        'sum by (tool_name) (rate(mcp_tool_duration_seconds_sum[15m])) / sum by (tool_name) (rate(mcp_tool_duration_seconds_count[15m]))',
      ],
      [
        'Calls per list of tools: low where clients list again and again',
        'sum by (server_name) (increase(mcp_tool_calls_total[1h])) / sum by (server_name) (increase(mcp_tools_listed_total[1h]))',
      ],
    ],
  },
  {
    section: 'sidecar',
    title: 'Whether a server is there',
    metrics: ['mcp_upstream_available'],
    queries: [
      ['Servers that are down', 'mcp_upstream_available == 0'],
      [
        'Share of the last day that each server was there',
        'avg by (server_name) (avg_over_time(mcp_upstream_available[1d]))',
      ],
      [
        'How often a server came or went in the last hour',
        'sum by (server_name) (changes(mcp_upstream_available[1h]))',
      ],
    ],
  },
  {
    section: 'semconv',
    title: 'Operations',
    metrics: ['mcp_server_operation_duration_seconds', 'mcp_client_operation_duration_seconds'],
    queries: [
      [
        'Operations per second, by method',
        'sum by (mcp_method_name) (rate(mcp_server_operation_duration_seconds_count[5m]))',
      ],
      [
        'Share of operations that failed, by type of error',
        'sum by (error_type) (rate(mcp_server_operation_duration_seconds_count{error_type!=""}[5m]))\n/ ignoring (error_type) group_left\nsum(rate(mcp_server_operation_duration_seconds_count[5m]))',
      ],
      [
        'Slowest tools as weir sees the server behind it, 95th percentile',
        'topk(5, histogram_quantile(0.95, sum by (le, gen_ai_tool_name) (rate(mcp_client_operation_duration_seconds_bucket{gen_ai_tool_name!=""}[15m]))))',
      ],
    ],
  },
  {
    section: 'generic',
    title: 'HTTP',
    metrics: [
      'http_requests_total',
      'http_request_duration_seconds',
      'http_request_size_bytes',
      'http_response_size_bytes',
      'http_connections_active',
    ],
    queries: [
      [
        'Requests per second, by status',
        'sum by (service, status_code) (rate(http_requests_total[5m]))',
      ],
      [
        '99th percentile of the response time, by endpoint',
        'histogram_quantile(0.99, sum by (le, path) (rate(http_request_duration_seconds_bucket[5m])))',
      ],
      [
        'Average size of an answer',
        'sum by (path) (rate(http_response_size_bytes_sum[5m])) / sum by (path) (rate(http_response_size_bytes_count[5m]))',
      ],
    ],
  },
  {
    section: 'generic',
    title: 'Tools and the server behind',
    metrics: [
      'tool_calls_total',
      'tool_call_duration_seconds',
      'external_api_calls_total',
      'external_api_call_duration_seconds',
      'service_status',
      'build_info',
    ],
    queries: [
      [
        'Failed tool calls per second',
        'sum by (service_name, tool_name) (rate(tool_calls_total{status="error"}[5m])) > 0',
      ],
      [
        'How long the server behind takes to answer, 95th percentile by method',
        'histogram_quantile(0.95, sum by (le, api_name) (rate(external_api_call_duration_seconds_bucket[5m])))',
      ],
      ['Services that are down', 'service_status == 0'],
    ],
  },
  {
    section: 'common',
    title: 'Policies',
    metrics: [
      'weir_auth_key_set_failures_total',
      'weir_limit_store_away',
      'weir_limit_store_failures_total',
      'weir_breaker_state',
      'weir_breaker_results_total',
      'weir_audit_records_dropped_total',
    ],
    queries: [
      ['Processes whose circuit breaker is open', 'sum(weir_breaker_state{state="open"}) > 0'],
      [
        'Audit records that were lost: alert on it',
        'sum by (sink) (increase(weir_audit_records_dropped_total[15m])) > 0',
      ],
      [
        'Decisions about rates that could not be made, per second',
        'sum by (store) (rate(weir_limit_store_failures_total[5m])) > 0',
      ],
    ],
  },
  {
    section: 'common',
    title: 'Export over OTLP',
    metrics: ['weir_telemetry_dropped_total'],
    queries: [
      [
        'What did not reach the collector, by signal',
        'sum by (signal) (increase(weir_telemetry_dropped_total[15m])) > 0',
      ],
      [
        'Spans that were made faster than they could be sent',
        'sum(increase(weir_telemetry_dropped_total{signal="traces",reason="queue_full"}[15m])) > 0',
      ],
      [
        'The collector refuses what it is sent',
        'sum by (signal) (rate(weir_telemetry_dropped_total{reason=~"refused|rejected"}[5m])) > 0',
      ],
    ],
  },
  {
    section: 'common',
    title: 'Process',
    metrics: [
      'process_cpu_seconds_total',
      'process_cpu_user_seconds_total',
      'process_cpu_system_seconds_total',
      'process_resident_memory_bytes',
      'process_heap_bytes',
      'process_start_time_seconds',
      'process_open_fds',
      'weir_event_loop_lag_seconds',
      'weir_event_loop_utilization_ratio',
      'weir_log_lines_dropped_total',
    ],
    queries: [
      ['CPU cores in use', 'sum(rate(process_cpu_seconds_total[5m]))'],
      ['Hours since the start', '(time() - process_start_time_seconds) / 3600'],
      [
        'The event loop was held up for a tenth of a second',
        'max_over_time(weir_event_loop_lag_seconds[15m]) > 0.1',
      ],
      ['Log lines are lost', 'increase(weir_log_lines_dropped_total[15m]) > 0'],
    ],
  },
];

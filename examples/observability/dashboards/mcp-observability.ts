/**
 * "MCP observability": one or more MCP servers, from the names that weir pushes over OTLP.
 *
 * @module
 */

import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { MESSAGES } from '../promql.ts';
import type { Values } from '../values.ts';
import { board, type Row } from './board.ts';
import { graph, stat, status, table, UNITS } from './panels.ts';
import { increase, quantile, rate, share, sum } from './queries.ts';
import { topTen } from './top-ten.ts';

const SERVER = 'server_name=~"$server"';
const ERRORS = `${SERVER},status="error"`;
const REQUESTS = rate('mcp_requests_total', SERVER);
const PERCENTILES = [0.5, 0.95, 0.99];

function overview({ alerts }: Values): Row {
  return {
    title: 'Overview',
    panels: [
      status(
        {
          title: 'Upstream status',
          description: 'Whether the MCP server accepts connections, as weir sees it.',
          unit: UNITS.number,
          width: 5,
          expr: `min by (server_name) (mcp_upstream_available{${SERVER}})`,
          legend: '{{server_name}}',
        },
        { one: 'Up', zero: 'Down' },
      ),
      stat({
        title: 'Request rate',
        description: 'Requests per second.',
        unit: UNITS.requestsPerSecond,
        width: 5,
        expr: sum(REQUESTS),
      }),
      stat({
        title: 'Error rate',
        description:
          'Share of requests that failed, by what the message says: errors inside a 200 count.',
        unit: UNITS.share,
        width: 5,
        expr: share(
          rate('mcp_requests_total', `${ERRORS},${MESSAGES}`),
          rate('mcp_requests_total', `${SERVER},${MESSAGES}`),
        ),
        redAbove: alerts.MCPHighErrorRate.above,
      }),
      stat({
        title: 'p95 latency',
        description: '95 of 100 requests were answered in less.',
        unit: UNITS.seconds,
        width: 5,
        expr: quantile(0.95, 'mcp_request_duration_seconds', SERVER),
        redAbove: alerts.MCPLatencyP95TooHigh.above,
      }),
      stat({
        title: 'Active connections',
        description: 'Requests under way, streams included.',
        unit: UNITS.number,
        width: 4,
        expr: `sum(mcp_active_connections{${SERVER}})`,
      }),
    ],
  };
}

const REQUEST_ANALYSIS: Row = {
  title: 'Request analysis',
  panels: [
    graph({
      title: 'Requests by method',
      description: 'Requests per second of each JSON-RPC method.',
      unit: UNITS.requestsPerSecond,
      stacked: true,
      queries: [{ expr: sum(REQUESTS, 'method'), legend: '{{method}}' }],
    }),
    graph({
      title: 'Requests by status',
      description: 'Requests per second that succeeded and that failed.',
      unit: UNITS.requestsPerSecond,
      stacked: true,
      queries: [{ expr: sum(REQUESTS, 'status'), legend: '{{status}}' }],
    }),
    graph({
      title: 'Latency percentiles',
      description: 'Time from the head of a request to the end of its response.',
      unit: UNITS.seconds,
      queries: PERCENTILES.map((q) => ({
        expr: quantile(q, 'mcp_request_duration_seconds', SERVER),
        legend: `p${q * 100}`,
      })),
    }),
    topTen({
      title: 'Top methods',
      description: 'The ten methods called most in the time shown.',
      metric: 'mcp_requests_total',
      selector: SERVER,
      labels: { server_name: 'Server', method: 'Method' },
      value: 'Requests',
    }),
  ],
};

const TOOLS: Row = {
  title: 'Tools',
  panels: [
    graph({
      title: 'Tool calls',
      description: 'Calls per second of each tool.',
      unit: UNITS.perSecond,
      queries: [
        { expr: sum(rate('mcp_tool_calls_total', SERVER), 'tool_name'), legend: '{{tool_name}}' },
      ],
    }),
    graph({
      title: 'Tool durations, p95',
      description: '95 of 100 calls of a tool took less.',
      unit: UNITS.seconds,
      queries: [
        {
          expr: quantile(0.95, 'mcp_tool_duration_seconds', SERVER, 'tool_name'),
          legend: '{{tool_name}}',
        },
      ],
    }),
    graph({
      title: 'Failing tools',
      description: 'Share of the calls of a tool that failed.',
      unit: UNITS.share,
      queries: [
        {
          expr: share(
            rate('mcp_tool_calls_total', ERRORS),
            rate('mcp_tool_calls_total', SERVER),
            'tool_name',
          ),
          legend: '{{tool_name}}',
        },
      ],
    }),
    topTen({
      title: 'Top tools',
      description: 'The ten tools called most in the time shown.',
      metric: 'mcp_tool_calls_total',
      selector: SERVER,
      labels: { server_name: 'Server', tool_name: 'Tool' },
      value: 'Calls',
    }),
  ],
};

const RESOURCES: Row = {
  title: 'Resources, prompts and traffic',
  panels: [
    graph({
      title: 'Lists and reads',
      description: 'Lists asked for, resources read and prompts fetched, per second.',
      unit: UNITS.perSecond,
      queries: [
        ...(['tools', 'resources', 'prompts'] as const).map((kind) => ({
          expr: sum(rate(`mcp_${kind}_listed_total`, SERVER)),
          legend: `${kind} listed`,
        })),
        { expr: sum(rate('mcp_resource_reads_total', SERVER)), legend: 'resources read' },
        { expr: sum(rate('mcp_prompt_gets_total', SERVER)), legend: 'prompts fetched' },
      ],
    }),
    graph({
      title: 'Message throughput',
      description: 'Bytes of message bodies per second, by direction.',
      unit: UNITS.bytesPerSecond,
      queries: [
        {
          expr: sum(rate('mcp_message_bytes_total', SERVER), 'direction'),
          legend: '{{direction}}',
        },
      ],
    }),
    topTen({
      title: 'Top resources',
      description: 'The ten resources read most in the time shown.',
      metric: 'mcp_resource_reads_total',
      selector: SERVER,
      labels: { server_name: 'Server', resource_uri: 'Resource' },
      value: 'Reads',
    }),
    graph({
      title: 'Open event streams',
      description: 'Streams on which the server can write of its own accord.',
      unit: UNITS.number,
      queries: [
        {
          expr: `sum by (server_name) (mcp_sse_streams_active{${SERVER}})`,
          legend: '{{server_name}}',
        },
      ],
    }),
  ],
};

const ERROR_ANALYSIS: Row = {
  title: 'Errors',
  panels: [
    graph({
      title: 'Protocol errors by code',
      description: 'JSON-RPC errors per second. A tool that fails in its result is not among them.',
      unit: UNITS.perSecond,
      queries: [
        {
          expr: sum(rate('mcp_protocol_errors_total', SERVER), 'error_code'),
          legend: '{{error_code}}',
        },
      ],
    }),
    table({
      title: 'Errors by method',
      description: 'JSON-RPC errors in the time shown.',
      unit: UNITS.number,
      expr: `${sum(increase('mcp_protocol_errors_total', SERVER), 'server_name', 'method', 'error_code')} > 0`,
      labels: { server_name: 'Server', method: 'Method', error_code: 'Code' },
      value: 'Errors',
    }),
  ],
};

export function mcpObservability(values: Values): Dashboard {
  return board({
    uid: 'mcp-observability',
    title: 'MCP observability',
    description: 'What MCP servers are asked, and how they answer. From the metrics weir pushes.',
    choices: [
      {
        name: 'server',
        label: 'MCP server',
        values: { label: 'server_name', of: 'mcp_upstream_available' },
        all: '.+',
      },
    ],
    rows: [overview(values), REQUEST_ANALYSIS, TOOLS, RESOURCES, ERROR_ANALYSIS],
  });
}

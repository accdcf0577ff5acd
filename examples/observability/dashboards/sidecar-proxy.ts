/**
 * "Sidecar proxy": the row of the MCP operator's dashboard about its sidecars, as a dashboard.
 *
 * @module
 */

import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { FAILED, MESSAGES } from '../promql.ts';
import type { Values } from '../values.ts';
import { board, type Row } from './board.ts';
import { graph, stat, UNITS } from './panels.ts';
import { quantile, rate, share, sum } from './queries.ts';
import { CHOSEN, SCRAPED_CHOICES } from './scraped.ts';
import { topTen } from './top-ten.ts';

const REQUESTS = rate('mcp_requests_total', CHOSEN);
const EXCHANGES = rate('weir_exchanges_total', `${CHOSEN},${MESSAGES}`);
const FAILURES = rate('weir_exchanges_total', `${CHOSEN},${MESSAGES},${FAILED}`);
const DURATION = 'mcp_request_duration_seconds';

function metricsRow({ alerts }: Values): Row {
  return {
    title: 'Sidecar Proxy Metrics',
    panels: [
      stat({
        title: 'Request rate',
        description: 'Requests per second of the proxies chosen.',
        unit: UNITS.requestsPerSecond,
        expr: sum(REQUESTS),
      }),
      stat({
        title: 'Error rate',
        description:
          'Share of requests that failed, by what the message says: errors inside a 200 count.',
        unit: UNITS.share,
        expr: share(FAILURES, EXCHANGES),
        redAbove: alerts.MCPServerHighErrorRate.above,
      }),
      stat({
        title: 'p95 latency',
        description:
          '95 of 100 requests were answered in less. SSE connections are not among them.',
        unit: UNITS.seconds,
        expr: quantile(0.95, DURATION, CHOSEN),
        redAbove: alerts.MCPServerHighLatency.above,
      }),
      stat({
        title: 'Active connections',
        description: 'Requests under way, streams included.',
        unit: UNITS.number,
        expr: `sum(mcp_active_connections{${CHOSEN}})`,
      }),
      graph({
        title: 'Request rate per server',
        description: 'Requests per second.',
        unit: UNITS.requestsPerSecond,
        queries: [{ expr: sum(REQUESTS, 'namespace', 'job'), legend: '{{job}}' }],
      }),
      graph({
        title: 'p95 latency per server',
        description:
          '95 of 100 requests were answered in less. Calls that were traced are points that lead there.',
        unit: UNITS.seconds,
        exemplars: true,
        queries: [
          { expr: quantile(0.95, DURATION, CHOSEN, 'namespace', 'job'), legend: '{{job}}' },
        ],
      }),
      graph({
        title: 'Errors per server',
        description: 'Failed requests per second, and those of them that were JSON-RPC errors.',
        unit: UNITS.perSecond,
        queries: [
          { expr: sum(FAILURES, 'namespace', 'job'), legend: '{{job}}' },
          {
            expr: sum(rate('mcp_request_errors_total', CHOSEN), 'namespace', 'job'),
            legend: '{{job}}, JSON-RPC',
          },
        ],
      }),
      graph({
        title: 'Connections per server',
        description: 'Requests under way, and SSE connections among them.',
        unit: UNITS.number,
        queries: [
          {
            expr: `sum by (namespace, job) (mcp_active_connections{${CHOSEN}})`,
            legend: '{{job}}',
          },
          {
            expr: `sum by (namespace, job) (mcp_sse_connections_active{${CHOSEN}})`,
            legend: '{{job}}, SSE',
          },
        ],
      }),
      topTen({
        title: 'Top 10 tools',
        description: 'The tools called most in the time shown.',
        metric: 'mcp_tool_calls_total',
        selector: CHOSEN,
        labels: { job: 'Server', tool_name: 'Tool' },
        value: 'Calls',
      }),
      topTen({
        title: 'Top 10 resources',
        description: 'The resources read most in the time shown, by scheme and host.',
        metric: 'mcp_resource_reads_total',
        selector: CHOSEN,
        labels: { job: 'Server', resource_uri: 'Resource' },
        value: 'Reads',
      }),
    ],
  };
}

export function sidecarProxy(values: Values): Dashboard {
  return board({
    uid: 'sidecar-proxy',
    title: 'MCP sidecar proxies',
    description:
      'The proxies in front of MCP servers. From the metrics Prometheus scrapes from weir.',
    choices: SCRAPED_CHOICES,
    rows: [metricsRow(values)],
  });
}

/**
 * "MCP fleet": every weir there is, which server fails or is slow, and what weir itself costs.
 *
 * @module
 */

import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { FAILED, MESSAGES, PUSHED } from '../promql.ts';
import type { Values } from '../values.ts';
import { board, type Row } from './board.ts';
import { graph, stat, table, UNITS } from './panels.ts';
import { increase, ofWeir, quantile, quantileOfAll, rate, share, sum } from './queries.ts';
import { CHOSEN, SCRAPED_CHOICES } from './scraped.ts';

const SERVER = ['namespace', 'job'] as const;
const EXCHANGES = rate('weir_exchanges_total', CHOSEN);
const MESSAGE_EXCHANGES = rate('weir_exchanges_total', `${CHOSEN},${MESSAGES}`);
const FAILURES = rate('weir_exchanges_total', `${CHOSEN},${MESSAGES},${FAILED}`);
const TOOL_CALLS = rate('weir_tool_calls_total', CHOSEN);
const PERCENTILES = [0.5, 0.95, 0.99];

const HEALTH: Row = {
  title: 'Health',
  panels: [
    stat({
      title: 'Proxies up',
      description: 'Targets that answered the last scrape and are weir.',
      unit: UNITS.number,
      expr: `count(weir_build_info{${CHOSEN}})`,
    }),
    stat({
      title: 'Proxies down',
      description:
        'Targets that were weir within the last hour and did not answer the last scrape.',
      unit: UNITS.number,
      expr: `count(up == 0 and on (job, instance) last_over_time(weir_build_info{${CHOSEN}}[1h])) or vector(0)`,
      redAbove: 1,
    }),
    stat({
      title: 'Legacy traffic',
      description: 'Share of requests that speak a protocol version before 2026-07-28.',
      unit: UNITS.share,
      expr: share(
        rate('weir_exchanges_total', `${CHOSEN},era="legacy"`),
        rate('weir_exchanges_total', `${CHOSEN},era!="unknown"`),
      ),
    }),
    stat({
      title: 'Not understood',
      description: 'Parts of messages that were forwarded without being read, in the time shown.',
      unit: UNITS.number,
      expr: `${sum(increase('weir_parse_problems_total', CHOSEN))} or vector(0)`,
    }),
    table({
      title: 'What is running',
      description: 'Versions and runtimes, and how many proxies of each.',
      unit: UNITS.number,
      expr: `count by (namespace, job, version, runtime) (weir_build_info{${CHOSEN}})`,
      labels: { namespace: 'Namespace', job: 'Server', version: 'Version', runtime: 'Runtime' },
      value: 'Proxies',
    }),
    graph({
      title: 'Answering scrapes',
      description: 'Targets of each server that answer, of those that are weir.',
      unit: UNITS.number,
      queries: [
        {
          expr: `sum by (namespace, job) (up and on (job, instance) last_over_time(weir_build_info{${CHOSEN}}[1h]))`,
          legend: '{{job}}',
        },
      ],
    }),
  ],
};

function serversRow({ alerts }: Values): Row {
  return {
    title: 'Servers',
    panels: [
      graph({
        title: 'Request rate per server',
        description: 'Requests per second.',
        unit: UNITS.requestsPerSecond,
        stacked: true,
        queries: [{ expr: sum(EXCHANGES, ...SERVER), legend: '{{job}}' }],
      }),
      graph({
        title: 'Outcomes',
        description: 'How requests ended, by what the message says.',
        unit: UNITS.requestsPerSecond,
        stacked: true,
        queries: [{ expr: sum(EXCHANGES, 'outcome'), legend: '{{outcome}}' }],
      }),
      graph({
        title: 'Failures per server',
        description: `Share of requests that failed; the alert is at ${alerts.MCPServerHighErrorRate.above * 100} %.`,
        unit: UNITS.share,
        queries: [{ expr: share(FAILURES, MESSAGE_EXCHANGES, ...SERVER), legend: '{{job}}' }],
      }),
      graph({
        title: 'Latency percentiles',
        description: 'Of all servers chosen. Calls that were traced are points that lead there.',
        unit: UNITS.seconds,
        exemplars: true,
        queries: PERCENTILES.map((q) => ({
          expr: quantile(q, 'mcp_request_duration_seconds', CHOSEN),
          legend: `p${q * 100}`,
        })),
      }),
      graph({
        title: 'Time to the first byte of servers, p95',
        description: 'From the dispatch of a request to the head of its response.',
        unit: UNITS.seconds,
        queries: [
          {
            expr: quantile(0.95, 'weir_upstream_first_byte_seconds', CHOSEN, ...SERVER),
            legend: '{{job}}',
          },
        ],
      }),
      graph({
        title: 'Open event streams',
        description: 'By what keeps them open.',
        unit: UNITS.number,
        stacked: true,
        queries: [{ expr: `sum by (kind) (weir_streams_active{${CHOSEN}})`, legend: '{{kind}}' }],
      }),
    ],
  };
}

const TOOLS: Row = {
  title: 'Tools',
  panels: [
    graph({
      title: 'Error rate by tool',
      description: 'Share of the calls of a tool that failed, for whatever reason.',
      unit: UNITS.share,
      queries: [
        {
          expr: share(
            rate('weir_tool_calls_total', `${CHOSEN},outcome!~"ok|input_required"`),
            TOOL_CALLS,
            'job',
            'tool_name',
          ),
          legend: '{{job}} {{tool_name}}',
        },
      ],
    }),
    table({
      title: 'Slowest tools, p95',
      description: '95 of 100 calls took less.',
      unit: UNITS.seconds,
      expr: `topk(10, ${quantileOfAll(0.95, 'weir_tool_duration_seconds', CHOSEN, 'job', 'tool_name')} > 0)`,
      labels: { job: 'Server', tool_name: 'Tool' },
      value: 'p95',
    }),
  ],
};

const GUARD: Row = {
  title: 'Policies',
  panels: [
    graph({
      title: 'Decisions',
      description: 'What policies said, per second. Empty where no policy is on.',
      unit: UNITS.perSecond,
      queries: [
        {
          expr: sum(rate('weir_policy_decisions_total', CHOSEN), 'policy', 'decision'),
          legend: '{{policy}}: {{decision}}',
        },
      ],
    }),
    graph({
      title: 'Refusals by code',
      description: 'Requests that weir refused, per second.',
      unit: UNITS.perSecond,
      queries: [
        {
          expr: sum(rate('weir_denied_total', CHOSEN), 'job', 'error_code'),
          legend: '{{job}} {{error_code}}',
        },
      ],
    }),
  ],
};

const PUSHED_ROW: Row = {
  title: 'By the name of the server, as pushed',
  panels: [
    graph({
      title: 'Request rate by server name',
      description: 'Requests per second, from the metrics weir pushes.',
      unit: UNITS.requestsPerSecond,
      queries: [
        {
          expr: sum(rate('mcp_requests_total', PUSHED), 'server_name'),
          legend: '{{server_name}}',
        },
      ],
    }),
    graph({
      title: 'Upstreams available',
      description: '1 where the MCP server accepts connections.',
      unit: UNITS.number,
      queries: [
        {
          expr: `min by (server_name) (mcp_upstream_available{${PUSHED}})`,
          legend: '{{server_name}}',
        },
      ],
    }),
  ],
};

const COST: Row = {
  title: 'What weir costs',
  panels: [
    graph({
      title: 'Time spent in weir, p99',
      description: 'What a request takes longer because weir is there.',
      unit: UNITS.seconds,
      queries: [
        { expr: quantile(0.99, 'weir_overhead_seconds', CHOSEN, ...SERVER), legend: '{{job}}' },
      ],
    }),
    graph({
      title: 'CPU',
      description: 'Seconds of CPU time per second. Workers cannot tell.',
      unit: UNITS.number,
      queries: [
        {
          expr: ofWeir('rate(process_cpu_seconds_total[$__rate_interval])', CHOSEN),
          legend: '{{job}} {{instance}}',
        },
      ],
    }),
    graph({
      title: 'Memory',
      description: 'Resident memory. Workers cannot tell.',
      unit: UNITS.bytes,
      queries: [
        {
          expr: ofWeir('process_resident_memory_bytes', CHOSEN),
          legend: '{{job}} {{instance}}',
        },
      ],
    }),
    graph({
      title: 'Open files',
      description: 'Connections and files that are open. Workers cannot tell.',
      unit: UNITS.number,
      queries: [{ expr: ofWeir('process_open_fds', CHOSEN), legend: '{{job}} {{instance}}' }],
    }),
  ],
};

export function fleet(values: Values): Dashboard {
  return board({
    uid: 'mcp-fleet',
    title: 'MCP fleet',
    description:
      'All proxies at once: who is up, which server fails, which tool is slow, what weir costs.',
    choices: SCRAPED_CHOICES,
    rows: [HEALTH, serversRow(values), TOOLS, GUARD, PUSHED_ROW, COST],
  });
}

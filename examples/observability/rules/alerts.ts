/**
 * The alert rules, in two groups: one on the names that weir pushes over OTLP, one on the names that
 * Prometheus scrapes from weir. They overlap on purpose; load the group whose metrics you have, or
 * both.
 *
 * @module
 */

import { FAILED, MESSAGES, PUSHED, quantile, rate, SCRAPED, sum } from '../promql.ts';
import type { Values } from '../values.ts';
import type { AlertRule, RuleGroup } from './rule-file.ts';

/** Who it is about, in annotations. */
const PUSHED_NAME = '{{ $labels.server_name }}';
const SCRAPED_NAME = '{{ with $labels.namespace }}{{ . }}/{{ end }}{{ $labels.job }}';

interface Alert {
  readonly name: keyof Values['alerts'];
  readonly expr: string;
  readonly summary: string;
  readonly description: string;
}

/** Alerts on the names of the profile `sidecar`. */
export function pushedAlerts(values: Values): RuleGroup {
  const { window, alerts, selectors } = values;
  const server = ['namespace', 'server_name'];
  return group('mcp-pushed', values, [
    {
      name: 'MCPHighErrorRate',
      expr: `${sum(rate('mcp_requests_total', `${PUSHED},${MESSAGES},status="error"`, window), ...server)}
  / ${sum(rate('mcp_requests_total', `${PUSHED},${MESSAGES}`, window), ...server)}
  > ${alerts.MCPHighErrorRate.above}`,
      summary: `Requests to ${PUSHED_NAME} fail`,
      description: `{{ $value | humanizePercentage }} of the requests to ${PUSHED_NAME} fail.`,
    },
    {
      name: 'MCPLatencyP95TooHigh',
      expr: `${quantile(0.95, 'mcp_request_duration_seconds', PUSHED, window, ...server)}
  > ${alerts.MCPLatencyP95TooHigh.above}`,
      summary: `${PUSHED_NAME} answers slowly`,
      description: `One request in twenty to ${PUSHED_NAME} takes longer than {{ $value | humanizeDuration }}.`,
    },
    {
      name: 'MCPUpstreamDown',
      expr: `min by (${server.join(', ')}) (mcp_upstream_available{${PUSHED}}) == 0`,
      summary: `${PUSHED_NAME} accepts no connections`,
      description: `A weir in front of ${PUSHED_NAME} cannot connect to it.`,
    },
    {
      name: 'CollectorDown',
      expr: `up{${selectors.collector}} == 0`,
      summary: 'The OpenTelemetry collector cannot be reached',
      description:
        'The collector {{ $labels.instance }} does not answer scrapes: what weir pushes is lost.',
    },
  ]);
}

/** Alerts on the names of the profiles `operator` and `weir`. */
export function scrapedAlerts(values: Values): RuleGroup {
  const { window, alerts, selectors } = values;
  const server = ['namespace', 'job'];
  return group('mcp-scraped', values, [
    {
      name: 'MCPServerHighErrorRate',
      expr: `${sum(rate('weir_exchanges_total', `${MESSAGES},${FAILED}`, window), ...server)}
  / ${sum(rate('weir_exchanges_total', MESSAGES, window), ...server)}
  > ${alerts.MCPServerHighErrorRate.above}`,
      summary: `Requests to ${SCRAPED_NAME} fail`,
      description: `{{ $value | humanizePercentage }} of the requests to ${SCRAPED_NAME} fail.`,
    },
    {
      name: 'MCPServerHighLatency',
      expr: `${quantile(0.95, 'mcp_request_duration_seconds', SCRAPED, window, ...server)}
  > ${alerts.MCPServerHighLatency.above}`,
      summary: `${SCRAPED_NAME} answers slowly`,
      description: `One request in twenty to ${SCRAPED_NAME} takes longer than {{ $value | humanizeDuration }}.`,
    },
    {
      // Short requests come and go between two scrapes: the gauge alone would see nobody.
      name: 'MCPServerNoConnections',
      expr: `${sum(`mcp_active_connections{${SCRAPED}}`, ...server)} == 0
  unless ${sum(rate('mcp_requests_total', SCRAPED, window), ...server)} > 0`,
      summary: `Nobody uses ${SCRAPED_NAME}`,
      description: `No request to ${SCRAPED_NAME} is under way, and none has ended lately.`,
    },
    {
      name: 'MCPProxySidecarDown',
      expr: `up{${selectors.proxies}} == 0`,
      summary: `The weir in front of ${SCRAPED_NAME} is down`,
      description: `Prometheus cannot scrape {{ $labels.instance }}; clients probably cannot reach ${SCRAPED_NAME} either.`,
    },
  ]);
}

function group(name: string, values: Values, alerts: readonly Alert[]): RuleGroup {
  return { name, rules: alerts.map((alert) => toRule(alert, values)) };
}

function toRule({ name, expr, summary, description }: Alert, values: Values): AlertRule {
  const { for: duration, severity } = values.alerts[name];
  return {
    alert: name,
    expr,
    for: duration,
    labels: { severity },
    annotations: {
      summary,
      description,
      runbook_url: `${values.runbooks}#${name.toLowerCase()}`,
    },
  };
}

/**
 * Recording rules against high cardinality: tools and resources are named by servers and called by
 * models, so their labels can grow to the limit of every proxy. These rules keep totals without the
 * names, and the busiest names only. Keep and forward them, and let the rest expire early.
 *
 * @module
 */

import { FAILED, MESSAGES, PUSHED, rate, SCRAPED, sum } from '../promql.ts';
import type { Values } from '../values.ts';
import type { RecordingRule, RuleGroup } from './rule-file.ts';

/** One of the two sets of names, which have these metrics in common. */
interface NameSet {
  /** First part of the recorded names. */
  readonly level: string;
  readonly selector: string;
  /** The label that says which MCP server it is. */
  readonly server: string;
}

const SETS: readonly NameSet[] = [
  { level: 'job', selector: SCRAPED, server: 'job' },
  { level: 'server', selector: PUSHED, server: 'server_name' },
];

export function recordingRules(values: Values): RuleGroup {
  const { window } = values;
  const ofJob = (selector: string): string =>
    sum(rate('weir_exchanges_total', selector, window), 'namespace', 'job');
  const rules = [
    ...SETS.flatMap((set) => rulesOf(set, values)),
    { record: `job:weir_exchanges:rate${window}`, expr: ofJob(MESSAGES) },
    { record: `job:weir_exchanges_failed:rate${window}`, expr: ofJob(`${MESSAGES},${FAILED}`) },
  ];
  return { name: 'mcp-recording', rules };
}

function rulesOf(
  { level, selector, server }: NameSet,
  { window, recording: { top } }: Values,
): readonly RecordingRule[] {
  const by = ['namespace', server];
  const total = (metric: string): RecordingRule => ({
    record: `${level}:${metric}:rate${window}`,
    expr: sum(rate(`${metric}_total`, selector, window), ...by),
  });
  const busiest = (metric: string, label: string): RecordingRule => {
    const vector = sum(rate(`${metric}_total`, selector, window), ...by, label);
    return {
      record: `${level}_${label}:${metric}:top_rate${window}`,
      expr: `topk by (${by.join(', ')}) (${top}, ${vector})`,
    };
  };
  const buckets = 'mcp_request_duration_seconds_bucket';
  return [
    total('mcp_requests'),
    {
      record: `${level}_le:${buckets}:rate${window}`,
      expr: sum(rate(buckets, selector, window), ...by, 'le'),
    },
    total('mcp_tool_calls'),
    busiest('mcp_tool_calls', 'tool_name'),
    total('mcp_resource_reads'),
    busiest('mcp_resource_reads', 'resource_uri'),
  ];
}

/**
 * Rules as Prometheus reads them: a file of groups, or the same groups in a PrometheusRule of the
 * Prometheus operator.
 *
 * @module
 */

import { stringify } from 'yaml';

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

export interface RuleGroup {
  readonly name: string;
  readonly rules: readonly (AlertRule | RecordingRule)[];
}

const HEAD = `# Written by examples/observability/generate.ts; the numbers are in values.yaml beside it.\n`;

/** A file for `rule_files`. */
export function toRuleFile(groups: readonly RuleGroup[]): string {
  return HEAD + toYaml({ groups });
}

/** An object for clusters with the Prometheus operator. */
export function toPrometheusRule(
  groups: readonly RuleGroup[],
  metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> },
): string {
  const object = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata,
    spec: { groups },
  };
  return HEAD + toYaml(object);
}

/** Long lines stay whole: a folded expression is harder to read and to search for. */
function toYaml(content: object): string {
  return stringify(content, { lineWidth: 0, blockQuote: 'literal' });
}

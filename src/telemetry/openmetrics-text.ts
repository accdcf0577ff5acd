/**
 * OpenMetrics 1.0 text format.
 *
 * @module
 */

import {
  type Dialect,
  escapeLabelValue,
  formatBound,
  formatValue,
  pushSamples,
} from './exposition.ts';
import type { Exemplar, FamilySnapshot, MetricDefinition } from './metrics-store.ts';

const DIALECT: Dialect = {
  counterSample: (name) => `${withoutTotal(name)}_total`,
  bound: formatFloatBound,
  exemplar: formatExemplar,
};

/** Renders families in the order given, closed by `# EOF`. Families without series are left out. */
export function renderOpenMetrics(families: readonly FamilySnapshot[]): string {
  const lines: string[] = [];
  for (const family of families) {
    if (family.series.length === 0) continue;
    const { type, help, unit } = family.definition;
    const name = familyName(family.definition);
    lines.push(`# TYPE ${name} ${type}`);
    // A unit may only be declared when the family's name ends in it.
    if (unit !== undefined && name.endsWith(`_${unit}`)) lines.push(`# UNIT ${name} ${unit}`);
    // Help is escaped like a label value here, quotes included.
    lines.push(`# HELP ${name} ${escapeLabelValue(help)}`);
    pushSamples(lines, family, DIALECT);
  }
  lines.push('# EOF');
  return `${lines.join('\n')}\n`;
}

/** `_total` belongs to the sample of a counter, not to the family. */
function familyName(definition: MetricDefinition): string {
  return definition.type === 'counter' ? withoutTotal(definition.name) : definition.name;
}

function withoutTotal(name: string): string {
  return name.endsWith('_total') ? name.slice(0, -'_total'.length) : name;
}

/**
 * Names and values of the two labels are 63 characters together; the format allows 128. Time is in
 * seconds.
 */
function formatExemplar({ traceId, spanId, value, timestampMs }: Exemplar): string {
  const seconds = (timestampMs / 1000).toFixed(3);
  return ` # {trace_id="${traceId}",span_id="${spanId}"} ${formatValue(value)} ${seconds}`;
}

/** Bounds are floats and look like it: `1.0`, not `1`. */
function formatFloatBound(value: number): string {
  const text = formatBound(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/**
 * Prometheus text format 0.0.4.
 *
 * @module
 */

import { type Dialect, formatBound, pushSamples } from './exposition.ts';
import type { FamilySnapshot } from './metrics-store.ts';

const DIALECT: Dialect = {
  counterSample: (name) => name,
  bound: formatBound,
  // The format has none.
  exemplar: () => '',
};

/** Renders families in the order given. Families without series are left out. */
export function renderPrometheus(families: readonly FamilySnapshot[]): string {
  const lines: string[] = [];
  for (const family of families) {
    if (family.series.length === 0) continue;
    const { name, type, help } = family.definition;
    lines.push(`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`);
    pushSamples(lines, family, DIALECT);
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

/** HELP escapes backslash and line feed; a quote stays as it is. */
function escapeHelp(help: string): string {
  return help.toWellFormed().replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

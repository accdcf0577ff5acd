import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { generateMetricsGuide } from '../../scripts/generate-metrics.ts';
import { AREAS } from '../../scripts/metrics-areas.ts';
import { definitionsOf, SECTIONS } from '../../scripts/metrics-catalogue.ts';
import type { MetricDefinition } from '../../src/telemetry/metrics-store.ts';
import { promtool, promtoolMissing } from './promtool.ts';

const text = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
const queries = Array.from(
  text.matchAll(/^```promql\n(.*?)^```$/gms),
  (match) => match[1] as string,
);

const METRIC_NAME = /\b(?:(?:mcp|weir|process|http|tool|external|service)_\w+|build_info)/g;
/** Labels that look like metrics. */
const LABEL_NAMES: ReadonlySet<string> = new Set(['mcp_method_name', 'tool_name', 'service_name']);

describe('docs/metrics.md', () => {
  it('is what the code declares: run "node scripts/generate-metrics.ts" when this fails', async () => {
    expect(text).toBe((await generateMetricsGuide()).content);
  });

  it('lists every metric that the sources name', async () => {
    const sections = await Promise.all(SECTIONS.map(definitionsOf));
    const known = new Set(sections.flatMap((definitions) => [...definitions.keys()]));
    const folder = fileURLToPath(new URL('../../src/', import.meta.url));
    const declared = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .flatMap((path) => [
        ...readFileSync(join(folder, path), 'utf8').matchAll(
          /(?:name: |counter\(|gauge\(\n? *)'((?:weir|mcp|process|http|tool)_[a-z_]+)'/g,
        ),
      ])
      .map((match) => match[1] as string);
    expect(declared.length).toBeGreaterThan(60);
    expect(declared.filter((name) => !known.has(name))).toEqual([]);
  });

  it('has three queries or more for each area', () => {
    for (const { title, queries } of AREAS) expect(queries.length, title).toBeGreaterThan(2);
    expect(queries).toHaveLength(AREAS.flatMap((area) => area.queries).length);
  });

  it.each(AREAS)(
    'queries of $section, $title name only its metrics and their labels',
    async (area) => {
      const known = await definitionsOf(area.section);
      for (const [, query] of area.queries) {
        const names = (query.replaceAll(/"[^"]*"/g, '""').match(METRIC_NAME) ?? []).filter(
          (name) => !LABEL_NAMES.has(name),
        );
        expect(names.length, query).toBeGreaterThan(0);
        const used = names.map((name) => {
          const family = known.get(name) ?? known.get(name.replace(/_(?:bucket|sum|count)$/, ''));
          expect(area.metrics, name).toContain(family?.name);
          expect(known.has(name), name).toBe(family?.type !== 'histogram');
          return family as MetricDefinition;
        });
        const grouped = Array.from(query.matchAll(/(?:by|ignoring) \(([^)]*)\)/g), (match) =>
          (match[1] as string).split(', '),
        );
        const matched = Array.from(query.matchAll(/[{,](\w+)[!=]/g), (match) => match[1] as string);
        for (const label of [...grouped.flat(), ...matched]) {
          expect(
            used.some(({ labels }) => [...labels, 'le'].includes(label)),
            `${label} in ${query}`,
          ).toBe(true);
        }
      }
    },
  );

  it('queries are PromQL to promtool', (context) => {
    if (promtoolMissing !== null) return context.skip(promtoolMissing);
    const folder = mkdtempSync(join(tmpdir(), 'weir-promql-'));
    try {
      const rules = queries.map((expr, index) => ({ record: `doc:query:${index}`, expr }));
      const file = join(folder, 'rules.json');
      // JSON is YAML.
      writeFileSync(file, JSON.stringify({ groups: [{ name: 'docs', rules }] }));
      const checked = promtool(['check', 'rules', file]);
      expect(checked.ok, checked.output).toBe(true);
      expect(checked.output).toContain(`${queries.length} rules found`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/**
 * Writes the tables and queries of docs/metrics.md from the metrics the code declares. A test
 * compares the file with what this would write.
 *
 *     node scripts/generate-metrics.ts
 *
 * @module
 */

import { readFile, writeFile } from 'node:fs/promises';
import type { MetricDefinition } from '../src/telemetry/metrics-store.ts';
import { code, type GeneratedFile, replaceBetween, table } from './markdown.ts';
import { AREAS, type Area } from './metrics-areas.ts';
import { definitionsOf, SECTIONS, type Section } from './metrics-catalogue.ts';
import { explainLabel } from './metrics-labels.ts';

const GUIDE_FILE = new URL('../docs/metrics.md', import.meta.url);

/** The file keeps what stands outside its markers, one pair for each section. */
export async function generateMetricsGuide(): Promise<GeneratedFile> {
  let content = await readFile(GUIDE_FILE, 'utf8');
  for (const section of SECTIONS) {
    content = replaceBetween(content, section, await renderSection(section));
  }
  return { url: GUIDE_FILE, content };
}

async function renderSection(section: Section): Promise<string> {
  const definitions = await definitionsOf(section);
  const areas = AREAS.filter((area) => area.section === section);
  const rendered = areas.map((area) => renderArea(area, definitions));
  if (definitions.size > 0) {
    throw new Error(`metrics in no area of ${section}: ${[...definitions.keys()].join(', ')}`);
  }
  return rendered.join('\n\n');
}

const METRIC_HEADINGS = ['metric', 'type', 'labels', 'unit', 'meaning'];

/** Takes the metrics of the area out of `definitions`. */
function renderArea(
  { section, title, metrics, queries }: Area,
  definitions: Map<string, MetricDefinition>,
): string {
  const shown = metrics.map((name) => {
    const definition = definitions.get(name);
    if (definition === undefined) throw new Error(`${section} has no metric ${name}`);
    definitions.delete(name);
    return definition;
  });
  const labels = [...new Set(shown.flatMap((definition) => definition.labels))].sort();
  const parts = [`### ${title}`, table(METRIC_HEADINGS, shown.map(metricRow))];
  const buckets = bucketLines(shown);
  if (buckets.length > 0) parts.push(buckets.join('\n'));
  if (labels.length > 0) {
    const rows = labels.map((label) => [code(label), explainLabel(section, label)]);
    parts.push(table(['label', 'values'], rows));
  }
  for (const [question, promql] of queries) {
    parts.push(`${question}:\n\n\`\`\`promql\n${promql}\n\`\`\``);
  }
  return parts.join('\n\n');
}

function metricRow({ name, type, labels, unit, help }: MetricDefinition): string[] {
  return [code(name), type, labels.map(code).join(', '), unit ?? '', help];
}

/** One line for each set of bounds, with those that share it. */
function bucketLines(definitions: readonly MetricDefinition[]): string[] {
  const histograms = definitions.filter(({ buckets }) => buckets !== undefined);
  const byBounds = Map.groupBy(histograms, ({ buckets = [] }) => buckets.join(', '));
  return [...byBounds].map(
    ([bounds, owners]) =>
      `- Buckets of ${owners.map(({ name }) => code(name)).join(', ')}: ${bounds}`,
  );
}

if (import.meta.main) {
  const { url, content } = await generateMetricsGuide();
  await writeFile(url, content);
}

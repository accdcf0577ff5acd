/**
 * Writes what is derived from code and values.yaml: the dashboards, the rules, and the rules once
 * more as an object for the Prometheus operator. A test compares the files with what this writes.
 *
 *     node examples/observability/generate.ts [--values my-values.yaml] [--out directory]
 *
 * @module
 */

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fleet } from './dashboards/fleet.ts';
import { mcpObservability } from './dashboards/mcp-observability.ts';
import { sidecarProxy } from './dashboards/sidecar-proxy.ts';
import { pushedAlerts, scrapedAlerts } from './rules/alerts.ts';
import { recordingRules } from './rules/recording.ts';
import { toPrometheusRule, toRuleFile } from './rules/rule-file.ts';
import { loadValues, type Values } from './values.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = 'examples/observability';

/** Every generated file, by its path in the repository. */
export function generate(values: Values): ReadonlyMap<string, string> {
  const groups = [pushedAlerts(values), scrapedAlerts(values)];
  const recording = recordingRules(values);
  const files = new Map([
    [`${FOLDER}/prometheus/rules/alerts.yml`, toRuleFile(groups)],
    [`${FOLDER}/prometheus/rules/recording.yml`, toRuleFile([recording])],
    [
      'k8s/components/prometheus-rules/prometheusrule.yaml',
      // The label is the one that the ServiceMonitor has.
      toPrometheusRule([...groups, recording], {
        name: 'mcp-alerts',
        labels: { release: 'monitoring' },
      }),
    ],
  ]);
  for (const dashboard of [mcpObservability(values), sidecarProxy(values), fleet(values)]) {
    files.set(`${FOLDER}/grafana/dashboards/${dashboard.uid}.json`, toJson(dashboard));
  }
  return files;
}

/** Lists of words on one line, as the formatter of this repository has them. */
function toJson(content: unknown): string {
  const lines = JSON.stringify(content, null, 2).replaceAll(
    /\[\n\s+("[^"\n]*"(?:,\n\s+"[^"\n]*")*)\n\s+\]/g,
    (_, words: string) => `[${words.replaceAll(/,\n\s+/g, ', ')}]`,
  );
  return `${lines}\n`;
}

if (import.meta.main) {
  const { values: flags } = parseArgs({
    options: { values: { type: 'string' }, out: { type: 'string', default: REPOSITORY } },
  });
  for (const [path, content] of generate(await loadValues(flags.values))) {
    const file = join(flags.out, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

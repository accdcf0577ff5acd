import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MemoryMetricsStore } from '../../src/telemetry/memory-store.ts';
import { createMetricsSink } from '../../src/telemetry/metrics-sink.ts';
import type { MetricDefinition } from '../../src/telemetry/metrics-store.ts';
import {
  createAuditMetrics,
  createBreakerMetrics,
  createKeySetMetrics,
  createLimitStoreMetrics,
} from '../../src/telemetry/policy-metrics.ts';
import { createProcessMetrics } from '../../src/telemetry/process-metrics.ts';
import { promtool, promtoolMissing } from './promtool.ts';

const text = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
const queries = Array.from(
  text.matchAll(/^```promql\n(.*?)^```$/gms),
  (match) => match[1] as string,
);

function definitions(): Map<string, MetricDefinition> {
  const store = new MemoryMetricsStore();
  createMetricsSink(store, { version: '1', runtime: 'node', target: 'h:1' });
  createBreakerMetrics(store);
  createLimitStoreMetrics(store, 'redis');
  createKeySetMetrics(store);
  createAuditMetrics(store, ['stdout']);
  createProcessMetrics(store, () => ({
    cpuUserSeconds: 1,
    cpuSystemSeconds: 1,
    residentBytes: 1,
    heapUsedBytes: 1,
    startTimeSeconds: 1,
    openFds: 1,
    eventLoopLagSeconds: 1,
    eventLoopUtilization: 1,
  }));
  return new Map(store.snapshot().map(({ definition }) => [definition.name, definition]));
}

describe('docs/metrics.md', () => {
  it('lists every metric with its type and labels, and no other', () => {
    const rows = new Map(
      Array.from(text.matchAll(/^\| `((?:mcp|weir|process)_\w+)` \| (\w+) \|(.*)$/gm), (match) => {
        const [, name, type, rest] = match as unknown as [string, string, string, string];
        const labels =
          name.startsWith('process_') || name.startsWith('weir_event_loop')
            ? []
            : Array.from((rest.split('|')[0] as string).matchAll(/`(\w+)`/g), (label) => label[1]);
        return [name, { type, labels }];
      }),
    );
    expect([...rows.keys()].sort()).toEqual([...definitions().keys()].sort());
    for (const [name, { type, labels }] of definitions()) {
      expect(rows.get(name), name).toEqual({ type, labels });
    }
  });

  it('queries name only metrics and labels there are', () => {
    const known = definitions();
    expect(queries.length).toBeGreaterThan(10);
    for (const query of queries) {
      const names = query.match(/\b(?:mcp|weir|process)_\w+/g) ?? [];
      expect(names.length, query).toBeGreaterThan(0);
      const used = names.map((name) => {
        const family = known.get(name) ?? known.get(name.replace(/_(?:bucket|sum|count)$/, ''));
        expect(family, name).toBeDefined();
        expect(known.has(name), name).toBe(family?.type !== 'histogram');
        return family as MetricDefinition;
      });
      const grouped = Array.from(query.matchAll(/by \(([^)]*)\)/g), (match) =>
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
  });

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

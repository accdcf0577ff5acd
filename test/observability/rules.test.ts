/**
 * Alert and recording rules, as promtool judges them: every alert has a case in which it fires and
 * one in which it does not, and recorded series stay few however many names there are.
 *
 * @module
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { generate } from '../../examples/observability/generate.ts';
import { readValues, VALUES_FILE } from '../../examples/observability/values.ts';
import { REPOSITORY } from '../fixtures/programs.ts';
import { promtool, promtoolMissing } from '../telemetry/promtool.ts';

const RULES = join(REPOSITORY, 'examples/observability/prometheus/rules');
const CASES = join(REPOSITORY, 'test/observability/rules');

interface RuleFile {
  readonly groups: readonly {
    readonly name: string;
    readonly rules: readonly {
      readonly alert?: string;
      readonly record?: string;
      readonly expr: string;
      readonly for?: string;
      readonly labels?: Readonly<Record<string, string>>;
      readonly annotations?: Readonly<Record<string, string>>;
    }[];
  }[];
}

interface CaseFile {
  readonly tests: readonly {
    readonly alert_rule_test?: readonly {
      readonly alertname: string;
      readonly exp_alerts: readonly unknown[];
    }[];
    readonly promql_expr_test?: readonly { readonly expr: string }[];
  }[];
}

function readYaml<T>(path: string): T {
  return parse(readFileSync(path, 'utf8')) as T;
}

const alerts = readYaml<RuleFile>(`${RULES}/alerts.yml`).groups;
const recording = readYaml<RuleFile>(`${RULES}/recording.yml`).groups;
const rules = [...alerts, ...recording].flatMap((group) => group.rules);

/** A test that is skipped, with the reason, where there is no promtool. */
function test(title: string, body: () => void): void {
  it(title, ({ skip }) => {
    if (promtoolMissing !== null) skip(promtoolMissing);
    body();
  });
}

describe('alert rules', () => {
  it('are two groups, one for each set of names', () => {
    const names = alerts.map(({ name, rules: ofGroup }) => [
      name,
      ofGroup.map(({ alert }) => alert),
    ]);
    expect(names).toEqual([
      [
        'mcp-pushed',
        ['MCPHighErrorRate', 'MCPLatencyP95TooHigh', 'MCPUpstreamDown', 'CollectorDown'],
      ],
      [
        'mcp-scraped',
        [
          'MCPServerHighErrorRate',
          'MCPServerHighLatency',
          'MCPServerNoConnections',
          'MCPProxySidecarDown',
        ],
      ],
    ]);
  });

  it.each([
    ['MCPHighErrorRate', '5m', 'warning', '> 0.05'],
    ['MCPLatencyP95TooHigh', '5m', 'warning', '> 5'],
    ['MCPUpstreamDown', '2m', 'critical', '== 0'],
    ['CollectorDown', '2m', 'warning', '== 0'],
    ['MCPServerHighErrorRate', '5m', 'warning', '> 0.05'],
    ['MCPServerHighLatency', '5m', 'warning', '> 1'],
    ['MCPServerNoConnections', '10m', 'info', '== 0'],
    ['MCPProxySidecarDown', '5m', 'critical', '== 0'],
  ])('%s waits %s, is %s and compares %s', (name, wait, severity, comparison) => {
    const rule = rules.find(({ alert }) => alert === name);
    expect(rule).toMatchObject({ for: wait, labels: { severity } });
    expect(rule?.expr).toContain(comparison);
  });

  it('each have a runbook that exists', () => {
    for (const { alert, annotations } of alerts.flatMap((group) => group.rules)) {
      const [path = '', anchor] = (annotations?.runbook_url ?? '').split('#');
      const document = readFileSync(join(REPOSITORY, path), 'utf8');
      const headings = [...document.matchAll(/^#+ (.+)$/gm)].map(([, text]) => text?.toLowerCase());
      expect(headings, alert).toContain(anchor);
    }
  });

  it('each have a case that fires and one that does not', () => {
    const cases = readYaml<CaseFile>(`${CASES}/alerts.yml`).tests.flatMap(
      ({ alert_rule_test = [] }) => alert_rule_test,
    );
    for (const { alert } of alerts.flatMap((group) => group.rules)) {
      const own = cases.filter(({ alertname }) => alertname === alert);
      expect(
        own.some(({ exp_alerts }) => exp_alerts.length > 0),
        `${alert} fires`,
      ).toBe(true);
      expect(
        own.some(({ exp_alerts }) => exp_alerts.length === 0),
        `${alert} waits`,
      ).toBe(true);
    }
  });

  test('fire and do not fire as the cases say', () => {
    const { ok, output } = promtool(['test', 'rules', `${CASES}/alerts.yml`]);
    expect(output).toContain('SUCCESS');
    expect(ok, output).toBe(true);
  });
});

describe('recording rules', () => {
  it('each have a case', () => {
    const asked = readYaml<CaseFile>(`${CASES}/recording.yml`).tests.flatMap(
      ({ promql_expr_test = [] }) => promql_expr_test.map(({ expr }) => expr),
    );
    expect(asked.sort()).toEqual(
      recording.flatMap((group) => group.rules.map(({ record }) => record)).sort(),
    );
  });

  test('record what the cases say', () => {
    const { ok, output } = promtool(['test', 'rules', `${CASES}/recording.yml`]);
    expect(ok, output).toBe(true);
  });

  test('keep twenty names of each server, however many tools it has', () => {
    const directory = mkdtempSync(join(tmpdir(), 'weir-rules-'));
    try {
      const path = join(directory, 'many.yml');
      const count = (expr: string, value: number) => ({
        expr: `count(${expr})`,
        eval_time: '10m',
        exp_samples: [{ labels: '{}', value }],
      });
      const content = {
        rule_files: [`${RULES}/recording.yml`],
        tests: [
          {
            interval: '1m',
            input_series: Array.from({ length: 120 }, (_, i) => ({
              series: `mcp_tool_calls_total{job="server-${i % 2}",tool_name="tool-${i}"}`,
              values: `0+${i + 1}x20`,
            })),
            promql_expr_test: [
              count('mcp_tool_calls_total', 120),
              count('job_tool_name:mcp_tool_calls:top_rate5m', 40),
              count('job:mcp_tool_calls:rate5m', 2),
              // The busiest of them.
              count(
                'job_tool_name:mcp_tool_calls:top_rate5m{tool_name=~"tool-(8[0-9]|9[0-9]|1..)"}',
                40,
              ),
            ],
          },
        ],
      };
      // JSON is YAML.
      writeFileSync(path, JSON.stringify(content));
      const { ok, output } = promtool(['test', 'rules', path]);
      expect(ok, output).toBe(true);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe('values.yaml', () => {
  const yaml = readFileSync(VALUES_FILE, 'utf8');

  it('changes thresholds, times and the window of rules', () => {
    const changed = yaml
      .replace(
        'MCPHighErrorRate: { above: 0.05, for: 5m',
        'MCPHighErrorRate: { above: 0.2, for: 1m',
      )
      .replace('window: 5m', 'window: 90s')
      .replace('runbooks: docs', 'runbooks: https://example.com/docs');
    const files = generate(readValues(changed));
    const [group] = parse(
      files.get('examples/observability/prometheus/rules/alerts.yml') ?? '',
    ).groups;
    const [rule] = group.rules;
    expect(rule).toMatchObject({
      alert: 'MCPHighErrorRate',
      for: '1m',
      annotations: {
        runbook_url: 'https://example.com/docs/observability.md#mcphigherrorrate',
      },
    });
    expect(rule.expr).toMatch(/\[90s\].*> 0\.2$/s);
    expect(files.get('examples/observability/prometheus/rules/recording.yml')).toContain(
      'record: job:mcp_requests:rate90s',
    );
  });

  it.each([
    ['window: 5m', 'window: soon', 'window: must be a duration such as 5m or 1h30m'],
    ['CollectorDown:', 'ColectorDown:', 'alerts.CollectorDown: '],
    ['above: 0.05', 'above: 5', 'alerts.MCPHighErrorRate.above: '],
  ])('is refused with %j as %j', (good, bad, problem) => {
    expect(() => readValues(yaml.replace(good, bad))).toThrow(problem);
  });
});

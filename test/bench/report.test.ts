import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CANDIDATES } from '../../bench/candidates/all.ts';
import { judge } from '../../bench/goals.ts';
import { Measurements } from '../../bench/measurements.ts';
import { goalTable } from '../../bench/report/goal-table.ts';
import { type Report, renderMarkdown } from '../../bench/report/markdown.ts';
import { markdownTable } from '../../bench/report/table.ts';
import { formatSummary, workloadTable } from '../../bench/report/workload-table.ts';
import { writeReport } from '../../bench/report/write.ts';

const CALLS = { id: 'calls-32', columns: ['requestsPerSecond', 'rssPeakMiB'] } as const;

function twoRounds(): Measurements {
  const m = new Measurements();
  const rounds = [
    { 'weir-node': 20_000, 'bare-node': 25_000, nginx: 50_000 },
    { 'weir-node': 24_000, 'bare-node': 25_000, nginx: 60_000 },
  ];
  rounds.forEach((rates, round) => {
    for (const [candidate, requestsPerSecond] of Object.entries(rates)) {
      m.add({ workload: 'calls-32', candidate, round, figures: { requestsPerSecond } });
    }
  });
  return m;
}

function cells(table: string): string[][] {
  return table.split('\n').map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe('markdownTable', () => {
  it('aligns columns, text to the left and figures to the right', () => {
    expect(
      markdownTable(
        ['name', 'n'],
        [
          ['a', '1'],
          ['long name', '1,000'],
        ],
      ),
    ).toBe(
      [
        '| name      |     n |',
        '|-----------|------:|',
        '| a         |     1 |',
        '| long name | 1,000 |',
      ].join('\n'),
    );
  });

  it('keeps a bar within a cell from opening another', () => {
    expect(markdownTable(['a'], [['x|y']])).toContain('x\\|y');
  });
});

describe('formatSummary', () => {
  it('shows the spread only when there was more than one round', () => {
    const one = { median: 1234.5, min: 1234.5, max: 1234.5, rounds: 1 };
    expect(formatSummary(one, 1)).toBe('1,234.5');
    expect(formatSummary({ ...one, min: 1000, max: 2000, rounds: 2 }, 0)).toBe(
      '1,235 (1,000–2,000)',
    );
  });
});

describe('workloadTable', () => {
  it('shows rates with their shares of nginx and of the bare hop, in the order of candidates', () => {
    expect(cells(workloadTable(CALLS, CANDIDATES, twoRounds()))).toEqual([
      ['candidate', 'req/s', 'RSS peak MiB', '× nginx', '× bare hop'],
      [
        '-----------',
        '-----------------------:',
        '-------------:',
        '-----------------:',
        '-----------------:',
      ].map(() => expect.stringMatching(/^-+:?$/)),
      ['nginx', '55,000 (50,000–60,000)', '–', '–', '–'],
      ['bare-node', '25,000 (25,000–25,000)', '–', '0.46 (0.42–0.50)', '–'],
      ['weir-node', '22,000 (20,000–24,000)', '–', '0.40 (0.40–0.40)', '0.88 (0.80–0.96)'],
    ]);
  });

  it('shows latencies with what is added to the way without a proxy', () => {
    const m = new Measurements();
    const add = (candidate: string, p50Ms: number, p99Ms: number): void =>
      m.add({ workload: 'calls-1', candidate, round: 0, figures: { p50Ms, p99Ms } });
    add('direct', 0.05, 0.1);
    add('weir-node', 0.15, 0.6);
    const workload = { id: 'calls-1', columns: ['p50Ms', 'p99Ms'] } as const;
    const [header, , direct, weir] = cells(workloadTable(workload, CANDIDATES, m));
    expect(header?.slice(3)).toEqual(['added p50 ms', 'added p99 ms']);
    expect(direct?.slice(3)).toEqual(['–', '–']);
    expect(weir?.slice(3)).toEqual(['0.100', '0.500']);
  });

  it('leaves comparisons out when there is nobody to compare with', () => {
    const m = new Measurements();
    m.add({ workload: 'calls-32', candidate: 'go', round: 0, figures: { requestsPerSecond: 1 } });
    expect(cells(workloadTable(CALLS, CANDIDATES, m))[0]).toEqual([
      'candidate',
      'req/s',
      'RSS peak MiB',
    ]);
  });
});

describe('goalTable', () => {
  it('has a line for each limit, with figure and verdict', () => {
    const rows = cells(goalTable(judge(twoRounds())));
    expect(rows[2]).toEqual([
      '1',
      'Node, calls from 32 connections, of its bare hop',
      '≥ 0.92 ×',
      '0.88 (0.80–0.96) ×',
      'missed',
    ]);
    expect(rows[3]?.slice(2)).toEqual(['≥ 0.38 ×', '0.40 (0.40–0.40) ×', 'met']);
    expect(rows.at(-1)?.slice(2)).toEqual(['≤ 10 %', '–', 'not measured']);
  });
});

describe('writeReport', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'weir-bench-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function report(): Report {
    const measurements = twoRounds();
    measurements.skip({ workload: 'tls-h2', candidate: 'nginx', reason: 'h2load | missing' });
    return {
      date: '2026-11-20',
      machine: {
        cpu: 'A CPU',
        cores: 2,
        memoryGiB: 8,
        kernel: 'Linux 6',
        commit: 'abc',
        loadBefore: 0.1,
        versions: { node: '24.0.0' },
      },
      notes: ['2 rounds of 3 s'],
      workloads: [{ ...CALLS, title: 'calls' }],
      candidates: CANDIDATES,
      measurements,
      goals: judge(measurements),
    };
  }

  it('writes every single measurement as JSON and the tables as Markdown', () => {
    const [json, markdown] = writeReport(folder, report());
    const kept = JSON.parse(readFileSync(json, 'utf8')) as Record<string, unknown[]>;
    expect(kept.measurements).toHaveLength(6);
    expect(kept.skipped).toHaveLength(1);
    const text = readFileSync(markdown, 'utf8');
    expect(text).toBe(renderMarkdown(report()));
    expect(text).toContain(
      'Machine: A CPU, 2 cores, 8 GiB; Linux 6; commit abc; load before 0.10; node 24.0.0.',
    );
    expect(text).toContain('h2load \\| missing');
  });

  it('does not overwrite an earlier run of the day', () => {
    const names = [report(), report(), report()].map((one) =>
      basename(writeReport(folder, one)[0]),
    );
    expect(names).toEqual(['2026-11-20.json', '2026-11-20-2.json', '2026-11-20-3.json']);
  });
});

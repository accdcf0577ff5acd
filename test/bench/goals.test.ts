import { describe, expect, it } from 'vitest';
import { CANDIDATES } from '../../bench/candidates/all.ts';
import type { Figures } from '../../bench/figures.ts';
import { GOALS, type GoalResult, judge } from '../../bench/goals.ts';
import { Measurements } from '../../bench/measurements.ts';
import { WORKLOADS } from '../../bench/workloads/all.ts';
import { SCANNER } from '../../bench/workloads/scanner.ts';

type Cell = readonly [workload: string, candidate: string, figures: Figures];

function judged(cells: readonly Cell[]): GoalResult[] {
  const measurements = new Measurements();
  for (const [workload, candidate, figures] of cells) {
    measurements.add({ workload, candidate, round: 0, figures });
  }
  return judge(measurements);
}

function verdicts(cells: readonly Cell[], goal: number, what: string): string[] {
  return judged(cells)
    .filter((result) => result.goal === goal && result.what.includes(what))
    .map(({ verdict }) => verdict);
}

const calls = (candidate: string, requestsPerSecond: number): Cell => [
  'calls-32',
  candidate,
  { requestsPerSecond },
];

describe('judge', () => {
  it('knows all fifteen goals and says of each that it was not measured in an empty run', () => {
    const results = judged([]);
    expect([...new Set(results.map(({ goal }) => goal))]).toEqual(
      Array.from({ length: 15 }, (_, i) => i + 1),
    );
    expect(results.every(({ verdict }) => verdict === 'not measured')).toBe(true);
  });

  it.each([
    [92, 'met'],
    [91, 'missed'],
  ])('goal 1: weir at %i of the 100 of its bare hop is %s', (rate, verdict) => {
    const cells = [calls('weir-node', rate), calls('bare-node', 100)];
    expect(verdicts(cells, 1, 'its bare hop')).toEqual([verdict]);
  });

  it('goals 1 to 5 each look at their own runtime and reference', () => {
    const cells = [
      ...[calls('nginx', 1000), calls('go-parse', 300)],
      ...[calls('weir-node', 400), calls('bare-node', 420)],
      ...[calls('weir-bun', 470), calls('bare-bun', 600)],
      ...[calls('weir-deno', 190), calls('bare-deno', 200)],
      ...[calls('weir-workerd', 70), calls('bare-workerd', 100)],
    ];
    const found = judged(cells)
      .filter(({ goal }) => goal <= 5)
      .map(({ goal, measured, verdict }) => [goal, measured?.median.toFixed(3), verdict]);
    expect(found).toEqual([
      [1, '0.952', 'met'],
      [1, '0.400', 'met'],
      [2, '0.783', 'missed'],
      [2, '0.470', 'met'],
      [3, '0.950', 'met'],
      [4, '0.700', 'missed'],
      [5, '1.333', 'met'],
      [5, '1.567', 'missed'],
    ]);
  });

  it('goal 15 compares the CPU time of a call with that of a weir without a live page', () => {
    const call = (candidate: string, callMicroseconds: number): Cell => [
      'calls-32',
      candidate,
      { callMicroseconds },
    ];
    const cells = [
      ...[call('weir-node-unseen', 40), call('weir-node', 40.9)],
      call('weir-node-watched', 43.9),
    ];
    expect(verdicts(cells, 15, 'nobody')).toEqual(['missed']);
    expect(verdicts(cells, 15, 'somebody')).toEqual(['met']);
  });

  it('goals 6 and 7 take the way without a proxy off', () => {
    const cells: Cell[] = [
      ['calls-1', 'direct', { p50Ms: 0.05, p99Ms: 0.2 }],
      ['calls-1', 'weir-node', { p50Ms: 0.19, p99Ms: 1.3 }],
      ['first-event', 'direct', { p50Ms: 0.1, p99Ms: 0.5 }],
      ['first-event', 'weir-bun', { p50Ms: 0.5, p99Ms: 2.4 }],
    ];
    expect(verdicts(cells, 6, 'Node')).toEqual(['met', 'missed']);
    expect(verdicts(cells, 7, 'Bun')).toEqual(['missed', 'met']);
    expect(verdicts(cells, 7, 'Node')).toEqual(['not measured', 'not measured']);
  });

  it('goal 8 takes the higher peak of the two loads', () => {
    const cells: Cell[] = [
      ['calls-32', 'weir-node', { rssPeakMiB: 90 }],
      ['calls-256', 'weir-node', { rssPeakMiB: 111 }],
      ['calls-32', 'weir-bun', { rssPeakMiB: 80 }],
    ];
    expect(verdicts(cells, 8, 'Node, memory at full load')).toEqual(['missed']);
    expect(verdicts(cells, 8, 'Bun, memory at full load')).toEqual(['met']);
  });

  it.each([
    ['all are held', 10_000, 10_000, ['met', 'met']],
    ['one was lost', 10_000, 9_999, ['met', 'missed']],
    ['the machine allowed fewer', 9_950, 9_950, ['met', 'not measured']],
  ])('goal 9 asks for the memory and for all the streams: %s', (_, asked, held, expected) => {
    const figures = { kibPerStream: 27, streamsAsked: asked, streamsHeld: held };
    expect(verdicts([['idle-streams', 'weir-node', figures]], 9, 'Node')).toEqual(expected);
  });

  it('goal 10 compares rates with nginx, answers and requests apart', () => {
    const cells: Cell[] = [
      ['answer-50m', 'nginx', { megabytesPerSecond: 1000 }],
      ['answer-50m', 'weir-node', { megabytesPerSecond: 600, rssGrowthMiB: 17 }],
      ['request-50m', 'nginx', { megabytesPerSecond: 1000 }],
      ['request-50m', 'weir-node', { megabytesPerSecond: 590, rssGrowthMiB: 16 }],
    ];
    expect(verdicts(cells, 10, 'Node')).toEqual(['met', 'missed', 'missed', 'met']);
  });

  it('goal 12: less than a microsecond means less', () => {
    const cells: Cell[] = [
      ['scanner', 'scanner', { megabytesPerSecond: 800, callMicroseconds: 1 }],
    ];
    expect(verdicts(cells, 12, '10 MB')).toEqual(['met']);
    expect(verdicts(cells, 12, '120 B')).toEqual(['missed']);
  });

  it('goal 13 is what the log takes, in percent', () => {
    const cells = [calls('weir-node', 100), calls('weir-node-log', 88)];
    const result = judged(cells).find(({ goal, what }) => goal === 13 && what.startsWith('Node'));
    expect(result?.measured?.median).toBeCloseTo(12);
    expect(result?.verdict).toBe('missed');
  });

  it('asks only for workloads and candidates that exist', () => {
    const asked: { workload: string; candidate: string }[] = [];
    const recorder = new (class extends Measurements {
      override summary(of: { workload: string; candidate: string }): undefined {
        asked.push(of);
      }
      override ratio(a: { workload: string; candidate: string }, b: typeof a): undefined {
        asked.push(a, b);
      }
      override difference(a: { workload: string; candidate: string }, b: typeof a): undefined {
        asked.push(a, b);
      }
    })();
    judge(recorder);
    const workloads = [...WORKLOADS.map(({ id }) => id), SCANNER.id];
    const candidates = [...CANDIDATES.map(({ id }) => id), 'scanner'];
    expect(asked.length).toBeGreaterThanOrEqual(GOALS.length);
    for (const { workload, candidate } of asked) {
      expect(workloads).toContain(workload);
      expect(candidates).toContain(candidate);
    }
  });
});

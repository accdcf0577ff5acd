import { describe, expect, it } from 'vitest';
import { type FigureOf, Measurements } from '../../bench/measurements.ts';

const rate = (candidate: string): FigureOf => ({
  workload: 'calls-32',
  candidate,
  figure: 'requestsPerSecond',
});

function measured(rates: Record<string, readonly number[]>): Measurements {
  const measurements = new Measurements();
  for (const [candidate, values] of Object.entries(rates)) {
    values.forEach((requestsPerSecond, round) => {
      measurements.add({ workload: 'calls-32', candidate, round, figures: { requestsPerSecond } });
    });
  }
  return measurements;
}

describe('Measurements', () => {
  it('ratio compares within a round: a machine that is slow for a round changes nothing', () => {
    const m = measured({ weir: [90, 45, 90], bare: [100, 50, 100] });
    expect(m.ratio(rate('weir'), rate('bare'))).toEqual({
      median: 0.9,
      min: 0.9,
      max: 0.9,
      rounds: 3,
    });
  });

  it('ratio leaves out rounds that only one of the two has, and divisions by zero', () => {
    const m = measured({ weir: [90, 80, 70], bare: [100, 0] });
    expect(m.ratio(rate('weir'), rate('bare'))).toMatchObject({ median: 0.9, rounds: 1 });
  });

  it('difference subtracts within a round', () => {
    const m = measured({ weir: [5, 8], direct: [3, 5] });
    expect(m.difference(rate('weir'), rate('direct'))).toMatchObject({ min: 2, max: 3, rounds: 2 });
  });

  it('has no summary of what was not measured', () => {
    const m = measured({ weir: [5] });
    expect(m.summary({ ...rate('weir'), figure: 'p50Ms' })).toBeUndefined();
    expect(m.ratio(rate('weir'), rate('nginx'))).toBeUndefined();
  });

  it('skip drops what a candidate did before it failed, in that workload only', () => {
    const m = measured({ weir: [5, 6], nginx: [7] });
    m.add({ workload: 'mix', candidate: 'weir', round: 0, figures: { requestsPerSecond: 1 } });
    m.skip({ workload: 'calls-32', candidate: 'weir', reason: 'ended' });
    expect(m.candidatesOf('calls-32')).toEqual(['nginx']);
    expect(m.candidatesOf('mix')).toEqual(['weir']);
    expect(m.skips).toEqual([{ workload: 'calls-32', candidate: 'weir', reason: 'ended' }]);
  });
});

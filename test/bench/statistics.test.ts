import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quantile, summarize } from '../../bench/statistics.ts';

describe('quantile', () => {
  it('is the middle of an odd number of values, whatever their order', () => {
    expect(quantile([9, 1, 5], 0.5)).toBe(5);
  });

  it('lies between the two middle ones of an even number', () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
  });

  it('is not a number for no values', () => {
    expect(quantile([], 0.5)).toBeNaN();
  });

  it('never leaves the range of the values and grows with the fraction', () => {
    const value = fc.integer({ min: -1e6, max: 1e6 });
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, at) => {
          const found = quantile(values, at);
          expect(found).toBeGreaterThanOrEqual(Math.min(...values));
          expect(found).toBeLessThanOrEqual(quantile(values, 1));
          expect(quantile(values, at / 2)).toBeLessThanOrEqual(found);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('summarize', () => {
  it('gives median, lowest, highest and how many there were', () => {
    expect(summarize([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3, rounds: 3 });
  });

  it('gives nothing for nothing', () => {
    expect(summarize([])).toBeUndefined();
  });
});

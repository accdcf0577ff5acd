import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DurationHistogram } from '../../src/loadtest/histogram.ts';

describe('DurationHistogram', () => {
  it('is 0 throughout when empty', () => {
    const histogram = new DurationHistogram();
    expect([histogram.count, histogram.max, histogram.percentile(0.99)]).toEqual([0, 0, 0]);
  });

  it('finds every percentile of any values within 1 %', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 4e9, noNaN: true }), { minLength: 1, maxLength: 300 }),
        fc.constantFrom(0.5, 0.9, 0.99, 1),
        (values, share) => {
          const histogram = new DurationHistogram();
          for (const value of values) histogram.record(value);
          const sorted = [...values].sort((a, b) => a - b);
          const exact = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1]!;
          const found = histogram.percentile(share);
          // Half a microsecond is lost to rounding before any bucket is chosen.
          expect(Math.abs(found - exact)).toBeLessThanOrEqual(exact * 0.01 + 0.000_501);
          expect(histogram.max).toBe(sorted.at(-1));
          expect(histogram.count).toBe(values.length);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('never names a percentile above the largest value', () => {
    const histogram = new DurationHistogram();
    histogram.record(1.001);
    expect(histogram.percentile(1)).toBeLessThanOrEqual(1.001);
  });

  it('takes durations beyond its range, and negative ones of a clock that was set', () => {
    const histogram = new DurationHistogram();
    histogram.record(1e15);
    histogram.record(-5);
    expect(histogram.count).toBe(2);
    expect(histogram.percentile(0.5)).toBe(0);
    expect(histogram.max).toBe(1e15);
  });
});

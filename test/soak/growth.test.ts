/**
 * The question a soak ends with must be answered right: growth is found under any saw-tooth, and a
 * saw-tooth alone is none.
 *
 * @module
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GrowthBound, measureGrowth, type Reading, WINDOWS } from '../../bench/soak/growth.ts';

const SPAN = { fromMs: 20_000, toMs: 60_000 };
const VALLEY: GrowthBound = { reduction: 'valley', most: 4_000 };
const MIDDLE: GrowthBound = { reduction: 'middle', most: 10 };

/** A reading a second for a minute. */
function readings(valueAt: (second: number) => number): Reading[] {
  return Array.from({ length: 60 }, (_, second) => ({
    atMs: second * 1000,
    value: valueAt(second),
  }));
}

/** Climbs, is collected every `period` seconds, and climbs again. */
function sawTooth(period: number, height: number, phase: number) {
  return (second: number): number => (((second + phase) % period) / period) * height;
}

describe('measureGrowth', () => {
  it('sees no growth in a heap that is collected, however high its teeth', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 1_000_000 }),
        fc.integer({ min: 0, max: 9 }),
        (period, height, phase) => {
          const tooth = sawTooth(period, height, phase);
          const growth = measureGrowth(
            readings((second) => 20_000 + tooth(second)),
            SPAN,
            VALLEY,
          );
          expect(growth.grows).toBe(false);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('finds a leak of a little more than the bound under the teeth', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 100_000 }),
        fc.integer({ min: 0, max: 9 }),
        (period, height, phase) => {
          const tooth = sawTooth(period, height, phase);
          const growth = measureGrowth(
            readings((second) => 20_000 + tooth(second) + second * 150),
            SPAN,
            VALLEY,
          );
          expect(growth.grows).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('names what the fitted line climbs over the span, and per minute', () => {
    const growth = measureGrowth(
      readings((second) => 5 + second / 2),
      SPAN,
      MIDDLE,
    );
    expect(growth.projected).toBeCloseTo(20, 1);
    expect(growth.slopePerMinute).toBeCloseTo(30, 1);
    expect(growth.windows).toHaveLength(WINDOWS);
    expect(growth.grows).toBe(true);
  });

  it('ignores the warm-up, when caches fill', () => {
    const growth = measureGrowth(
      readings((second) => Math.min(second, 20) * 1000),
      SPAN,
      MIDDLE,
    );
    expect(growth).toMatchObject({ projected: 0, grows: false });
  });

  it('is not moved by two windows that are far off, wherever they are', () => {
    for (const [one, other] of [
      [21, 26],
      [52, 57],
      [30, 47],
    ] as const) {
      const off = (second: number): boolean =>
        Math.floor((second - 20) / 5) === Math.floor((one - 20) / 5) ||
        Math.floor((second - 20) / 5) === Math.floor((other - 20) / 5);
      const series = readings((second) => 30 + (off(second) ? 500 : second % 3));
      expect(measureGrowth(series, SPAN, MIDDLE).grows).toBe(false);
    }
  });

  it('finds a count that is never given back', () => {
    const traffic = [12, 7, 15, 9];
    const series = readings((second) => traffic[second % 4]! + Math.floor(second / 2));
    expect(measureGrowth(series, SPAN, MIDDLE).grows).toBe(true);
  });

  it('says that a falling series does not grow', () => {
    expect(
      measureGrowth(
        readings((second) => -second),
        SPAN,
        MIDDLE,
      ).grows,
    ).toBe(false);
  });

  it('bears readings that are missing, and refuses to judge by too few', () => {
    const series = readings((second) => second);
    const some = series.filter(({ atMs }) => atMs % 5000 !== 0);
    expect(measureGrowth(some, SPAN, MIDDLE).grows).toBe(true);
    const few = series.filter(({ atMs }) => atMs > 40_000);
    expect(() => measureGrowth(few, SPAN, MIDDLE)).toThrow('Only 4 of 8 windows have readings');
  });
});

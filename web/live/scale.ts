/**
 * How high a chart is, and what it marks on the way up.
 *
 * @module
 */

/** The range of the scale from the least and the greatest value; the places that it marks. */
export interface YScale {
  /** As uPlot has it: 1 is linear, 3 logarithmic. */
  readonly distr: 1 | 3;
  range(low: number | null, high: number | null): [number, number];
  readonly marks?: (low: number, high: number) => number[];
}

/** What a logarithmic scale shows before there is anything, and how much it shows at least. */
const FIRST_DECADE = 0;
const LEAST_DECADES = 2;
/** Labels that there is room for. */
const MAX_MARKS = 4;

/** @param leastTop so that little does not look like much */
export function linear(leastTop: number): YScale {
  return { distr: 1, range: (_low, high) => [0, Math.max(leastTop, (high ?? 0) * 1.1)] };
}

/** Whole decades, for values above 0 that span many: a small one is not lost at the bottom. */
export const LOGARITHMIC: YScale = {
  distr: 3,
  range(low, high) {
    const first = low === null ? FIRST_DECADE : Math.floor(Math.log10(low));
    const last = high === null ? first : Math.ceil(Math.log10(high));
    return [10 ** first, 10 ** Math.max(last, first + LEAST_DECADES)];
  },
  marks(low, high) {
    const first = Math.round(Math.log10(low));
    const last = Math.round(Math.log10(high));
    const step = Math.ceil((last - first) / MAX_MARKS);
    const marks: number[] = [];
    for (let at = first + step; at <= last; at += step) marks.push(10 ** at);
    return marks;
  },
};

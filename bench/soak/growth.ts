/**
 * Does a series of readings grow? Answered from a line fitted to the whole series, never from a
 * single reading.
 *
 * Readings of a living process are noisy in two ways. A heap is a saw-tooth: it climbs with every
 * allocation and drops when garbage is collected, so that only its valleys say what is really held.
 * A count of open connections goes up and down with the traffic of the moment, so that only its
 * middle says anything. Hence the span is cut into windows, each window is reduced to one value (the
 * valley or the middle), and the line goes through those. The line is that of Theil and Sen, the
 * median of the slopes between all pairs of windows: up to a quarter of the windows may be off by
 * any amount (a machine that was busy with something else) without moving it.
 *
 * @module
 */

import { quantile } from '../statistics.ts';

/** One reading, at a time since the start of the run. */
export interface Reading {
  readonly atMs: number;
  readonly value: number;
}

/** How a window becomes one value. */
export type Reduction = 'valley' | 'middle';

export interface GrowthBound {
  readonly reduction: Reduction;
  /** Most the fitted line may climb from the start of the span to its end, in the series' unit. */
  readonly most: number;
}

export interface Growth {
  /** One value per window, in order. */
  readonly windows: readonly number[];
  /** Of the fitted line, in units per minute. */
  readonly slopePerMinute: number;
  /** What the line climbs over the span, in units. Negative when it falls. */
  readonly projected: number;
  readonly grows: boolean;
}

/** Enough pairs for a median of slopes, and in the shortest run still several readings in each. */
export const WINDOWS = 8;
const MS_PER_MINUTE = 60_000;

/**
 * @param span The part of the run that counts, in ms since its start; what came before is warm-up.
 * @throws RangeError when more than a quarter of the windows hold no reading: too little was seen
 */
export function measureGrowth(
  readings: readonly Reading[],
  span: { readonly fromMs: number; readonly toMs: number },
  bound: GrowthBound,
): Growth {
  const windowMs = (span.toMs - span.fromMs) / WINDOWS;
  const values: number[][] = Array.from({ length: WINDOWS }, () => []);
  for (const { atMs, value } of readings) {
    values[Math.floor((atMs - span.fromMs) / windowMs)]?.push(value);
  }
  const points = values.flatMap((inside, index) =>
    inside.length === 0
      ? []
      : [{ atMs: (index + 0.5) * windowMs, value: reduce(inside, bound.reduction) }],
  );
  if (points.length < WINDOWS * 0.75) {
    throw new RangeError(`Only ${points.length} of ${WINDOWS} windows have readings`);
  }
  const slope = slopeOf(points);
  const projected = slope * (span.toMs - span.fromMs);
  return {
    windows: points.map(({ value }) => value),
    slopePerMinute: slope * MS_PER_MINUTE,
    projected,
    grows: projected > bound.most,
  };
}

function reduce(values: readonly number[], reduction: Reduction): number {
  return reduction === 'valley' ? Math.min(...values) : quantile(values, 0.5);
}

/** Median of the slopes between all pairs, in units per ms. */
function slopeOf(points: readonly Reading[]): number {
  const slopes = points.flatMap((from, index) =>
    points.slice(index + 1).map((to) => (to.value - from.value) / (to.atMs - from.atMs)),
  );
  return quantile(slopes, 0.5);
}

/**
 * The numbers of one series. Plain fields and one typed array: moving a series allocates nothing.
 *
 * @module
 */

import type {
  CounterSeries,
  GaugeSeries,
  HistogramSeries,
  MetricType,
  SeriesSnapshot,
} from './metrics-store.ts';

export class Counter implements CounterSeries {
  value = 0;

  /** A counter never goes down: amounts that are negative or not finite are ignored. */
  add(amount: number): void {
    if (amount > 0 && amount < Number.POSITIVE_INFINITY) this.value += amount;
  }

  snapshot(labelValues: readonly string[]): SeriesSnapshot {
    return { labelValues, value: this.value };
  }
}

export class Gauge implements GaugeSeries {
  value = 0;

  set(value: number): void {
    this.value = value;
  }

  add(amount: number): void {
    this.value += amount;
  }

  snapshot(labelValues: readonly string[]): SeriesSnapshot {
    return { labelValues, value: this.value };
  }
}

export class Histogram implements HistogramSeries {
  readonly #bounds: readonly number[];
  /** Counts per bucket, not cumulative; the last is above every bound. */
  readonly counts: Float64Array;
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  /**
   * A value equal to a bound belongs to its bucket (`le`). Values that are not finite are ignored:
   * one of them would spoil the sum for good.
   */
  observe(value: number): void {
    if (!Number.isFinite(value)) return;
    const bounds = this.#bounds;
    let index = 0;
    // A dozen bounds: walking them beats halving them.
    while (index < bounds.length && value > (bounds[index] as number)) index++;
    this.counts[index] = (this.counts[index] as number) + 1;
    this.sum += value;
  }

  /** Adds counts taken elsewhere with the same bounds. */
  addCounts(counts: readonly number[], sum: number): void {
    for (let i = 0; i < this.counts.length; i++) {
      this.counts[i] = (this.counts[i] as number) + (counts[i] ?? 0);
    }
    this.sum += sum;
  }

  snapshot(labelValues: readonly string[]): SeriesSnapshot {
    return { labelValues, value: 0, bucketCounts: Array.from(this.counts), sum: this.sum };
  }
}

/** State of a new series of this type. */
export function createSeries(
  type: MetricType,
  buckets: readonly number[],
): Counter | Gauge | Histogram {
  if (type === 'histogram') return new Histogram(buckets);
  return type === 'counter' ? new Counter() : new Gauge();
}

/**
 * The numbers of one series. Plain fields and one typed array: moving a series allocates nothing.
 *
 * @module
 */

import type {
  CounterSeries,
  Exemplar,
  ExemplarContext,
  GaugeSeries,
  HistogramSeries,
  MetricType,
  SeriesSnapshot,
} from './metrics-store.ts';

/** Where the series of a store see what moves them. */
export interface ExemplarSlot {
  current: ExemplarContext | null;
}

const NO_EXEMPLARS: ExemplarSlot = { current: null };

export class Counter implements CounterSeries {
  value = 0;
  #exemplar: Exemplar | null = null;
  readonly #slot: ExemplarSlot;

  constructor(slot: ExemplarSlot = NO_EXEMPLARS) {
    this.#slot = slot;
  }

  /** A counter never goes down: amounts that are negative or not finite are ignored. */
  add(amount: number): void {
    if (!(amount > 0 && amount < Number.POSITIVE_INFINITY)) return;
    this.value += amount;
    const { current } = this.#slot;
    if (current !== null) this.#exemplar = toExemplar(current, amount);
  }

  /** Takes an exemplar from elsewhere, if it is newer. */
  takeExemplars({ exemplar }: SeriesSnapshot): void {
    if (exemplar !== undefined) this.#exemplar = newerOf(this.#exemplar, exemplar);
  }

  snapshot(labelValues: readonly string[]): SeriesSnapshot {
    const snapshot: SeriesSnapshot = { labelValues, value: this.value };
    if (this.#exemplar !== null) snapshot.exemplar = this.#exemplar;
    return snapshot;
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
  /** Of each bucket; null until there is one. */
  #exemplars: (Exemplar | null)[] | null = null;
  readonly #slot: ExemplarSlot;

  constructor(bounds: readonly number[], slot: ExemplarSlot = NO_EXEMPLARS) {
    this.#bounds = bounds;
    this.#slot = slot;
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
    const { current } = this.#slot;
    if (current !== null) this.#buckets()[index] = toExemplar(current, value);
  }

  /** Takes exemplars from elsewhere, as far as they are newer. */
  takeExemplars({ bucketExemplars }: SeriesSnapshot): void {
    if (bucketExemplars === undefined) return;
    const own = this.#buckets();
    for (let i = 0; i < own.length; i++) {
      const exemplar = bucketExemplars[i] ?? null;
      if (exemplar !== null) own[i] = newerOf(own[i] ?? null, exemplar);
    }
  }

  /** Adds counts taken elsewhere with the same bounds. */
  addCounts(counts: readonly number[], sum: number): void {
    for (let i = 0; i < this.counts.length; i++) {
      this.counts[i] = (this.counts[i] as number) + (counts[i] ?? 0);
    }
    this.sum += sum;
  }

  snapshot(labelValues: readonly string[]): SeriesSnapshot {
    const snapshot: SeriesSnapshot = {
      labelValues,
      value: 0,
      bucketCounts: Array.from(this.counts),
      sum: this.sum,
    };
    if (this.#exemplars !== null) snapshot.bucketExemplars = [...this.#exemplars];
    return snapshot;
  }

  #buckets(): (Exemplar | null)[] {
    this.#exemplars ??= new Array<Exemplar | null>(this.counts.length).fill(null);
    return this.#exemplars;
  }
}

function toExemplar({ traceId, spanId, timestampMs }: ExemplarContext, value: number): Exemplar {
  return { traceId, spanId, timestampMs, value };
}

function newerOf(own: Exemplar | null, other: Exemplar): Exemplar {
  return own !== null && own.timestampMs > other.timestampMs ? own : other;
}

/** State of a new series of this type. */
export function createSeries(
  type: MetricType,
  buckets: readonly number[],
): Counter | Gauge | Histogram {
  if (type === 'histogram') return new Histogram(buckets);
  return type === 'counter' ? new Counter() : new Gauge();
}

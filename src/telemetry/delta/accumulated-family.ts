/**
 * One family added up from many places. Labels are capped again here: each sender keeps to its
 * own cap, but many senders together need not.
 *
 * @module
 */

import { LabelCap } from '../label-cap.ts';
import type { FamilySnapshot, MetricDefinition, SeriesSnapshot } from '../metrics-store.ts';
import { type Counter, createSeries, Gauge, Histogram } from '../series.ts';
import { DEFAULT_MAX_SERIES, SeriesTable } from '../series-table.ts';

/** Caps for every label name, shared by the families that use the name. */
export class LabelCaps {
  readonly #limit: number;
  readonly #isKnown: (label: string, value: string) => boolean;
  readonly #caps: Map<string, LabelCap> = new Map();

  /**
   * @param limit distinct values per label
   * @param isKnown values that pass without using up the limit; must be a bounded set
   */
  constructor(limit: number, isKnown: (label: string, value: string) => boolean) {
    this.#limit = limit;
    this.#isKnown = isKnown;
  }

  of(label: string, value: string): string {
    // No value at all, as of an attribute that does not apply.
    if (value === '') return value;
    let cap = this.#caps.get(label);
    if (cap === undefined) {
      cap = new LabelCap({ limit: this.#limit, isKnown: (known) => this.#isKnown(label, known) });
      this.#caps.set(label, cap);
    }
    return cap.of(value);
  }
}

/** One series of an {@link AccumulatedFamily}. */
export class AccumulatedSeries {
  readonly labelValues: readonly string[];
  readonly numbers: Counter | Gauge | Histogram;
  /** Position in the order of creation; stable for as long as the family lives. */
  index: number;
  #isTouched = false;

  constructor(labelValues: readonly string[], numbers: Counter | Gauge | Histogram, index: number) {
    this.labelValues = labelValues;
    this.numbers = numbers;
    this.index = index;
  }

  add(series: SeriesSnapshot, merge: 'sum' | 'max'): void {
    if (this.numbers instanceof Histogram) {
      this.numbers.addCounts(series.bucketCounts ?? [], series.sum ?? 0);
    } else if (this.numbers instanceof Gauge && merge === 'max') {
      const isHigher = !this.#isTouched || series.value > this.numbers.value;
      if (isHigher) this.numbers.set(series.value);
    } else {
      this.numbers.add(series.value);
    }
    if (!(this.numbers instanceof Gauge)) this.numbers.takeExemplars(series);
    this.#isTouched = true;
  }

  snapshot(): SeriesSnapshot {
    return this.numbers.snapshot(this.labelValues);
  }
}

export class AccumulatedFamily {
  readonly definition: MetricDefinition;
  readonly #caps: LabelCaps;
  readonly #table: SeriesTable<AccumulatedSeries>;
  #nextIndex = 0;

  constructor(
    definition: MetricDefinition,
    caps: LabelCaps,
    maxSeries: number = DEFAULT_MAX_SERIES,
  ) {
    this.definition = definition;
    this.#caps = caps;
    const { type, labels, buckets } = definition;
    this.#table = new SeriesTable(
      labels.length,
      (values) =>
        new AccumulatedSeries(values, createSeries(type, buckets ?? []), this.#nextIndex++),
      maxSeries,
    );
  }

  /** Label values as they appear here. */
  cap(labelValues: readonly string[]): string[] {
    const { labels } = this.definition;
    return labelValues.map((value, index) => this.#caps.of(labels[index] as string, value));
  }

  /** Adds a series of this definition to the one with the same, capped, label values. */
  add(series: SeriesSnapshot): AccumulatedSeries {
    const target = this.#table.get(this.cap(series.labelValues));
    target.add(series, this.definition.merge ?? 'sum');
    return target;
  }

  /** Adds a series that had this index in an earlier life. */
  restore(series: SeriesSnapshot, index: number): AccumulatedSeries {
    const sizeBefore = this.#table.size;
    const target = this.add(series);
    if (this.#table.size > sizeBefore) target.index = index;
    this.#nextIndex = Math.max(this.#nextIndex, index + 1);
    return target;
  }

  series(): AccumulatedSeries[] {
    return this.#table.entries().map((entry) => entry.series);
  }

  snapshot(): FamilySnapshot {
    return {
      definition: this.definition,
      series: this.#table.sorted().map(({ series }) => series.snapshot()),
    };
  }
}

/** Orders families by name. */
export function byName(a: FamilySnapshot, b: FamilySnapshot): number {
  return a.definition.name < b.definition.name ? -1 : 1;
}

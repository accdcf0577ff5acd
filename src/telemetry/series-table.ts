/**
 * Series of one family, found by their label values. Nested maps, one level per label: values are
 * never joined into one string, so no two sets of values can meet in one series.
 *
 * @module
 */

import { OTHER } from './label-cap.ts';

/** Most series of one family. Label caps bound each label; this bounds their combinations. */
export const DEFAULT_MAX_SERIES = 10_000;

interface Level<T> {
  /** Set on the last level only. */
  series: T | null;
  readonly next: Map<string, Level<T>>;
}

/** A series as the table holds it. */
export interface SeriesEntry<T> {
  readonly labelValues: readonly string[];
  readonly series: T;
}

/**
 * At {@link maxSeries} new combinations share one series whose label values are all `_other`, so
 * that totals stay right while memory stays bounded.
 */
export class SeriesTable<T> {
  readonly #labelCount: number;
  readonly #maxSeries: number;
  readonly #create: (labelValues: readonly string[]) => T;
  readonly #root: Level<T> = { series: null, next: new Map() };
  readonly #entries: SeriesEntry<T>[] = [];
  #overflow: T | null = null;

  /**
   * @param create makes the state of a new series
   * @param maxSeries the overflow series comes on top. Default 10 000
   */
  constructor(
    labelCount: number,
    create: (labelValues: readonly string[]) => T,
    maxSeries: number = DEFAULT_MAX_SERIES,
  ) {
    this.#labelCount = labelCount;
    this.#create = create;
    this.#maxSeries = maxSeries;
  }

  /**
   * The series with these values, made when it is new.
   *
   * @throws {TypeError} when the number of values is not the number of labels
   */
  get(labelValues: readonly string[]): T {
    if (labelValues.length !== this.#labelCount) {
      throw new TypeError(
        `Cannot bind series: got ${labelValues.length} label values, expected ${this.#labelCount}`,
      );
    }
    let level = this.#root;
    for (const raw of labelValues) {
      // Two strings that UTF-8 would write alike must be one series, or a scrape has it twice.
      const value = raw.toWellFormed();
      let next = level.next.get(value);
      if (next === undefined) {
        if (this.#isFull) return this.#overflowSeries();
        next = { series: null, next: new Map() };
        level.next.set(value, next);
      }
      level = next;
    }
    if (level.series === null) {
      if (this.#isFull) return this.#overflowSeries();
      level.series = this.#add(labelValues.map((value) => value.toWellFormed()));
    }
    return level.series;
  }

  get size(): number {
    return this.#entries.length;
  }

  /** In order of creation. */
  entries(): readonly SeriesEntry<T>[] {
    return this.#entries;
  }

  /** Sorted by label values (UTF-16 code units), the same for every snapshot. */
  sorted(): SeriesEntry<T>[] {
    return this.#entries.toSorted((a, b) => compareLists(a.labelValues, b.labelValues));
  }

  get #isFull(): boolean {
    return this.#entries.length >= this.#maxSeries;
  }

  #overflowSeries(): T {
    if (this.#overflow === null) {
      const existing = this.#find(OTHER);
      this.#overflow = existing ?? this.#add(new Array<string>(this.#labelCount).fill(OTHER));
    }
    return this.#overflow;
  }

  /** The series whose values all are `value`, if there is one. */
  #find(value: string): T | null {
    let level: Level<T> | undefined = this.#root;
    for (let i = 0; i < this.#labelCount; i++) level = level?.next.get(value);
    return level?.series ?? null;
  }

  #add(labelValues: readonly string[]): T {
    const series = this.#create(labelValues);
    this.#entries.push({ labelValues, series });
    return series;
  }
}

/** Orders lists of strings by their first difference. */
export function compareLists(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const left = a[i] as string;
    const right = b[i] as string;
    if (left !== right) return left < right ? -1 : 1;
  }
  return a.length - b.length;
}

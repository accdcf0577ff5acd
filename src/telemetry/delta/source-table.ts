/**
 * What a merger remembers of its senders: which deltas it has, and the gauges they last reported.
 *
 * @module
 */

import type { SeriesSnapshot } from '../metrics-store.ts';
import type { SequenceWindow } from './sequence-window.ts';

/** One gauge series as its source last reported it. */
export interface SourceGauge {
  readonly family: string;
  readonly series: SeriesSnapshot;
}

export class Source {
  readonly id: string;
  readonly window: SequenceWindow;
  /** When a delta last arrived, in milliseconds. */
  seenAt: number;
  /** Sequence the gauges are from: an older delta does not bring old values back. */
  gaugeSequence: number;
  gauges: readonly SourceGauge[];

  constructor(
    id: string,
    window: SequenceWindow,
    seenAt: number,
    gaugeSequence: number,
    gauges: readonly SourceGauge[],
  ) {
    this.id = id;
    this.window = window;
    this.seenAt = seenAt;
    this.gaugeSequence = gaugeSequence;
    this.gauges = gauges;
  }
}

/** Sources in the order they were last heard of. */
export class SourceTable {
  readonly #maxSources: number;
  readonly #sources: Map<string, Source> = new Map();

  constructor(maxSources: number) {
    this.#maxSources = maxSources;
  }

  get(id: string): Source | undefined {
    return this.#sources.get(id);
  }

  /**
   * Puts a source last in the order.
   *
   * @returns the source that had to go for it, the longest unheard of, or null
   */
  touch(source: Source): Source | null {
    this.#sources.delete(source.id);
    this.#sources.set(source.id, source);
    if (this.#sources.size <= this.#maxSources) return null;
    const [oldest] = this.#sources.values();
    this.#sources.delete((oldest as Source).id);
    return oldest as Source;
  }

  values(): IterableIterator<Source> {
    return this.#sources.values();
  }
}

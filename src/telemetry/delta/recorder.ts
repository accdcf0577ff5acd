/**
 * Cuts what a store counted into deltas, for a process that cannot be scraped itself.
 *
 * One delta is in flight at a time. Until it is acknowledged, {@link DeltaRecorder.take} returns
 * that very delta; counts that arrive meanwhile wait for the next one. So a resend after a lost
 * acknowledgement is recognised by its sequence, and nothing is counted twice or lost.
 *
 * @module
 */

import type { FamilySnapshot, MetricsStore, SeriesSnapshot } from '../metrics-store.ts';
import { isSourceId, type MetricsDelta } from './wire.ts';

export interface DeltaRecorderOptions {
  /** Id of this isolate, unique per run: 1 to 64 of `A-Z a-z 0-9 _ -`. */
  source: string;
}

/** Families by name, their series by label values. */
type Baseline = ReadonlyMap<string, ReadonlyMap<string, SeriesSnapshot>>;

export class DeltaRecorder {
  readonly #store: Pick<MetricsStore, 'snapshot'>;
  readonly #source: string;
  #sequence = 0;
  /** State of the store as of the last delta that was settled. */
  #baseline: Baseline = new Map();
  #inFlight: { readonly delta: MetricsDelta; readonly state: Baseline } | null = null;

  /** @throws {TypeError} when the source is no such id */
  constructor(store: Pick<MetricsStore, 'snapshot'>, options: DeltaRecorderOptions) {
    if (!isSourceId(options.source)) {
      throw new TypeError('Cannot record deltas: source must be 1 to 64 of A-Z a-z 0-9 _ -');
    }
    this.#store = store;
    this.#source = options.source;
  }

  /** Whether a delta was taken and is not settled. */
  get hasInFlight(): boolean {
    return this.#inFlight !== null;
  }

  /**
   * The delta to send now: the one in flight, or a new one, or null when there is nothing to say.
   * While a summed gauge is above zero there is always something to say, so that calling this
   * regularly keeps the gauge alive at the receiver.
   */
  take(): MetricsDelta | null {
    if (this.#inFlight !== null) return this.#inFlight.delta;
    const snapshot = this.#store.snapshot();
    const families = diff(this.#baseline, snapshot);
    if (families === null) return null;
    this.#sequence++;
    const delta: MetricsDelta = {
      version: 1,
      source: this.#source,
      sequence: this.#sequence,
      families,
    };
    this.#inFlight = { delta, state: toBaseline(snapshot) };
    return delta;
  }

  /**
   * The receiver has the delta with this sequence (applied now or before).
   *
   * @returns false when no such delta is in flight; then nothing changes
   */
  acknowledge(sequence: number): boolean {
    if (this.#inFlight === null || this.#inFlight.delta.sequence !== sequence) return false;
    this.#baseline = this.#inFlight.state;
    this.#inFlight = null;
    return true;
  }

  /**
   * The receiver will never take the delta with this sequence (it refused its form). Its counts
   * are lost; what comes after them is not held up.
   *
   * @returns false when no such delta is in flight; then nothing changes
   */
  discard(sequence: number): boolean {
    return this.acknowledge(sequence);
  }
}

function toBaseline(snapshot: readonly FamilySnapshot[]): Baseline {
  return new Map(
    snapshot.map((family) => [
      family.definition.name,
      new Map(family.series.map((series) => [keyOf(series), series])),
    ]),
  );
}

/** JSON keeps lists of strings apart whatever they contain. */
function keyOf(series: SeriesSnapshot): string {
  return JSON.stringify(series.labelValues);
}

/** What to send, or null when nothing happened and nothing needs to be kept alive. */
function diff(baseline: Baseline, snapshot: readonly FamilySnapshot[]): FamilySnapshot[] | null {
  const families: FamilySnapshot[] = [];
  let isNeeded = false;
  for (const { definition, series } of snapshot) {
    const before = baseline.get(definition.name);
    const changes: SeriesSnapshot[] = [];
    for (const now of series) {
      const then = before?.get(keyOf(now));
      if (definition.type === 'gauge') {
        // JSON knows no infinities; a gauge that is not a number has nothing to add to a sum.
        if (!Number.isFinite(now.value)) continue;
        changes.push(now);
        const isHeld = now.value !== 0 && definition.merge !== 'max';
        isNeeded ||= isHeld || then === undefined || then.value !== now.value;
      } else if (then === undefined) {
        // A new series is shown from zero on, as a scrape of the isolate itself would.
        changes.push(now);
        isNeeded = true;
      } else {
        const change = subtract(now, then);
        if (change === null) continue;
        changes.push(change);
        isNeeded = true;
      }
    }
    if (changes.length > 0) families.push({ definition, series: changes });
  }
  return isNeeded ? families : null;
}

/** Growth of a counter or histogram, or null when it did not move. */
function subtract(now: SeriesSnapshot, then: SeriesSnapshot): SeriesSnapshot | null {
  const { labelValues, bucketCounts, exemplar, bucketExemplars } = now;
  if (bucketCounts === undefined) {
    const value = now.value - then.value;
    if (value === 0) return null;
    return exemplar === undefined ? { labelValues, value } : { labelValues, value, exemplar };
  }
  const counts = bucketCounts.map((count, index) => count - (then.bucketCounts?.[index] ?? 0));
  if (counts.every((count) => count === 0)) return null;
  return {
    labelValues,
    value: 0,
    bucketCounts: counts,
    sum: (now.sum ?? 0) - (then.sum ?? 0),
    // A bucket that did not grow has no newer one.
    ...(bucketExemplars === undefined
      ? {}
      : { bucketExemplars: bucketExemplars.map((last, i) => (counts[i] === 0 ? null : last)) }),
  };
}

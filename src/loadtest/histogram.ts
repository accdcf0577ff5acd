/**
 * Durations by the million in a few kilobytes: every recorded value is off by less than 1 %.
 *
 * Buckets are one microsecond wide up to 128 µs; from there on every doubling is cut into 64.
 *
 * @module
 */

const EXACT_BUCKETS = 128;
const BUCKETS_PER_DOUBLING = 64;
/** Longest value told apart, in µs: 2^42, some fifty days. */
const DOUBLINGS = 35;
const MICROSECONDS_PER_MS = 1000;

export class DurationHistogram {
  readonly #counts: Float64Array = new Float64Array(
    EXACT_BUCKETS + DOUBLINGS * BUCKETS_PER_DOUBLING,
  );
  #count = 0;
  #max = 0;

  /** Values recorded. */
  get count(): number {
    return this.#count;
  }

  /** The largest value itself, in ms; 0 without values. */
  get max(): number {
    return this.#max;
  }

  /** @param ms Duration in milliseconds; a negative one counts as 0. */
  record(ms: number): void {
    const index = bucketOf(Math.max(0, Math.round(ms * MICROSECONDS_PER_MS)));
    this.#counts[index] = this.#counts[index]! + 1;
    this.#count++;
    if (ms > this.#max) this.#max = ms;
  }

  /**
   * The value that `share` of all values do not exceed, in ms; 0 without values.
   *
   * @param share Between 0 and 1: 0.99 for the 99th percentile.
   */
  percentile(share: number): number {
    const rank = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    for (const [index, count] of this.#counts.entries()) {
      seen += count;
      if (seen >= rank) return Math.min(middleOf(index) / MICROSECONDS_PER_MS, this.#max);
    }
    return 0;
  }
}

function bucketOf(microseconds: number): number {
  if (microseconds < EXACT_BUCKETS) return microseconds;
  const doubling = Math.min(Math.floor(Math.log2(microseconds)) - 6, DOUBLINGS);
  const step = Math.floor(microseconds / 2 ** doubling) - BUCKETS_PER_DOUBLING;
  // log2 may round up just below a power of two, and the last doubling takes what is beyond it.
  const inside = Math.min(Math.max(step, 0), BUCKETS_PER_DOUBLING - 1);
  return EXACT_BUCKETS + (doubling - 1) * BUCKETS_PER_DOUBLING + inside;
}

function middleOf(index: number): number {
  if (index < EXACT_BUCKETS) return index;
  const doubling = Math.floor((index - EXACT_BUCKETS) / BUCKETS_PER_DOUBLING) + 1;
  const step = ((index - EXACT_BUCKETS) % BUCKETS_PER_DOUBLING) + BUCKETS_PER_DOUBLING;
  return (step + 0.5) * 2 ** doubling;
}

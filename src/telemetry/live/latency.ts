/**
 * Counts of durations in buckets that grow by a constant factor, so that percentiles of a second,
 * of a tool or of several processes together are a matter of adding numbers.
 *
 * @module
 */

/** Shortest duration that is told from shorter ones, in milliseconds. */
const FLOOR_MS = 0.1;
/** A bucket ends about 15 % above where it begins. */
const PER_OCTAVE = 5;
/** Up to 105 s; what is longer counts as that long. */
export const LATENCY_BUCKETS: number = 20 * PER_OCTAVE;

/** Counts by bucket, `[bucket, count, bucket, count, …]`: how they travel. */
export type SparseCounts = readonly number[];

export function latencyBucket(ms: number): number {
  if (!(ms > FLOOR_MS)) return 0;
  const bucket = Math.floor(Math.log2(ms / FLOOR_MS) * PER_OCTAVE);
  return bucket < LATENCY_BUCKETS ? bucket : LATENCY_BUCKETS - 1;
}

/** Adds counts that have travelled. What is no bucket is passed over. */
export function addCounts(into: Uint32Array, counts: SparseCounts): void {
  for (let i = 0; i + 1 < counts.length; i += 2) {
    const bucket = counts[i] as number;
    if (bucket < into.length) into[bucket] = (into[bucket] as number) + (counts[i + 1] as number);
  }
}

export function toSparse(counts: Uint32Array): SparseCounts {
  const sparse: number[] = [];
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i] as number;
    if (count > 0) sparse.push(i, count);
  }
  return sparse;
}

export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** In milliseconds, as exact as the buckets are; null when nothing was counted. */
export function percentiles(counts: SparseCounts): Percentiles | null {
  let total = 0;
  for (let i = 1; i < counts.length; i += 2) total += counts[i] as number;
  if (total === 0) return null;
  return {
    p50: quantile(counts, total * 0.5),
    p95: quantile(counts, total * 0.95),
    p99: quantile(counts, total * 0.99),
  };
}

function quantile(counts: SparseCounts, rank: number): number {
  let below = 0;
  for (let i = 0; i < counts.length; i += 2) {
    const count = counts[i + 1] as number;
    if (below + count >= rank) return boundary((counts[i] as number) + (rank - below) / count);
    below += count;
  }
  return boundary(LATENCY_BUCKETS);
}

/** Where a bucket begins; fractions lie within it. */
function boundary(position: number): number {
  return FLOOR_MS * 2 ** (position / PER_OCTAVE);
}

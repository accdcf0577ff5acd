/**
 * A token bucket as one would explain it, with exact fractions: what stores are compared with.
 *
 * @module
 */

import { type BucketRequest, GRANTED, type TakeResult } from '../../../src/policy/limits/store.ts';

interface ModelBucket {
  /** Tokens times `periodMs`. */
  level: bigint;
  at: number;
}

export class BucketModel {
  readonly #buckets = new Map<string, ModelBucket>();

  /** Takes the tokens of all requests if they are there; otherwise says which is longest away. */
  take(requests: readonly BucketRequest[], now: number): TakeResult {
    const found = requests.map((request) => this.#bucket(request, now));
    const waits = requests.map(({ shape, tokens }, i) => {
      if (tokens > shape.burst) return Number.POSITIVE_INFINITY;
      const missing = BigInt(tokens) * BigInt(shape.periodMs) - found[i]!.level;
      const count = BigInt(shape.count);
      return missing <= 0n ? 0 : Number((missing + count - 1n) / count);
    });
    const longest = Math.max(...waits);
    if (longest === 0) {
      for (const [i, { tokens, shape }] of requests.entries()) {
        found[i]!.level -= BigInt(tokens) * BigInt(shape.periodMs);
      }
      return GRANTED;
    }
    const retryAfterMs = longest === Number.POSITIVE_INFINITY ? null : longest;
    return { granted: false, refused: waits.indexOf(longest), retryAfterMs, crowded: false };
  }

  #bucket({ shape, key }: BucketRequest, now: number): ModelBucket {
    const full = BigInt(shape.burst) * BigInt(shape.periodMs);
    const name = JSON.stringify([shape.id, key]);
    const bucket = this.#buckets.get(name) ?? { level: full, at: now };
    this.#buckets.set(name, bucket);
    if (now > bucket.at) bucket.level += BigInt(now - bucket.at) * BigInt(shape.count);
    if (bucket.level > full) bucket.level = full;
    bucket.at = now;
    return bucket;
  }
}

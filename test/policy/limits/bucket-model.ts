/**
 * A token bucket as one would explain it, with exact fractions: what stores are compared with.
 *
 * @module
 */

import type { BucketRequest } from '../../../src/policy/limits/store.ts';

interface ModelBucket {
  /** Tokens times `periodMs`. */
  level: bigint;
  at: number;
}

export class BucketModel {
  readonly #buckets = new Map<string, ModelBucket>();

  /** Whether the tokens of all requests were there, which are then taken. */
  take(requests: readonly BucketRequest[], now: number): boolean {
    const found = requests.map((request) => this.#bucket(request, now));
    const enough = requests.every(
      ({ tokens, shape }, i) => found[i]!.level >= BigInt(tokens) * BigInt(shape.periodMs),
    );
    if (enough) {
      for (const [i, { tokens, shape }] of requests.entries()) {
        found[i]!.level -= BigInt(tokens) * BigInt(shape.periodMs);
      }
    }
    return enough;
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

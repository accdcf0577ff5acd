/**
 * The arithmetic of a token bucket, without drift: whole numbers only.
 *
 * A bucket is kept as its debt, what it lacks to be full. A token is worth `periodMs` units of
 * debt, and each millisecond pays `count` of them back, so that neither a rate of 3 a second nor a
 * thousand small waits ever leave a fraction behind. A bucket without debt is full, and needs no
 * memory at all.
 *
 * Every store counts this way, and they agree to the unit: this process, the Durable Object, which
 * is this code, and the Lua script of Redis, whose numbers are doubles like these. Doubles hold
 * every whole number up to 2^53, some 9.0 · 10^15. A million tokens (the largest count and the
 * largest burst) in the longest period (2^31 - 1 ms) are 2.2 · 10^15 units, and the largest sum
 * here is two such buckets. Only what is paid back over a long time may exceed 2^53, and it is
 * rounded to no less than 2^53, which fills any bucket. A quotient of whole numbers below 2^53
 * is never rounded to a whole number that it is not, so `ceil` is exact as well.
 *
 * All that follows from a decision: granted or refused, it brings each of its buckets to the
 * present, and only a granted one takes.
 *
 * @module
 */

import type { BucketShape } from './store.ts';

export interface BucketState {
  /** Units that are missing. */
  debt: number;
  /** When `debt` was true, in whole milliseconds. */
  at: number;
}

/** What so many tokens are worth. */
export function unitsOf(shape: BucketShape, tokens: number): number {
  return tokens * shape.periodMs;
}

/**
 * Brings a state to `now`. A clock that went back pays nothing for the way back, and the state
 * follows it: otherwise nothing would be paid until the old time comes again.
 */
export function settle(state: BucketState, shape: BucketShape, now: number): void {
  const elapsed = now - state.at;
  state.at = now;
  if (elapsed > 0) state.debt = Math.max(0, state.debt - elapsed * shape.count);
}

/** Milliseconds until a settled bucket has the tokens; 0 when it has, null when it never will. */
export function waitFor(state: BucketState, shape: BucketShape, tokens: number): number | null {
  if (tokens > shape.burst) return null;
  const missing = state.debt + unitsOf(shape, tokens) - unitsOf(shape, shape.burst);
  return missing <= 0 ? 0 : Math.ceil(missing / shape.count);
}

/** When a bucket will be full, if nobody takes of it. */
export function fullAt(state: BucketState, shape: BucketShape): number {
  return state.at + Math.ceil(state.debt / shape.count);
}

/**
 * The arithmetic of a token bucket, without drift: whole numbers only.
 *
 * A bucket is kept as its debt, what it lacks to be full. A token is worth `periodMs` units of
 * debt, and each millisecond pays `count` of them back, so that neither a rate of 3 a second nor a
 * thousand small waits ever leave a fraction behind. A bucket without debt is full, and needs no
 * memory at all.
 *
 * The largest numbers stay exact: a million tokens in the longest period are 2 · 10^15 units.
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

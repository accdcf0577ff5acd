/**
 * Histories of a store of limits, that every store has to decide as the model does: at the very
 * millisecond a token comes back, with a clock that goes back, and at the ends of what is exact.
 *
 * @module
 */

import fc from 'fast-check';
import { expect } from 'vitest';
import type { BucketRequest, BucketShape, TakeResult } from '../../../src/policy/limits/store.ts';
import { BucketModel } from './bucket-model.ts';

/** A decision, and how far the clock has moved since the last. */
export interface Step {
  readonly requests: readonly BucketRequest[];
  /** Milliseconds; or so far from where the last refusal said that the tokens would be there. */
  readonly forward: number | { readonly offTie: number };
}

/** All so slow that no bucket fills while a test against a real server lasts. */
export const SHAPES: readonly BucketShape[] = [
  { id: 'small', count: 3, periodMs: 100_000, burst: 5 },
  { id: 'odd', count: 7, periodMs: 1_000_000, burst: 3 },
  { id: 'quick', count: 999_983, periodMs: 2_147_483_647, burst: 900_000 },
  { id: 'largest', count: 1_000_000, periodMs: 2_147_483_647, burst: 1_000_000 },
  { id: 'slowest', count: 1, periodMs: 2_147_483_647, burst: 1_000_000 },
];

const request = fc.record({
  shape: fc.constantFrom(...SHAPES),
  key: fc.constantFrom('x', 'y'),
  tokens: fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 1, max: 6 }) },
    fc.constantFrom(400_000, 900_000, 1_000_000, 1_000_001),
  ),
  shard: fc.constant(''),
});

const step: fc.Arbitrary<Step> = fc.record({
  requests: fc.uniqueArray(request, {
    selector: ({ shape, key }) => shape.id + key,
    minLength: 1,
    maxLength: 4,
  }),
  forward: fc.oneof(
    fc.record({ offTie: fc.integer({ min: -1, max: 1 }) }),
    fc.nat(400_000),
    fc.integer({ min: -5000, max: 50 }),
  ),
});

export const history: fc.Arbitrary<readonly Step[]> = fc.array(step, { maxLength: 40 });

const asking = (shape: BucketShape, tokens = 1): BucketRequest => ({
  shape,
  key: 'x',
  tokens,
  shard: '',
});

const [SMALL, ODD] = SHAPES as readonly [BucketShape, BucketShape];

/** Histories in which stores have been wrong, with what was wrong about them. */
export const PAST_MISTAKES: readonly (readonly [mistake: string, steps: readonly Step[]])[] = [
  [
    'a bucket behind one that never has enough kept a time that lies ahead',
    [
      { requests: [asking(ODD, 3)], forward: 0 },
      { requests: [asking(SMALL, 6), asking(ODD)], forward: -1 },
      { requests: [asking(ODD)], forward: 142_857 },
      { requests: [asking(ODD)], forward: 1 },
    ],
  ],
  [
    'a refusal forgot the time that it had seen go by, which a clock that goes back then took away',
    [
      { requests: [asking(ODD, 3)], forward: 0 },
      { requests: [asking(ODD)], forward: 100_000 },
      { requests: [asking(ODD)], forward: -50_000 },
      { requests: [asking(ODD)], forward: 42_858 },
    ],
  ],
  [
    'a bucket that was full at a refusal was found empty again when the clock had gone back',
    [
      { requests: [asking(SMALL, 5)], forward: 0 },
      { requests: [asking(SMALL, 6)], forward: 170_000 },
      { requests: [asking(SMALL, 5)], forward: -100_000 },
    ],
  ],
];

type TakeAnswer = TakeResult | null;

/** Takes a store through a history, and compares each of its answers with the model's. */
export async function expectModelDecisions(
  steps: readonly Step[],
  start: number,
  take: (requests: readonly BucketRequest[], now: number) => TakeAnswer | Promise<TakeAnswer>,
): Promise<void> {
  const model = new BucketModel();
  let now = start;
  let tie = start;
  for (const { requests, forward } of steps) {
    now = typeof forward === 'number' ? now + forward : Math.max(now, tie) + forward.offTie;
    const expected = model.take(requests, now);
    expect(await take(requests, now)).toEqual(expected);
    if (!expected.granted && expected.retryAfterMs !== null) tie = now + expected.retryAfterMs;
  }
}

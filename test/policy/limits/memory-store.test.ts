import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryLimitStore } from '../../../src/policy/limits/memory-store.ts';
import type { BucketRequest } from '../../../src/policy/limits/store.ts';
import { expectModelDecisions, history, PAST_MISTAKES } from './decisions.ts';
import { bucket } from './samples.ts';

const shapes = [
  { id: 'a', count: 3, periodMs: 1000, burst: 5 },
  { id: 'b', count: 7, periodMs: 60_000, burst: 3 },
  { id: 'c', count: 1000, periodMs: 7, burst: 900 },
] as const;

const request = fc.record({
  shape: fc.constantFrom(...shapes),
  key: fc.constantFrom('x', 'y'),
  tokens: fc.integer({ min: 1, max: 6 }),
  shard: fc.constant(''),
});

const requests = fc.uniqueArray(request, {
  selector: ({ shape, key }) => shape.id + key,
  minLength: 1,
  maxLength: 4,
});

describe('MemoryLimitStore', () => {
  it('decides exactly as a bucket with exact fractions, over several buckets at once', async () => {
    await fc.assert(
      fc.asyncProperty(history, (steps) => {
        const store = new MemoryLimitStore({ maxKeys: 100 });
        return expectModelDecisions(steps, 10_000, (asked, now) => store.take(asked, now));
      }),
      { numRuns: 200 },
    );
  });

  it.each(PAST_MISTAKES)('past mistake: %s', async (_mistake, steps) => {
    const store = new MemoryLimitStore({ maxKeys: 100 });
    await expectModelDecisions(steps, 10_000, (asked, now) => store.take(asked, now));
  });

  it('names a wait after which the tokens are there, and not a millisecond before', () => {
    fc.assert(
      fc.property(requests, fc.array(fc.nat(400), { maxLength: 20 }), (asked, gaps) => {
        const store = new MemoryLimitStore({ maxKeys: 100 });
        let now = 0;
        for (const gap of gaps) {
          now += gap;
          store.take(asked, now);
        }
        let result = store.take(asked, now);
        while (result.granted) result = store.take(asked, now);
        if (result.retryAfterMs === null) return;
        expect(store.take(asked, now + result.retryAfterMs - 1).granted).toBe(false);
        expect(store.take(asked, now + result.retryAfterMs).granted).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('fractional refill drift: a rate of 3 in 10 s polled each millisecond gives 3 in 10 s', () => {
    const store = new MemoryLimitStore({ maxKeys: 10 });
    const asked = [bucket({ count: 3, periodMs: 10_000, burst: 1 })];
    let granted = 0;
    for (let now = 0; now < 100_000; now++) if (store.take(asked, now).granted) granted++;
    expect(granted).toBe(30);
  });

  it('grants no fraction of a millisecond early', () => {
    const store = new MemoryLimitStore({ maxKeys: 10 });
    const asked = [bucket({ count: 3, periodMs: 10_000, burst: 1 })];
    expect(store.take(asked, 0).granted).toBe(true);
    expect(store.take(asked, 3333)).toMatchObject({ granted: false, retryAfterMs: 1 });
    expect(store.take(asked, 3334).granted).toBe(true);
  });

  it('reads a clock with fractions of milliseconds as whole ones', () => {
    const store = new MemoryLimitStore({ maxKeys: 10 });
    const asked = [bucket({ burst: 1 })];
    expect(store.take(asked, 0.9).granted).toBe(true);
    expect(store.take(asked, 999.9)).toMatchObject({ granted: false, retryAfterMs: 1 });
    expect(store.take(asked, 1000.1).granted).toBe(true);
  });

  it('takes nothing of any bucket when one refuses, and names the longest wait', () => {
    const store = new MemoryLimitStore({ maxKeys: 10 });
    const fast = bucket({ burst: 3 });
    const slow = bucket({ id: 'slow', burst: 1, periodMs: 9000 });
    expect(store.take([slow], 0).granted).toBe(true);
    expect(store.take([fast, slow], 0)).toEqual({
      granted: false,
      refused: 1,
      retryAfterMs: 9000,
      crowded: false,
    });
    expect(store.take([{ ...fast, tokens: 3 }], 0).granted).toBe(true);
  });

  it('says never to more tokens than the bucket holds, and keeps no memory of it', () => {
    const store = new MemoryLimitStore({ maxKeys: 10 });
    expect(store.take([bucket({ burst: 2, tokens: 3 })], 0)).toMatchObject({ retryAfterMs: null });
    expect(store.size).toBe(0);
  });
});

describe('MemoryLimitStore, clock going backwards', () => {
  it('pays nothing for the way back, and does not wait for the old time to return', () => {
    const store = new MemoryLimitStore({ maxKeys: 10 });
    const asked = [bucket({ burst: 1 })];
    expect(store.take(asked, 1_000_000).granted).toBe(true);
    expect(store.take(asked, 500_000).granted).toBe(false);
    expect(store.take(asked, 500_999).granted).toBe(false);
    expect(store.take(asked, 501_000).granted).toBe(true);
  });

  it('searches for room again although the last search lies in the future', () => {
    const store = new MemoryLimitStore({ maxKeys: 1 });
    store.take([bucket({ key: 'a', burst: 1 })], 1_000_000);
    store.take([bucket({ key: 'b', burst: 1 })], 1_000_000);
    expect(store.take([bucket({ key: 'a', burst: 1 })], 0).granted).toBe(false);
    expect(store.take([bucket({ key: 'c', burst: 1 })], 5000).granted).toBe(true);
  });
});

describe('MemoryLimitStore, key flooding', () => {
  const one = (key: string): BucketRequest[] => [bucket({ key, burst: 1, periodMs: 60_000 })];

  it('keeps no more buckets than maxKeys', () => {
    const store = new MemoryLimitStore({ maxKeys: 50 });
    for (let i = 0; i < 5000; i++) store.take(one(`key-${i}`), i);
    expect(store.size).toBe(50);
  });

  it('burst after eviction: a flood of new keys does not fill the bucket of its sender', () => {
    const store = new MemoryLimitStore({ maxKeys: 50 });
    expect(store.take(one('mine'), 0).granted).toBe(true);
    for (let i = 0; i < 500; i++) store.take(one(`key-${i}`), 1 + i);
    expect(store.take(one('mine'), 1000).granted).toBe(false);
  });

  it('lets all that find no room share one bucket, and says so', () => {
    const store = new MemoryLimitStore({ maxKeys: 2 });
    store.take(one('a'), 0);
    store.take(one('b'), 0);
    const granted = Array.from({ length: 20 }, (_, i) => store.take(one(`new-${i}`), 1).granted);
    expect(granted.filter(Boolean)).toHaveLength(1);
    expect(store.take(one('another'), 1)).toMatchObject({ granted: false, crowded: true });
    expect(store.take(one('a'), 1)).toMatchObject({ granted: false, crowded: false });
  });

  it('counts two new keys of one request on the shared bucket both', () => {
    const store = new MemoryLimitStore({ maxKeys: 1 });
    store.take(one('a'), 0);
    expect(store.take([...one('b'), ...one('c')], 1).granted).toBe(false);
    expect(store.take(one('b'), 1).granted).toBe(true);
  });

  it('gives room to new keys as soon as old buckets are full again', () => {
    const forgotten: string[] = [];
    const store = new MemoryLimitStore({ maxKeys: 2, onForget: (_, key) => forgotten.push(key) });
    store.take(one('a'), 0);
    store.take(one('b'), 100);
    expect(store.take(one('c'), 60_000).granted).toBe(true);
    expect(forgotten).toEqual(['a']);
    expect(store.take(one('c'), 60_000)).toMatchObject({ granted: false, crowded: false });
  });

  it('does not let the keys of one limit crowd those of another', () => {
    const store = new MemoryLimitStore({ maxKeys: 5 });
    for (let i = 0; i < 50; i++) store.take(one(`key-${i}`), 0);
    const other = [bucket({ id: 'other', key: 'x', burst: 1 })];
    expect(store.take(other, 0).granted).toBe(true);
  });

  it('never grants a key more than its own bucket and the shared one together', () => {
    const keys = fc.array(fc.record({ key: fc.nat(12), forward: fc.nat(50) }), { maxLength: 300 });
    fc.assert(
      fc.property(keys, (steps) => {
        const store = new MemoryLimitStore({ maxKeys: 3 });
        const granted = new Map<number, number>();
        let now = 0;
        for (const { key, forward } of steps) {
          now += forward;
          const asked = [bucket({ key: String(key), count: 1, periodMs: 100, burst: 4 })];
          if (store.take(asked, now).granted) granted.set(key, (granted.get(key) ?? 0) + 1);
          expect(store.size).toBeLessThanOrEqual(3);
        }
        for (const count of granted.values()) {
          expect(count).toBeLessThanOrEqual(2 * (4 + now / 100));
        }
      }),
      { numRuns: 100 },
    );
  });
});

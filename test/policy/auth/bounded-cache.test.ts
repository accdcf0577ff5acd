import { describe, expect, it } from 'vitest';
import { BoundedCache } from '../../../src/policy/auth/bounded-cache.ts';

describe('BoundedCache', () => {
  it('forgets the oldest entry when it is full', () => {
    const cache = new BoundedCache<number>(2);
    cache.set('a', 1);
    cache.set('b', 2);
    cache.set('c', 3);
    expect(['a', 'b', 'c'].map((key) => cache.get(key))).toEqual([undefined, 2, 3]);
  });

  it('takes an entry that is set again for a new one', () => {
    const cache = new BoundedCache<number>(2);
    cache.set('a', 1);
    cache.set('b', 2);
    cache.set('a', 3);
    cache.set('c', 4);
    expect(['a', 'b', 'c'].map((key) => cache.get(key))).toEqual([3, undefined, 4]);
  });

  it('makes room when an entry is deleted', () => {
    const cache = new BoundedCache<number>(1);
    cache.set('a', 1);
    cache.delete('a');
    cache.set('b', 2);
    expect(cache.get('a')).toBeUndefined();
    expect(cache.get('b')).toBe(2);
  });
});

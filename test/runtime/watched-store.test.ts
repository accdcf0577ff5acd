import { describe, expect, it } from 'vitest';
import { GRANTED, type LimitStore } from '../../src/policy/limits/store.ts';
import { watchStore } from '../../src/runtime/watched-store.ts';

function watched(store: LimitStore) {
  const events: string[] = [];
  const tell = (event: string) => () => void events.push(event);
  const watcher = {
    answered: tell('answered'),
    failed: tell('failed'),
    wentAway: (message: string) => void events.push(`away: ${message}`),
    cameBack: tell('back'),
  };
  return { store: watchStore(store, watcher), events };
}

describe('watchStore', () => {
  it('says nothing of a store that answers, and leaves it as fast as it is', async () => {
    const { store, events } = watched({ take: () => GRANTED });
    expect(store.take([], 0)).toBe(GRANTED);
    const slow = watched({ take: async () => GRANTED });
    expect(await slow.store.take([], 0)).toBe(GRANTED);
    expect([...events, ...slow.events]).toEqual([]);
  });

  it('tells of each failure, and once that the store is away and that it is back', async () => {
    let works = false;
    const { store, events } = watched({
      take: async () => {
        if (works) return GRANTED;
        throw new Error('not connected\nat somewhere');
      },
    });
    await expect(store.take([], 0)).rejects.toThrow('not connected');
    await expect(store.take([], 0)).rejects.toThrow('not connected');
    works = true;
    await store.take([], 0);
    await store.take([], 0);
    expect(events).toEqual(['failed', 'away: not connected', 'failed', 'answered', 'back']);
  });

  it('passes on what a store throws at once', () => {
    const { store, events } = watched({
      take() {
        throw new Error('broken');
      },
    });
    expect(() => store.take([], 0)).toThrow('broken');
    expect(events).toEqual(['failed', 'away: broken']);
  });
});

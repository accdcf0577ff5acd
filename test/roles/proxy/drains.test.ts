import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DRAIN_TIMEOUT_MS, Drains } from '../../../src/roles/proxy/drains.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('Drains', () => {
  it('breaks a response off when its time is up, and not after it has ended', () => {
    const drains = new Drains();
    const aborted: string[] = [];
    drains.begin(() => aborted.push('long'));
    drains.begin(() => aborted.push('short'))?.();
    vi.advanceTimersByTime(DRAIN_TIMEOUT_MS);
    expect(aborted).toEqual(['long']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('takes no more than it can bear, and again when one has ended', () => {
    const drains = new Drains();
    const releases: (() => void)[] = [];
    for (;;) {
      const release = drains.begin(() => {});
      if (release === null) break;
      releases.push(release);
    }
    expect(releases).toHaveLength(256);
    releases[0]?.();
    expect(drains.begin(() => {})).not.toBeNull();
  });

  it('breaks all of them off at the end', () => {
    const drains = new Drains();
    let aborted = 0;
    for (let i = 0; i < 5; i++) drains.begin(() => aborted++);
    drains.end();
    expect(aborted).toBe(5);
    expect(vi.getTimerCount()).toBe(0);
  });
});

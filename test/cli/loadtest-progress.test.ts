import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { showProgress } from '../../src/cli/loadtest-progress.ts';
import { FakePlatform } from './fake-platform.ts';

const SOURCE = { sent: 250, failed: 3 };

describe('showProgress', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('writes one line over itself on a terminal, and erases it', () => {
    const platform = new FakePlatform({ terminal: true });
    const progress = showProgress(platform, SOURCE, { total: 1000, live: true });
    vi.advanceTimersByTime(1000);
    expect(platform.out).not.toContain('\n');
    const lines = platform.out.split('\r\u001b[K');
    expect(lines).toHaveLength(6);
    expect(lines.at(-1)).toBe('250 of 1000 (25 %), 250 requests/s, 3 failed');
    progress.end();
    expect(platform.out.endsWith('\r\u001b[K')).toBe(true);
    expect(platform.err).toBe('');
  });

  it.each([
    ['without a terminal', false, true],
    ['when standard output is data', true, false],
  ])('writes a line every few seconds to standard error %s', (_, terminal, live) => {
    const platform = new FakePlatform({ terminal });
    const progress = showProgress(platform, SOURCE, { total: 1000, live });
    vi.advanceTimersByTime(11_000);
    expect(platform.err.split('\n')).toHaveLength(3);
    expect(platform.out).toBe('');
    progress.end();
    vi.advanceTimersByTime(11_000);
    expect(platform.err.split('\n')).toHaveLength(3);
  });
});

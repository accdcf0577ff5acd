import { describe, expect, it } from 'vitest';
import { Timestamps } from '../../src/redact/timestamps.ts';

describe('Timestamps', () => {
  it('writes ISO 8601 in UTC, also for a time that it wrote before', () => {
    const timestamps = new Timestamps();
    const time = Date.UTC(2026, 10, 21, 8, 5, 1, 7);
    for (const at of [time, time, time + 1, time]) {
      expect(timestamps.of(at)).toBe(new Date(at).toISOString());
    }
    expect(timestamps.of(0)).toBe('1970-01-01T00:00:00.000Z');
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 8.64e15 + 1])(
    'writes the epoch for %d, and right times after it',
    (time) => {
      const timestamps = new Timestamps();
      expect(timestamps.of(1)).toBe('1970-01-01T00:00:00.001Z');
      expect(timestamps.of(time)).toBe('1970-01-01T00:00:00.000Z');
      expect(timestamps.of(1)).toBe('1970-01-01T00:00:00.001Z');
    },
  );
});

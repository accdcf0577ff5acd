import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, MAX_DURATION_MS, parseDuration } from '../../src/config/duration.ts';
import { InvalidValueError } from '../../src/config/problem.ts';

describe('parseDuration', () => {
  it.each([
    ['0', 0],
    ['0s', 0],
    ['250ms', 250],
    ['10s', 10_000],
    ['1m30s', 90_000],
    ['1.5s', 1_500],
    ['0.1s', 100],
    ['1h', 3_600_000],
    ['1h2m3s4ms', 3_723_004],
    ['2147483647ms', MAX_DURATION_MS],
  ])('reads %s as %i ms', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  it.each([
    '',
    '10',
    '-1s',
    '+1s',
    '1 s',
    's',
    '1d',
    '1.s',
    '.5s',
    '1e3s',
    '10S',
    '١s',
    '1s1',
    '1s,',
    `${'1'.repeat(40)}s`,
  ])('refuses %j', (text) => {
    expect(() => parseDuration(text)).toThrow(
      new InvalidValueError(
        'must be a duration with its unit (ms, s, m, h), such as "10s", "250ms" or "1m30s"',
      ),
    );
  });

  it('refuses fractions of a millisecond', () => {
    expect(() => parseDuration('1.5ms')).toThrow('must be a whole number of milliseconds');
  });

  it('refuses what no timer can wait for', () => {
    expect(() => parseDuration('2147483648ms')).toThrow('must be at most 24 days (576h)');
    expect(() => parseDuration(`${'9'.repeat(31)}h`)).toThrow(InvalidValueError);
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0s'],
    [250, '250ms'],
    [10_000, '10s'],
    [90_000, '1m30s'],
    [3_723_004, '1h2m3s4ms'],
  ])('writes %i ms as %s', (milliseconds, expected) => {
    expect(formatDuration(milliseconds)).toBe(expected);
  });

  it('is read back by parseDuration', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: MAX_DURATION_MS }), (milliseconds) => {
        expect(parseDuration(formatDuration(milliseconds))).toBe(milliseconds);
      }),
      { numRuns: 200 },
    );
  });
});

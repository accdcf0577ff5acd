import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, suggestName } from '../../src/config/suggest.ts';

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['abc', 'abc', 0],
    ['abc', '', 3],
    ['abc', 'abd', 1],
    ['abc', 'ac', 1],
    ['abc', 'abxc', 1],
    ['abcd', 'abdc', 1],
    ['kitten', 'sitting', 3],
  ])('from %j to %j is %i', (a, b, expected) => {
    expect(editDistance(a, b)).toBe(expected);
  });

  it('is symmetric and bounded by the longer text', () => {
    const short = fc.string({ maxLength: 12 });
    fc.assert(
      fc.property(short, short, (a, b) => {
        const distance = editDistance(a, b);
        expect(distance).toBe(editDistance(b, a));
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
        expect(distance === 0).toBe(a === b);
      }),
      { numRuns: 200 },
    );
  });
});

describe('suggestName', () => {
  const known = ['target-addr', 'listen-addr', 'tls-cert-file', 'tls-key-file', 'log-level'];

  it.each([
    ['targt-addr', 'target-addr'],
    ['target', 'target-addr'],
    ['targetAddr', 'target-addr'],
    ['TARGET_ADDR', 'target-addr'],
    ['cert-file', 'tls-cert-file'],
    ['lgo-level', 'log-level'],
  ])('finds for %s: %s', (typed, expected) => {
    expect(suggestName(typed, known)).toBe(expected);
  });

  it.each(['', '---', 'addr', 'tls', 'zebra', 'x'.repeat(100_000)])(
    'finds nothing for %.20s',
    (typed) => {
      expect(suggestName(typed, known)).toBeNull();
    },
  );
});

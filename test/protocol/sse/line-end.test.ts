import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineEndFinder } from '../../../src/protocol/sse/line-end.ts';

describe('LineEndFinder', () => {
  it('finds what a plain search finds, from any place, wherever the bytes lie in memory', () => {
    const byte = fc.oneof(
      { weight: 40, arbitrary: fc.constantFrom(0x78, 0xff, 0x80, 0x8a, 0x8d, 0x0e, 0x20) },
      { weight: 5, arbitrary: fc.constantFrom(0x00, 0x09, 0x0b, 0x0c) },
      { weight: 1, arbitrary: fc.constantFrom(0x0a, 0x0d) },
    );
    const bytes = fc.array(byte, { maxLength: 500, size: 'max' });
    fc.assert(
      fc.property(bytes, fc.nat({ max: 7 }), fc.nat({ max: 7 }), (values, before, after) => {
        // Line ends around the view must not be seen.
        const memory = new Uint8Array(before + values.length + after).fill(0x0a);
        memory.set(values, before);
        const view = memory.subarray(before, before + values.length);
        const finder = new LineEndFinder(view);
        for (let from = 0; from <= values.length; from++) {
          const expected = view.findIndex(
            (value, at) => at >= from && (value === 10 || value === 13),
          );
          expect(finder.find(from)).toBe(expected < 0 ? values.length : expected);
        }
      }),
      { numRuns: 60 },
    );
  });
});

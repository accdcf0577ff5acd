import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventDataFinder } from '../../../src/policy/lists/event-data.ts';
import { cutFractions, eventsOf, listen, streamBytes } from '../../protocol/sse/reading.ts';
import { concat, cutAt, textOf } from './support.ts';

/** The data of each event, put together from where it was found. */
function dataOf(chunks: readonly Uint8Array[]): string[] {
  const events: string[] = [];
  let lines: Uint8Array[][] = [];
  const finder = new EventDataFinder({
    onDataLine: () => lines.push([]),
    onData: (chunk, start, end) => {
      expect(end).toBeGreaterThan(start);
      lines.at(-1)?.push(chunk.slice(start, end));
    },
    onEventEnd: () => {
      if (lines.length > 0) events.push(lines.map((line) => textOf(concat(line))).join('\n'));
      lines = [];
    },
  });
  for (const chunk of chunks) finder.write(chunk);
  return events;
}

describe('EventDataFinder', () => {
  it('finds the data that the splitter hands out, in any split of any bytes', () => {
    fc.assert(
      fc.property(streamBytes, cutFractions, (bytes, fractions) => {
        const cuts = fractions.map((fraction) => Math.floor(fraction * bytes.length));
        const expected = eventsOf(listen([bytes])).map(({ data }) => data);
        expect(dataOf(cutAt(bytes, cuts))).toEqual(expected);
      }),
      { numRuns: 1500 },
    );
  });

  it('takes half a byte order mark, or a second one, for the start of another field', () => {
    const line = new TextEncoder().encode('data: x\n\n');
    const mark = [0xef, 0xbb, 0xbf];
    expect(dataOf([Uint8Array.of(...mark, ...line)])).toEqual(['x']);
    for (const wrong of [mark.slice(0, 1), mark.slice(0, 2), [...mark, ...mark]]) {
      expect(dataOf([Uint8Array.of(...wrong, ...line)])).toEqual([]);
      expect(dataOf([Uint8Array.from(wrong), line])).toEqual([]);
    }
  });

  it('finds it when every byte is a chunk of its own', () => {
    fc.assert(
      fc.property(streamBytes, (bytes) => {
        expect(dataOf(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(dataOf([bytes]));
      }),
      { numRuns: 300 },
    );
  });
});

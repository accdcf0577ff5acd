import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readWithPeer, readWithWeir } from './peer-reading.ts';
import { cutFractions, streamText, utf8 } from './reading.ts';

const places = (bytes: Uint8Array, fractions: readonly number[]): number[] =>
  fractions.map((fraction) => Math.floor(fraction * bytes.length));

describe('SseSplitter beside eventsource-parser', () => {
  it('reads the same from generated streams', () => {
    const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
    const line = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => `data: ${text}`),
      fc.string({ maxLength: 200 }).map((text) => `data:${text}`),
      fc.constantFrom('event: endpoint', 'event:x', 'event', 'id: 1', 'id', 'retry: 5', ': ping'),
    );
    const stream = lineEnd.chain((end) =>
      fc
        .array(fc.array(line, { maxLength: 5 }), { maxLength: 6 })
        .map((events) => events.map((lines) => [...lines, '', ''].join(end)).join('')),
    );
    let dispatched = 0;
    fc.assert(
      fc.property(stream, cutFractions, cutFractions, (text, ours, theirs) => {
        const bytes = utf8(text);
        const peer = readWithPeer(bytes, places(bytes, theirs));
        expect(readWithWeir(bytes, places(bytes, ours))).toEqual(peer);
        dispatched += peer.events.length;
      }),
      { numRuns: 500 },
    );
    expect(dispatched).toBeGreaterThan(100);
  });

  it('reads the same from garbage', () => {
    const garbage = fc.oneof(
      streamText.filter((text) => !text.startsWith('\u00ef')).map(utf8),
      fc.uint8Array({ maxLength: 80 }).filter((bytes) => bytes[0] !== 0xc3),
      fc
        .array(fc.constantFrom(0x0a, 0x0d, 0x3a, 0x20, 0x64, 0x61, 0x74, 0x80, 0xe2, 0xff, 0xbf), {
          maxLength: 80,
        })
        .map((bytes) => Uint8Array.from([0x64, 0x61, 0x74, 0x61, 0x3a, ...bytes, 0x0a, 0x0a])),
    );
    fc.assert(
      fc.property(garbage, cutFractions, cutFractions, (bytes, ours, theirs) => {
        expect(readWithWeir(bytes, places(bytes, ours))).toEqual(
          readWithPeer(bytes, places(bytes, theirs)),
        );
      }),
      { numRuns: 1_000 },
    );
  });
});

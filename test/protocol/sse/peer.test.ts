import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutAt, cutFractions, listen, streamText, utf8 } from './reading.ts';

interface PeerView {
  events: { type: string; data: string; id: string | null }[];
  comments: string[];
}

/**
 * What eventsource-parser reads. Three places where it and the standard (WHATWG HTML §9.2.6) differ
 * are evened out here, so that the comparison is about all the rest:
 *
 * - A CR at the end of the input is a line end at once (§9.2.5: `end-of-line = CRLF / CR / LF`). The
 *   peer waits for another line end after it, which at the end of a stream never comes: it gets one,
 *   with a field that nobody knows before it.
 * - The stream is decoded by "UTF-8 decode", which strips one U+FEFF and nothing else. The peer takes
 *   text, and strips U+00EF U+00BB U+00BF, which are letters: it gets no text that begins with them.
 * - The peer strips a space at the start of a comment; the standard says nothing of comments but that
 *   they are ignored.
 */
function readWithPeer(bytes: Uint8Array, cuts: readonly number[]): PeerView {
  const view: PeerView = { events: [], comments: [] };
  const parser = createParser({
    onEvent: ({ event, data, id }) =>
      view.events.push({ type: event ?? 'message', data, id: id ?? null }),
    onComment: (text) => view.comments.push(text),
  });
  const decoder = new TextDecoder();
  for (const chunk of cutAt(bytes, cuts)) parser.feed(decoder.decode(chunk, { stream: true }));
  parser.feed(decoder.decode());
  if (bytes.at(-1) === 0x0d) parser.feed('end\n');
  return view;
}

function readWithWeir(bytes: Uint8Array, cuts: readonly number[]): PeerView {
  const view: PeerView = { events: [], comments: [] };
  for (const heard of listen(cutAt(bytes, cuts))) {
    if (heard.what === 'comment') view.comments.push(heard.text.replace(/^ /, ''));
    if (heard.what === 'event') {
      view.events.push({ type: heard.type, data: heard.data, id: heard.id });
    }
  }
  return view;
}

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

/**
 * Runs a splitter over bytes cut in a given way, and writes down everything it says.
 *
 * @module
 */

import fc from 'fast-check';
import { SseSplitter } from '../../../src/protocol/sse/splitter.ts';
import type { SseLimits } from '../../../src/protocol/sse/types.ts';

export type Heard =
  | {
      what: 'event';
      type: string;
      data: string;
      id: string | null;
      retryMs: number | null;
      lastEventId: string;
      start: number;
      end: number;
    }
  | { what: 'comment'; text: string }
  | { what: 'problem'; reason: string; offset: number };

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Cuts `input` at each of `cuts`, offsets in any order. */
export function cutAt(input: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const edges = [0, ...[...cuts].sort((a, b) => a - b), input.length];
  return edges.slice(1).map((edge, index) => input.slice(edges[index], edge));
}

/** Every chunk is wiped after it was written, as the owner of a reused buffer would. */
export function listen(chunks: readonly Uint8Array[], limits?: Partial<SseLimits>): Heard[] {
  const heard: Heard[] = [];
  const splitter = new SseSplitter(
    {
      onEvent: ({ data, ...event }) =>
        heard.push({
          what: 'event',
          ...event,
          data: decoder.decode(data),
          lastEventId: splitter.lastEventId,
        }),
      onComment: (text) => heard.push({ what: 'comment', text }),
      onProblem: (problem) => heard.push({ what: 'problem', ...problem }),
    },
    limits,
  );
  for (const chunk of chunks) {
    const borrowed = chunk.slice();
    splitter.write(borrowed);
    borrowed.fill(0x21);
  }
  splitter.end();
  return heard;
}

/** What the standard's own tests look at: the events that are dispatched. */
export function eventsOf(heard: readonly Heard[]): { type: string; data: string }[] {
  return heard.filter((entry) => entry.what === 'event').map(({ type, data }) => ({ type, data }));
}

/** Text that is nearly, or entirely, an event stream. */
export const streamText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom('\n', '\r', '\r\n', '\n\n', '\r\n\r\n') },
      {
        weight: 6,
        arbitrary: fc.constantFrom('data:', 'data: ', 'data', 'event:', 'event: ', 'id:', 'id: '),
      },
      { weight: 3, arbitrary: fc.constantFrom('retry:', 'retry: 250', 'retry', 'id', 'event') },
      {
        weight: 2,
        arbitrary: fc.constantFrom(':', ': ping', ' ', '\0', '\uFEFF', 'dat', 'message'),
      },
      { weight: 3, arbitrary: fc.string({ maxLength: 8 }) },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
      { weight: 1, arbitrary: fc.string({ minLength: 40, maxLength: 400 }) },
    ),
    { maxLength: 30 },
  )
  .map((pieces) => pieces.join(''));

/** Bytes of such text, or of none. */
export const streamBytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 5, arbitrary: streamText.map(utf8) },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.constantFrom(0x0a, 0x0d, 0x3a, 0x20, 0x64, 0x00, 0xef, 0xbb, 0xbf, 0xff, 0xc3), {
        maxLength: 60,
      })
      .map((bytes) => Uint8Array.from(bytes)),
  },
);

/** Places to cut, as fractions of the input. */
export const cutFractions: fc.Arbitrary<number[]> = fc.array(
  fc.double({ min: 0, max: 1, noNaN: true }),
  {
    maxLength: 12,
  },
);

import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyBytes, cuts, mutatedBody } from '../../protocol/jsonrpc/support/arbitraries.ts';
import { body, eventStream } from './arbitraries.ts';
import {
  anyCuts,
  EVENT_STREAM,
  everywhere,
  openRewriter,
  type Passed,
  pass,
  SHOW_ALL,
  toolsResult,
  utf8,
} from './support.ts';

/** As the decoder of a client has it. */
const withoutMark = (stream: string): string => stream.replace(/^\ufeff/, '');

/** JSON text without the whitespace between its tokens. */
const compact = (text: string): string =>
  text.replace(/"(?:[^"\\]|\\.)*"|\s+/g, (token) => (token.startsWith('"') ? token : ''));

/** What the reference client's parser makes of a stream. */
function eventsOf(
  stream: string,
): { event: string | undefined; id: string | undefined; data: string }[] {
  const events: { event: string | undefined; id: string | undefined; data: string }[] = [];
  const parser = createParser({
    onEvent: ({ event, id, data }) => events.push({ event, id, data }),
  });
  parser.feed(withoutMark(stream));
  // It waits at a CR for the LF that may come: a comment tells it that none does.
  parser.feed(':\n');
  return events;
}

/** What must be the same in any split: how much passed before a refusal is no part of it. */
const verdict = ({ text, refused }: Passed): string => refused?.reason ?? text;

/** The lines of a stream that hold no data, with their ends, and where lines of data are. */
const framing = (stream: string): string[] =>
  (withoutMark(stream).match(/[^\r\n]*(?:\r\n|\r|\n)/g) ?? []).map((line) =>
    line.startsWith('data:') ? 'data' : line,
  );

describe('list filtering: JSON bodies', () => {
  it('takes out the entries that must not be seen with their separators, and no other byte', () => {
    fc.assert(
      fc.property(body, anyCuts, ({ sent, expected }, at) => {
        expect(pass(sent, {}, at)).toMatchObject({ text: expected, refused: null });
      }),
      { numRuns: 1500 },
    );
  });

  it('gives the same bytes when every byte is a chunk of its own', () => {
    fc.assert(
      fc.property(body, ({ sent, expected }) => {
        expect(pass(sent, {}, everywhere(sent)).text).toBe(expected);
      }),
      { numRuns: 200 },
    );
  });

  it('leaves what JSON.parse and a filter leave', () => {
    const tool = fc.tuple(fc.constantFrom('secret', 'a', 'b'), fc.jsonValue({ maxDepth: 4 }));
    fc.assert(
      fc.property(fc.array(tool, { maxLength: 8 }), fc.jsonValue(), anyCuts, (tools, other, at) => {
        const answer = (hides: boolean): unknown => ({
          id: 1,
          result: {
            nextCursor: other,
            tools: tools
              .filter(([name]) => !hides || name !== 'secret')
              .map(([name, x]) => ({ x, name, annotations: x })),
            _meta: other,
          },
        });
        const { text } = pass(JSON.stringify(answer(false), null, at.length % 4), {}, at);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(answer(true))));
      }),
      { numRuns: 500 },
    );
  });

  it('is the identity, down to the byte, when nothing is to be hidden', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue({ maxDepth: 4 }), { maxLength: 8 }),
        anyCuts,
        (values, at) => {
          const entries = values.map((value, i) => JSON.stringify({ x: value, name: `n${i}` }));
          const sent = JSON.stringify(JSON.parse(toolsResult(...entries)), null, at.length % 4);
          expect(pass(sent, { visibility: SHOW_ALL }, at).text).toBe(sent);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('hands on the chunk itself when nothing of it is hidden or undecided', () => {
    const chunk = utf8(toolsResult('{"name":"a"}', '{"name":"b"}'));
    expect(openRewriter()?.write(chunk)).toBe(chunk);
  });

  it('either refuses a mutated answer or lets nothing through that a parser reads as secret', () => {
    fc.assert(
      fc.property(
        body,
        fc.nat(),
        fc.integer({ min: 0, max: 255 }),
        cuts,
        ({ sent }, where, byte, at) => {
          const bytes = utf8(sent);
          bytes[where % bytes.length] = byte;
          const passed = pass(bytes, {}, at);
          expect(verdict(passed)).toBe(verdict(pass(bytes)));
          if (passed.refused !== null) return;
          for (const tool of visibleTools(passed.text)) {
            expect(String((tool as { name?: unknown } | null)?.name)).not.toMatch(/^secret/);
          }
        },
      ),
      { numRuns: 1500 },
    );
  });

  it('decides the same in any split of any bytes', () => {
    fc.assert(
      fc.property(fc.oneof(anyBytes, mutatedBody), cuts, (bytes, at) => {
        expect(verdict(pass(bytes, {}, at))).toBe(verdict(pass(bytes)));
      }),
      { numRuns: 1500 },
    );
  });

  it('refuses whatever begins as JSON and is none', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const text = new TextDecoder().decode(bytes);
        if (!/^[\t\n\r ]*[[{]/.test(text) || parses(text)) return;
        expect(pass(bytes).refused?.reason).toBe('list_unreadable');
      }),
      { numRuns: 1000 },
    );
  });
});

describe('list filtering: event streams', () => {
  it('takes entries out of the data and leaves fields, comments, line ends and events as they are', () => {
    fc.assert(
      fc.property(eventStream, anyCuts, ({ sent, data, isCut }, at) => {
        const passed = pass(sent, EVENT_STREAM, at);
        expect(passed.refused).toBeNull();
        const before = eventsOf(sent);
        const after = eventsOf(passed.text);
        expect(after.map((event) => compact(event.data))).toEqual(data.map(compact));
        expect(after.map(({ event, id }) => [event, id])).toEqual(
          before.map(({ event, id }) => [event, id]),
        );
        expect(framing(passed.text)).toEqual(framing(sent));
        if (!isCut) expect(passed.text).toBe(sent);
      }),
      { numRuns: 1000 },
    );
  });

  it('gives the same bytes for any split', () => {
    fc.assert(
      fc.property(eventStream, ({ sent }) => {
        expect(pass(sent, EVENT_STREAM, everywhere(sent)).text).toBe(pass(sent, EVENT_STREAM).text);
      }),
      { numRuns: 200 },
    );
  });

  it('decides the same in any split of any bytes', () => {
    const noise = fc
      .array(
        fc.oneof(
          fc.constantFrom(
            'data:',
            'data: ',
            'data',
            '\n',
            '\r',
            '\r\n',
            '\n\n',
            ':',
            'id: 1\n',
            '\ufeff',
          ),
          fc.constantFrom(
            '{"result":{"tools":[',
            '{"name":"secret"}',
            '{"name":"a"}',
            ',',
            ']}}',
            '[',
            '1',
            '/m?s=1',
          ),
        ),
        { maxLength: 25 },
      )
      .map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(noise, anyCuts, (stream, at) => {
        const whole = verdict(pass(stream, EVENT_STREAM));
        expect(verdict(pass(stream, EVENT_STREAM, at))).toBe(whole);
        expect(verdict(pass(stream, EVENT_STREAM, everywhere(stream)))).toBe(whole);
      }),
      { numRuns: 1000 },
    );
  });
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The entries of `result.tools` of each message, as `JSON.parse` has them. */
function visibleTools(text: string): unknown[] {
  const document = withoutMark(text);
  if (!parses(document)) return [];
  const parsed: unknown = JSON.parse(document);
  const messages = Array.isArray(parsed) ? parsed : [parsed];
  return messages.flatMap((message) => {
    const tools = (message as { result?: { tools?: unknown } } | null)?.result?.tools;
    return Array.isArray(tools) ? tools : [];
  });
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SseSplitter } from '../../../src/protocol/sse/splitter.ts';
import type { SseEvent } from '../../../src/protocol/sse/types.ts';
import { cutAt, cutFractions, eventsOf, type Heard, listen, streamBytes, utf8 } from './reading.ts';

const event = (fields: Partial<Extract<Heard, { what: 'event' }>>): Heard => ({
  what: 'event',
  type: 'message',
  data: '',
  id: null,
  retryMs: null,
  lastEventId: '',
  start: 0,
  end: 0,
  ...fields,
});

describe('SseSplitter, what it says', () => {
  it('gives type, data, id, retry and the place of each event', () => {
    const input = 'event: endpoint\ndata: /messages?x=1\n\n: ping\n\nid: 7\nretry: 30\ndata:\n\n';
    expect(listen([utf8(input)])).toEqual([
      event({ type: 'endpoint', data: '/messages?x=1', start: 0, end: 37 }),
      { what: 'comment', text: ' ping' },
      event({ id: '7', retryMs: 30, lastEventId: '7', start: 45, end: 68 }),
    ]);
  });

  it('dispatches the priming event of MCP, an id with empty data', () => {
    expect(listen([utf8('id: a/1\nretry: 500\ndata: \n\n')])).toEqual([
      event({ id: 'a/1', retryMs: 500, lastEventId: 'a/1', end: 27 }),
    ]);
  });

  it('places events between blank lines and comments that belong to none', () => {
    const input = '\uFEFF\r\n\n:a\n:b\ndata: x\n:c\ndata: y\n\n\n\ndata: z\r\n\r\ndata: w\r\r';
    const places = listen([utf8(input)]).flatMap((heard) =>
      heard.what === 'event' ? [[heard.data, heard.start, heard.end]] : [],
    );
    expect(places).toEqual([
      ['x\ny', 12, 32],
      ['z', 34, 44],
      ['w', 45, 54],
    ]);
  });

  it('keeps the id of an event without data for the next', () => {
    expect(listen([utf8('id: 1\n\ndata: x\n\nid\n\ndata: y\n\n')])).toMatchObject([
      { data: 'x', id: null, lastEventId: '1' },
      { data: 'y', id: null, lastEventId: '' },
    ]);
  });

  it('reports an event that the end of the stream left unfinished', () => {
    for (const tail of [
      'data: x',
      'data: x\n',
      'data: x\r',
      'id: 1\n',
      'd',
      'bogus\n',
      '\uFEFFx',
    ]) {
      const whole = listen([utf8(`data: 1\n\n${tail}`)]);
      expect(whole).toEqual([
        event({ data: '1', end: 9 }),
        { what: 'problem', reason: 'unfinished_event', offset: 9 },
      ]);
    }
    expect(listen([Uint8Array.of(0xef, 0xbb)])).toEqual([
      { what: 'problem', reason: 'unfinished_event', offset: 0 },
    ]);
  });

  it('has nothing to report at the end of a stream without an open event', () => {
    for (const input of [
      '',
      '\n',
      '\r',
      '\uFEFF',
      'data: 1\n\n',
      'data: 1\r\n\r\n',
      ': x',
      ':x\n',
    ]) {
      const problems = listen([utf8(input)]).filter(({ what }) => what === 'problem');
      expect(problems).toEqual([]);
    }
  });

  it('holds a retry too large to be exact at the largest exact number', () => {
    const digits = '9'.repeat(400);
    expect(listen([utf8(`retry: ${digits}\ndata:\n\n`)])).toMatchObject([
      { retryMs: Number.MAX_SAFE_INTEGER },
    ]);
  });

  it('begins anew after end() and after reset()', () => {
    const events: SseEvent[] = [];
    const splitter = new SseSplitter({ onEvent: (found) => events.push(found) });
    splitter.write(utf8('id: 1\ndata: x\n\ndata: lost'));
    splitter.end();
    expect(splitter.lastEventId).toBe('1');
    splitter.write(utf8('\uFEFFdata: y\n\nevent: lost\r'));
    splitter.reset();
    expect(splitter.lastEventId).toBe('');
    splitter.write(utf8('\ndata: z\n\n'));
    expect(events.map(({ start, end, type }) => [start, end, type])).toEqual([
      [0, 15, 'message'],
      [3, 12, 'message'],
      [1, 10, 'message'],
    ]);
  });

  it('refuses limits that limit nothing', () => {
    for (const value of [0, -1, Number.NaN]) {
      const handler = { onEvent() {} };
      expect(() => new SseSplitter(handler, { maxEventBytes: value })).toThrow(RangeError);
      expect(() => new SseSplitter(handler, { maxCommentBytes: value })).toThrow(RangeError);
    }
  });
});

describe('SseSplitter, memory of the data', () => {
  it('hands out a view of the chunk when a line of data lies whole within it', () => {
    const chunk = utf8('data: one line\n\n');
    let data: Uint8Array | undefined;
    new SseSplitter({
      onEvent(found) {
        data = found.data;
      },
    }).write(chunk);
    expect(data?.buffer).toBe(chunk.buffer);
    expect(data?.byteOffset).toBe(6);
  });

  it('does not look at a chunk again once write() has returned', () => {
    const chunk = utf8('data: mine\n');
    const texts: string[] = [];
    const splitter = new SseSplitter({
      onEvent: ({ data }) => texts.push(new TextDecoder().decode(data)),
    });
    splitter.write(chunk);
    chunk.fill(0x21);
    splitter.write(utf8('\n'));
    expect(texts).toEqual(['mine']);
  });

  it('joins lines from several chunks, in order, into bytes of its own', () => {
    const chunks = ['da', 'ta: a', 'b\ndata: c\nda', 'ta\n', 'data: ', 'd\n', '\n'].map(utf8);
    expect(eventsOf(listen(chunks))).toEqual([{ type: 'message', data: 'ab\nc\n\nd' }]);
  });
});

describe('SseSplitter, limits', () => {
  const limits = { maxEventBytes: 20, maxCommentBytes: 4 };

  it('takes an event that just fits', () => {
    // Two lines of 9 bytes with their ends are 20.
    const input = utf8('data: 123\ndata: 456\n\n');
    for (let cut = 0; cut <= input.length; cut++) {
      expect(eventsOf(listen(cutAt(input, [cut]), limits))).toHaveLength(1);
    }
  });

  it('reports an event above the limit once, skips it to its blank line, and reads on', () => {
    const input = utf8(
      'id: 1\ndata: 1\n\nid: 2\ndata: 123\ndata: 456\n: ok\ndata: 7\n\ndata: 8\n\n',
    );
    const expected = [
      event({ data: '1', id: '1', lastEventId: '1', start: 0, end: 15 }),
      { what: 'problem', reason: 'event_too_large', offset: 15 },
      { what: 'comment', text: ' ok' },
      event({ data: '8', lastEventId: '1', start: 55, end: 64 }),
    ];
    for (let cut = 0; cut <= input.length; cut++) {
      expect(listen(cutAt(input, [cut]), limits)).toEqual(expected);
    }
  });

  it('reports an event above the limit once when the stream ends within it', () => {
    for (const input of [
      'data: 123456789012345',
      'bogus field without end',
      'data: 12\ndata: 345\n ',
    ]) {
      expect(listen([utf8(input)], limits)).toEqual([
        { what: 'problem', reason: 'event_too_large', offset: 0 },
      ]);
    }
  });

  it('does not count comments, and cuts them to their own limit', () => {
    const input = `${': keep-alive\n'.repeat(50)}data: 123456789\n\n`;
    const heard = listen([utf8(input)], limits);
    expect(heard.slice(0, 50)).toEqual(new Array(50).fill({ what: 'comment', text: ' kee' }));
    expect(heard.slice(50)).toMatchObject([{ what: 'event', data: '123456789' }]);
  });
});

describe('SseSplitter, any cut', () => {
  it('says the same of any bytes, however they are cut', () => {
    fc.assert(
      fc.property(streamBytes, cutFractions, (input, fractions) => {
        const cuts = fractions.map((fraction) => Math.floor(fraction * input.length));
        expect(listen(cutAt(input, cuts))).toEqual(listen([input]));
      }),
      { numRuns: 1_000 },
    );
  });

  it('says the same when every byte comes alone, and with empty chunks between', () => {
    fc.assert(
      fc.property(streamBytes, (input) => {
        const whole = listen([input]);
        const bytes = [...input].map((byte) => Uint8Array.of(byte));
        expect(listen(bytes)).toEqual(whole);
        expect(listen(bytes.flatMap((byte) => [new Uint8Array(0), byte]))).toEqual(whole);
      }),
      { numRuns: 500 },
    );
  });

  it('says the same under small limits, however the bytes are cut', () => {
    const limits = fc.record({
      maxEventBytes: fc.integer({ min: 1, max: 60 }),
      maxCommentBytes: fc.integer({ min: 1, max: 10 }),
    });
    fc.assert(
      fc.property(streamBytes, cutFractions, limits, (input, fractions, bounds) => {
        const cuts = fractions.map((fraction) => Math.floor(fraction * input.length));
        expect(listen(cutAt(input, cuts), bounds)).toEqual(listen([input], bounds));
      }),
      { numRuns: 1_000 },
    );
  });

  it('says the same wherever a chunk lies in its memory', () => {
    const input = utf8(`id: 1\ndata: ${'\t'.repeat(300)}${'x'.repeat(300)}\n\n`);
    const expected = listen([input]);
    for (let offset = 0; offset < 8; offset++) {
      const memory = new Uint8Array(input.length + 20).fill(0x0a);
      memory.set(input, offset);
      const found: Uint8Array[] = [];
      const splitter = new SseSplitter({ onEvent: ({ data }) => found.push(data.slice()) });
      splitter.write(memory.subarray(offset, offset + input.length));
      splitter.end();
      expect(found.map((data) => new TextDecoder().decode(data))).toEqual(
        eventsOf(expected).map(({ data }) => data),
      );
    }
  });
});

/**
 * The cases of the web platform's own event-stream tests, by their names, with inputs written from
 * the rules of WHATWG HTML §9.2.5 and §9.2.6. Each is read whole, in single bytes, and cut in two at
 * every position.
 *
 * The `format-mime-*` cases judge the media type of the response, which a splitter never sees; what
 * is left of them for it is that bytes are UTF-8 whatever the type's charset says.
 */

import { describe, expect, it } from 'vitest';
import { cutAt, eventsOf, listen, utf8 } from './reading.ts';

interface Case {
  name: string;
  input: string | Uint8Array;
  /** The data of `message` events, or type and data of others. */
  events: readonly (string | readonly [type: string, data: string])[];
  /** The last event ID as each event sees it. */
  lastEventIds?: readonly string[];
  /** The `retry` of each event. */
  retries?: readonly (number | null)[];
}

const CASES: readonly Case[] = [
  {
    name: 'format-bom: one leading BOM is no part of the first line',
    input: '\uFEFFdata:1\n\n\uFEFFdata:2\n\ndata:3\n\n',
    events: ['1', '3'],
  },
  {
    name: 'format-bom-2: of two leading BOMs only the first is dropped',
    input: '\uFEFF\uFEFFdata:1\n\ndata:2\n\ndata:3\n\n',
    events: ['2', '3'],
  },
  {
    name: 'format-bom: half a BOM belongs to the first line',
    input: Uint8Array.of(0xef, 0xbb, ...utf8('data:1\n\ndata:2\n\n')),
    events: ['2'],
  },
  {
    name: 'format-comments: lines that begin with a colon are ignored, wherever they are',
    input: `data:1\r:\0\n:\r\ndata:2\n:${'long '.repeat(800)}\rdata:3\n:data:fail\r:${'x'.repeat(2000)}\ndata:4\n\n`,
    events: ['1\n2\n3\n4'],
  },
  {
    name: 'format-data-before-final-empty-line: without its blank line an event is dropped',
    input: 'retry:1000\ndata:test1\n\nid:test\ndata:test2',
    events: ['test1'],
    lastEventIds: [''],
  },
  {
    name: 'format-data-before-final-empty-line: also with the end of its last line',
    input: 'data:test1\n\ndata:test2\n',
    events: ['test1'],
  },
  {
    name: 'format-field-data: with and without colon, and none',
    input: 'data:\n\ndata\ndata\n\ndata:test\n\n',
    events: ['', '\n', 'test'],
  },
  {
    name: 'format-field-event: the type is that of one event',
    input: 'event:test\ndata:x\n\ndata:x\n\n',
    events: [['test', 'x'], 'x'],
  },
  {
    name: 'format-field-event: the last of several counts',
    input: 'event:a\nevent: b\ndata:x\n\n',
    events: [['b', 'x']],
  },
  {
    name: 'format-field-event-empty: an empty type is the default type',
    input: 'event:\ndata:1\n\nevent:a\nevent: \ndata:2\n\nevent\ndata:3\n\n',
    events: ['1', '2', '3'],
  },
  {
    name: 'format-field-event: a type without data dispatches nothing and is forgotten',
    input: 'event:a\n\ndata:x\n\n',
    events: ['x'],
  },
  {
    name: 'format-field-id: the id is there from its event on',
    input: 'data:0\n\nid: …\ndata:1\n\ndata:2\n\n',
    events: ['0', '1', '2'],
    lastEventIds: ['', '…', '…'],
  },
  {
    name: 'format-field-id-2: an id without data counts, an empty one clears',
    input: 'id:1\n\ndata:a\n\nid: 2\ndata:b\n\nid\ndata:c\n\ndata:d\n\nid:3\nid:\ndata:e\n\n',
    events: ['a', 'b', 'c', 'd', 'e'],
    lastEventIds: ['1', '2', '', '', ''],
  },
  {
    name: 'format-field-id-null: an id with NUL is ignored, wherever the NUL is',
    input:
      'id: 1\ndata:a\n\nid: \0\ndata:b\n\nid: 2\0\ndata:c\n\nid: \u00003\ndata:d\n\nid: 4\0x\ndata:e\n\n',
    events: ['a', 'b', 'c', 'd', 'e'],
    lastEventIds: ['1', '1', '1', '1', '1'],
  },
  {
    name: 'format-field-parsing: names are exact, values keep what follows the first colon',
    input:
      'data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\rdata:\r\n data:32\ndata:4\n\n',
    events: ['\0\n 2\n1\n3\n\n4'],
  },
  {
    name: 'format-field-parsing: a name that goes on is another name',
    input: 'datax:1\nda:2\nd:3\ndata :4\n\tdata:5\ndata::6\nidx:7\neventy:8\n\n',
    events: [':6'],
    lastEventIds: [''],
  },
  {
    name: 'format-field-retry: digits are milliseconds',
    input: 'retry:3000\ndata:x\n\nretry: 05\ndata:y\n\ndata:z\n\n',
    events: ['x', 'y', 'z'],
    retries: [3000, 5, null],
  },
  {
    name: 'format-field-retry-bogus: anything but digits is ignored',
    input:
      'retry:3000\nretry:1000x\ndata:x\n\nretry:-1\ndata:y\n\nretry:1.5\nretry: 1 \nretry:  1\nretry:\u0661\ndata:z\n\n',
    events: ['x', 'y', 'z'],
    retries: [3000, null, null],
  },
  {
    name: 'format-field-retry-empty: an empty value is ignored',
    input: 'retry\ndata:x\n\nretry:400\nretry:\ndata:y\n\n',
    events: ['x', 'y'],
    retries: [null, 400],
  },
  {
    name: 'format-field-unknown: fields nobody knows are ignored',
    input: 'data:test\n data\ndata\nfoobar:xxx\njustsometext\n:thisisacommentyay\ndata:test\n\n',
    events: ['test\n\ntest'],
  },
  {
    name: 'format-leading-space: one space after the colon is dropped, and nothing else',
    input: 'data:\ttest\rdata: \ndata:test\n\ndata:  two\n\ndata: \n\n',
    events: ['\ttest\n\ntest', ' two', ''],
  },
  {
    name: 'format-mime: bytes are UTF-8 whatever charset the media type names',
    input: 'data:ok…\n\n',
    events: ['ok…'],
  },
  {
    name: 'format-newlines: CR, LF and CRLF end lines, in any mixture',
    input: 'data:test\r\ndata\ndata:test\r\n\r',
    events: ['test\n\ntest'],
  },
  {
    name: 'format-newlines: each pair of line ends separates events',
    input: 'data:1\n\ndata:2\r\rdata:3\r\n\r\ndata:4\n\r\ndata:5\r\n\ndata:6\n\rdata:7\r\n\r',
    events: ['1', '2', '3', '4', '5', '6', '7'],
  },
  {
    name: 'format-newlines: other line ends of Unicode are data',
    input: 'data:a\u2028b\u2029c\u0085d\u000be\u000cf\n\n',
    events: ['a\u2028b\u2029c\u0085d\u000be\u000cf'],
  },
  {
    name: 'format-null-character: NUL is a character of the data',
    input: 'data:\0\n\n\n\n',
    events: ['\0'],
  },
  {
    name: 'format-utf-8: sequences of all lengths, in data, type and id',
    input: 'event:é\nid:漢\ndata:a é 漢 😀\n\n',
    events: [['é', 'a é 漢 😀']],
    lastEventIds: ['漢'],
  },
  {
    name: 'format-utf-8: what is no UTF-8 becomes U+FFFD, and takes no line end with it',
    input: Uint8Array.of(...utf8('data:a'), 0xe2, 0x82, 0x0a, ...utf8('data:b'), 0xff, 0x0a, 0x0a),
    events: ['a\uFFFD\nb\uFFFD'],
  },
  {
    name: 'format-utf-8: a BOM inside the stream is a character',
    input: 'data:\uFEFFx\nevent:\uFEFF\n\n',
    events: [['\uFEFF', '\uFEFFx']],
  },
  {
    name: 'event-data: blank lines alone dispatch nothing',
    input: '\n\n\r\n\r\rid:1\n\nevent:x\n\nretry:1\n\n: c\n\n',
    events: [],
  },
];

describe.each(CASES)('SseSplitter, $name', ({ input, events, lastEventIds, retries }) => {
  const bytes = typeof input === 'string' ? utf8(input) : input;
  const expected = events.map((event) =>
    typeof event === 'string'
      ? { type: 'message', data: event }
      : { type: event[0], data: event[1] },
  );

  it('dispatches what the standard says', () => {
    const heard = listen([bytes]);
    expect(eventsOf(heard)).toEqual(expected);
    const dispatched = heard.filter(({ what }) => what === 'event');
    if (lastEventIds) {
      expect(dispatched).toMatchObject(lastEventIds.map((lastEventId) => ({ lastEventId })));
    }
    if (retries) expect(dispatched).toMatchObject(retries.map((retryMs) => ({ retryMs })));
  });

  it('says the same cut at every position', () => {
    const whole = listen([bytes]);
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(listen(cutAt(bytes, [cut]))).toEqual(whole);
    }
    expect(listen([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(whole);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ResultListScanner } from '../../../src/protocol/jsonrpc/result-list-scanner.ts';
import { anyBytes, cuts } from './support/arbitraries.ts';
import { bytesOf, isRefused, jsonParseThrows, scan } from './support/recorder.ts';

const LISTS = new Map([
  ['tools', 'tools'],
  ['resourcetemplates', 'templates'],
]);

/** What the scanner says, with positions counted from the start of the input. */
function listen(
  input: string | Uint8Array,
  at: readonly number[] = [],
  maxElementBytes = 1000,
): unknown[] {
  const bytes = typeof input === 'string' ? bytesOf(input) : input;
  const heard: unknown[] = [];
  let offset = 0;
  const scanner = new ResultListScanner<string>(
    LISTS,
    {
      onElementStart: (index) => heard.push(['start', offset + index]),
      onElement: (list, from, start, end, members, index) => {
        const text = new TextDecoder().decode(from.subarray(start, end));
        heard.push([list, text, members, offset + index]);
      },
      onListEnd: (index) => heard.push(['end', offset + index]),
      onMethod: (method) => heard.push(['method', method]),
      onProblem: (reason) => heard.push(['problem', reason]),
    },
    maxElementBytes,
  );
  const edges = [
    0,
    ...at.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b),
    bytes.length,
  ];
  for (let i = 1; i < edges.length; i++) {
    const chunk = bytes.slice(edges[i - 1], edges[i]);
    scanner.write(chunk);
    offset += chunk.length;
    chunk.fill(0x21);
  }
  scanner.end();
  return heard;
}

describe('ResultListScanner', () => {
  it('says where each element begins and ends, and what it is', () => {
    expect(listen('{"result":{"tools":[ 1 ,{"a":[{}]}]}}')).toEqual([
      ['start', 21],
      ['tools', '1', 0, 22],
      ['start', 24],
      ['tools', '{"a":[{}]}', 1, 34],
      ['end', 34],
    ]);
  });

  it('counts the members of an element and of the objects in it, and none further down', () => {
    const elements = [
      '{}',
      '{"a":1,"a":2}',
      '{"a":{"b":1,"b":{"c":1}},"d":[{"e":1}],"f":{}}',
      '[{"a":1}]',
    ];
    const counts = listen(`{"result":{"tools":[${elements.join(',')}]}}`)
      .filter((call) => (call as unknown[])[0] === 'tools')
      .map((call) => (call as unknown[])[2]);
    expect(counts).toEqual([0, 2, 5, 0]);
  });

  it('looks into results of messages and of batches, and nowhere else', () => {
    const list = '{"tools":[1]}';
    expect(
      listen(
        `[{"result":${list}},[{"result":${list}}],{"x":{"result":${list}},"result":[${list}]}]`,
      ),
    ).toHaveLength(3);
  });

  it('hands out lists by name, whatever the spelling', () => {
    const names = ['resourceTemplates', 'RESOURCETEMPLATES', '\\u0072esourceTemplate\\u017f'];
    for (const name of names)
      expect(listen(`{"result":{"${name}":[1]}}`)).toContainEqual([
        'templates',
        '1',
        0,
        expect.any(Number),
      ]);
    const everyUnit = Array.from(
      'resourceTemplates',
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
    expect(listen(`{"result":{"${everyUnit.join('')}":[]}}`)).toHaveLength(1);
    expect(listen(`{"result":{"${'x'.repeat(10_000)}":[1]}}`)).toEqual([]);
  });

  it('reads a method that is a string, and forgets it for the next value', () => {
    expect(listen('{"method":"a\\u0062","x":"y"}')).toEqual([['method', 'ab']]);
    expect(listen('[{"method":"a"},{"method":1},{"method":["b"]},{"params":"c"}]')).toEqual([
      ['method', 'a'],
    ]);
    expect(listen(`{"method":"${'x'.repeat(300)}"}`)).toEqual([]);
    expect(listen('{"method":"a","result":{"b":"c","d":{"e":"f\\n"}}}')).toEqual([['method', 'a']]);
  });

  it('hands out no bytes of an element above the limit, in any split', () => {
    const input = '{"result":{"tools":["123456789","1234567890"]}}';
    for (const at of [[], [25], [35, 36, 37], Array.from(input, (_, i) => i)]) {
      const texts = listen(input, at, 11).filter((call) => (call as unknown[]).length === 4);
      expect(texts.map((call) => (call as unknown[])[1])).toEqual(['"123456789"', '']);
    }
  });

  it('begins anew after a reset, also amid an element', () => {
    const elements: string[] = [];
    const scanner = new ResultListScanner<string>(
      LISTS,
      {
        onElementStart: () => {},
        onElement: (_list, bytes, start, end) =>
          elements.push(new TextDecoder().decode(bytes.subarray(start, end))),
        onListEnd: () => {},
        onProblem: (reason) => elements.push(reason),
      },
      100,
    );
    for (const half of ['{"result":{"tools":["half', '[{"result":{"tools":[{"a":', '\u{feff}{]']) {
      scanner.write(bytesOf(half));
      scanner.reset();
    }
    scanner.write(bytesOf('{"result":{"tools":[1,"two"]}}'));
    scanner.end();
    expect(elements).toEqual(['malformed', '1', '"two"']);
  });

  it('makes the same calls for any split of any bytes', () => {
    fc.assert(
      fc.property(anyBytes, cuts, (bytes, at) => {
        expect(listen(bytes, at)).toEqual(listen(bytes));
      }),
      { numRuns: 1000 },
    );
  });

  it('has no problem with what JSON.parse reads, nor with what the envelope scanner reads', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const problems = listen(bytes).filter((call) => (call as unknown[])[0] === 'problem');
        const text = new TextDecoder().decode(bytes);
        if (text.includes('\ufffd') || !/^[\t\n\r ]*[[{]/.test(text)) return;
        expect(problems.length > 0).toBe(jsonParseThrows(bytes) || isRefused(scan(bytes)));
      }),
      { numRuns: 1000 },
    );
  });
});

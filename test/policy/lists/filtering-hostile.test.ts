import { describe, expect, it } from 'vitest';
import type { ListVisibility } from '../../../src/exchange/guard.ts';
import { MAX_HELD_BYTES } from '../../../src/policy/lists/list-filter.ts';
import {
  concat,
  EVENT_STREAM,
  event,
  everywhere,
  openRewriter,
  pass,
  SHOW_ALL,
  textOf,
  toolsResult,
  utf8,
} from './support.ts';

const SECRET = '{"name":"secret"}';
const SHOWN = '{"name":"a"}';

/** What is left of a body, whole and byte by byte. */
function left(body: string | Uint8Array): string {
  const passed = pass(body);
  expect(passed.refused).toBeNull();
  expect(pass(body, {}, everywhere(body)).text).toBe(passed.text);
  return passed.text;
}

function expectRefused(body: string | Uint8Array, reason = 'list_unreadable'): void {
  const cuts = body.length > 10_000 ? [body.length >> 1] : everywhere(body);
  for (const passed of [pass(body), pass(body, {}, cuts)]) {
    expect(passed.refused).toEqual({ policy: 'authorize', decision: 'deny', rule: null, reason });
    expect(passed.text).not.toContain('secret');
  }
}

describe('list filtering: which lists', () => {
  it('filters the four lists by the member that names their entries', () => {
    const lists = [
      ['tools', 'name'],
      ['prompts', 'name'],
      ['resources', 'uri'],
      ['resourceTemplates', 'uriTemplate'],
    ];
    for (const [member, identity] of lists) {
      const entry = (value: string): string => `{"x":[1],"${identity}":"${value}"}`;
      const body = `{"result":{"${member}":[${entry('secret')},${entry('a')}]}}`;
      expect(left(body)).toBe(`{"result":{"${member}":[${entry('a')}]}}`);
    }
  });

  it('filters every one of two members of the same name, at both levels', () => {
    const result = `"result":{"tools":[${SECRET}],"tools":[${SECRET},${SHOWN}]}`;
    expect(left(`{${result},${result}}`)).toBe(
      '{"result":{"tools":[],"tools":[{"name":"a"}]},"result":{"tools":[],"tools":[{"name":"a"}]}}',
    );
  });

  it('filters names that are spelled with escapes', () => {
    const body = `{"\\u0072esult":{"to\\u006fls":[${SECRET}],"\\u0074ools":[{"n\\u0061me":"s\\u0065cret"}]}}`;
    expect(left(body)).toBe('{"\\u0072esult":{"to\\u006fls":[],"\\u0074ools":[]}}');
  });

  it('filters names in another case, as lenient clients read them', () => {
    for (const [result, tools] of [
      ['Result', 'Tools'],
      ['RESULT', 'TOOLS'],
      ['re\u017fult', 'tool\u017f'],
    ]) {
      expect(left(`{"${result}":{"${tools}":[${SECRET}]}}`)).toBe(`{"${result}":{"${tools}":[]}}`);
    }
  });

  it('leaves arrays of these names elsewhere as they are', () => {
    const nested = `{"tools":[${SECRET}],"result":{"tools":[${SECRET}]}}`;
    const body = `{"params":${nested},"error":${nested},"tools":[${SECRET}],"result":{"_meta":${nested},"structuredContent":${nested},"content":[${nested}]},"x":[${nested}]}`;
    expect(left(body)).toBe(body);
  });

  it('leaves what is no array as it is', () => {
    for (const value of ['null', '{"0":{"name":"secret"}}', '"secret"', '1']) {
      const body = `{"result":{"tools":${value}}}`;
      expect(left(body)).toBe(body);
    }
    for (const body of ['{"result":[{"tools":1}]}', '{"result":null}', '[]', '[1,[2],"x"]', '{}']) {
      expect(left(body)).toBe(body);
    }
  });

  it('filters every message of a batch', () => {
    expect(left(`[${toolsResult(SECRET)},1,${toolsResult(SHOWN, SECRET)}]`)).toBe(
      `[${toolsResult()},1,${toolsResult(SHOWN)}]`,
    );
  });
});

describe('list filtering: which entries', () => {
  it('removes what cannot be judged', () => {
    const strange = [
      ...['1', '"a"', 'null', 'true', '[]', '[{"name":"a"}]', '{}', '{"title":"a"}'],
      ...['{"name":null}', '{"name":["a"]}', '{"Name":"a"}', '{"__proto__":{"name":"a"}}'],
    ];
    for (const entry of strange) {
      expect(left(toolsResult(entry)), entry).toBe(toolsResult());
      expect(left(toolsResult(SHOWN, entry, SHOWN)), entry).toBe(toolsResult(SHOWN, SHOWN));
    }
  });

  it('removes an entry with a member that is written twice, where two parsers see two tools', () => {
    for (const entry of [
      '{"name":"a","name":"b"}',
      '{"name":"a","name":"a"}',
      '{"name":"a","n\\u0061me":"secret"}',
      '{"name":"a","NAME":"secret"}',
      '{"name":"a","annotations":{},"annotations":{}}',
      '{"name":"a","annotations":{"readOnlyHint":true,"readOnlyHint":false}}',
      '{"name":"a","annotations":{"readOnlyHint":true,"r\\u0065adOnlyHint":false}}',
      '{"name":"a","__proto__":1,"__proto__":2}',
    ]) {
      expect(left(toolsResult(entry, SHOWN)), entry).toBe(toolsResult(SHOWN));
    }
  });

  it('keeps entries with names that objects have by themselves', () => {
    const entry =
      '{"__proto__":{"x":1},"constructor":{"y":[]},"name":"toString","hasOwnProperty":{}}';
    expect(left(toolsResult(entry))).toBe(toolsResult(entry));
  });

  it('removes an entry with ill-formed UTF-8, which parsers repair in different ways', () => {
    const body = concat([
      utf8('{"result":{"tools":[{"name":"s'),
      Uint8Array.of(0xff),
      utf8(`ecret"},${SHOWN}]}}`),
    ]);
    expect(left(body)).toBe(`{"result":{"tools":[${SHOWN}]}}`);
  });

  it('removes an entry that nobody could judge because judging failed', () => {
    const fails: ListVisibility = {
      mayList: () => {
        throw new Error('no');
      },
    };
    expect(pass(toolsResult(SHOWN), { visibility: fails }).text).toBe(toolsResult());
  });

  it('asks with the kind and the parsed entry', () => {
    const asked: unknown[] = [];
    const visibility: ListVisibility = {
      mayList: (_exchange, kind, entry) => asked.push([kind, entry]) > 0,
    };
    pass('{"result":{"resources":[{"uri":"x:\\u0061","n":1}],"prompts":[{"name":"p"}]}}', {
      visibility,
    });
    expect(asked).toEqual([
      ['resource', { uri: 'x:a', n: 1 }],
      ['prompt', { name: 'p' }],
    ]);
  });
});

describe('list filtering: bytes', () => {
  it('keeps whitespace, order, nextCursor, unknown members and large numbers', () => {
    const sent = `\ufeff {
      "result" : { "nextCursor":"eyJ", "ttlMs": 9007199254740993,
        "tools" : [
          { "name" : "a", "x": 1.0e+2 } ,
          { "name" : "secret" } ,
          { "name" : "b", "big": 9007199254740993 }
        ], "_meta": {"é": "\\u00e9"} },
      "id" : 9007199254740993 }
    `;
    expect(left(sent)).toBe(sent.replace(/ ,\s+\{ "name" : "secret" \}/, ''));
  });

  it('leaves no comma behind, whatever is removed', () => {
    const [a, b, s] = [SHOWN, '{"name":"b"}', SECRET];
    for (const entries of [
      [s, a],
      [a, s],
      [s, a, s],
      [a, s, b],
      [s, s, a, s, s, b, s, s],
      [s],
      [s, s],
    ]) {
      const visible = entries.filter((entry) => entry !== s);
      expect(left(toolsResult(...entries))).toBe(toolsResult(...visible));
    }
  });
});

describe('list filtering: what is refused', () => {
  it('refuses an answer that breaks off, and holds back the entry that it breaks off in', () => {
    const whole = toolsResult(SHOWN, SECRET);
    for (let length = 1; length < whole.length; length++) expectRefused(whole.slice(0, length));
  });

  it('refuses text that only lenient parsers read', () => {
    for (const body of [
      `{"result":{"tools":[${SECRET},]}}`,
      `{"result":{'tools':[${SECRET}]}}`,
      `{"result":{tools:[${SECRET}]}}`,
      `/**/{"result":{"tools":[${SECRET}]}}`,
      `{"result":/**/{"tools":[${SECRET}]}}`,
      `{"result":{"tools":[,${SECRET}]}}`,
      `{"x":NaN,"result":{"tools":[${SECRET}]}}`,
      `{"x":"\u0000","result":{"tools":[${SECRET}]}}`,
      `)]}'\n{"result":{"tools":[${SECRET}]}}`,
      `1 {"result":{"tools":[${SECRET}]}}`,
    ]) {
      expectRefused(body);
    }
  });

  it('refuses a second document in the body', () => {
    expectRefused(`{}\n${toolsResult(SECRET)}`);
    expectRefused(`{}{`);
    expectRefused(`[]${toolsResult(SECRET)}`);
  });

  it('refuses a member name of ill-formed UTF-8, which a careless parser might read as tools', () => {
    const tail = utf8(`ols":[${SECRET}]}}`);
    expectRefused(concat([utf8('{"result":{"to'), Uint8Array.of(0xff), tail]));
    expectRefused(
      concat([utf8('{"res'), Uint8Array.of(0xc3), utf8(`ult":{"tools":[${SECRET}]}}`)]),
    );
  });

  it('refuses text in UTF-16', () => {
    const units = Array.from(toolsResult(SECRET), (unit) => [unit.charCodeAt(0), 0]).flat();
    expectRefused(Uint8Array.from([0xff, 0xfe, ...units]));
    expectRefused(Uint8Array.from(units));
  });

  it('refuses nesting that is too deep to be read', () => {
    const deep = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;
    expect(left(toolsResult(`{"name":"a","x":${deep(100)}}`))).toContain('[[[');
    expectRefused(toolsResult(`{"name":"secret","x":${deep(200)}}`));
    expectRefused(`{"x":${deep(100_000)}}`);
  });

  it('lets text without a brace pass, for it holds no list', () => {
    for (const body of ['', ' \n', 'Accepted', 'null', '"text"', '\ufeff', '/message?s=[1]']) {
      expect(left(body)).toBe(body);
    }
  });

  it('refuses all that follows a refusal', () => {
    const rewriter = openRewriter();
    expect(() => rewriter?.write(utf8('{]'))).toThrow('not well-formed');
    expect(() => rewriter?.write(utf8('{}'))).toThrow('not well-formed');
    expect(() => rewriter?.end()).toThrow('not well-formed');
  });

  it('says nothing of the payload', () => {
    expect(() => openRewriter()?.write(utf8(`{"result":{"tools":[${SECRET}`.concat(']]')))).toThrow(
      /^Cannot filter the list of the upstream: its answer is not well-formed$/,
    );
  });
});

describe('list filtering: memory', () => {
  const entryOf = (bytes: number): string => {
    const frame = '{"name":"secret","x":""}'.length;
    return `{"name":"secret","x":"${'x'.repeat(bytes - frame)}"}`;
  };

  it('holds an entry up to the bound, and refuses one byte more, in any split', () => {
    expect(pass(toolsResult(entryOf(MAX_HELD_BYTES)), {}, [500_000]).text).toBe(toolsResult());
    expect(pass(toolsResult(entryOf(MAX_HELD_BYTES))).text).toBe(toolsResult());
    expectRefused(toolsResult(entryOf(MAX_HELD_BYTES + 1)), 'list_entry_too_large');
  });

  it('refuses an entry that never ends as soon as the bound is reached', () => {
    const rewriter = openRewriter();
    rewriter?.write(utf8('{"result":{"tools":[{"name":"'));
    const chunk = utf8('x'.repeat(64 * 1024));
    let sent = 0;
    expect(() => {
      for (; sent < 10 * MAX_HELD_BYTES; sent += chunk.length) rewriter?.write(chunk);
    }).toThrow('exceeds 1048576 bytes');
    expect(sent).toBeLessThanOrEqual(MAX_HELD_BYTES);
  });

  it('refuses a flood of whitespace between entries, and lets one pass elsewhere', () => {
    const flood = ' '.repeat(MAX_HELD_BYTES + 1);
    expectRefused(`{"result":{"tools":[${SHOWN},${flood}${SHOWN}]}}`, 'list_entry_too_large');
    const body = `${flood}{"result":{"tools":[${flood}${SHOWN}],"x":"${flood}"}}`;
    expect(pass(body, {}, [MAX_HELD_BYTES + 30]).text).toBe(body);
  });

  it('sends each entry as soon as it is judged, whatever the length of the list', () => {
    const rewriter = openRewriter();
    let sent = utf8('{"result":{"tools":[{"name":"a"}').length;
    let passed = rewriter?.write(utf8('{"result":{"tools":[{"name":"a"}')).length ?? 0;
    const chunk = utf8(`,${SHOWN}`);
    for (let i = 0; i < 5000; i++) {
      sent += chunk.length;
      passed += rewriter?.write(chunk).length ?? 0;
      expect(sent - passed).toBeLessThanOrEqual(chunk.length);
    }
  });

  it('removes a million worthless entries from one answer', () => {
    const body = `{"result":{"tools":[${'1,{},'.repeat(500_000)}${SHOWN}]}}`;
    expect(pass(body, {}, [1_000_000]).text).toBe(
      toolsResult(SHOWN).replace('"jsonrpc":"2.0","id":1,', ''),
    );
  });
});

describe('list filtering: event streams', () => {
  const passStream = (stream: string): string => {
    const passed = pass(stream, EVENT_STREAM);
    expect(passed.refused).toBeNull();
    expect(pass(stream, EVENT_STREAM, everywhere(stream)).text).toBe(passed.text);
    return passed.text;
  };

  it('removes an entry that is spread over lines, and leaves the lines', () => {
    const stream = [
      'event: message',
      'data: {"result":{"tools":[',
      'data:   {"name":',
      ': keep-alive',
      'id: 12',
      'data:     "secret"},',
      'data:   {"name":"a"}',
      'data: ]}}',
      '',
      '',
    ].join('\r\n');
    expect(passStream(stream)).toBe(
      stream
        .replace('{"name":', '')
        .replace('    "secret"},', '')
        .replace('data:   {"name":"a"}', 'data: {"name":"a"}'),
    );
  });

  it('filters the data of any type of event, before and after the type is told', () => {
    const stream = `event: other\n${event(toolsResult(SECRET))}data: ${toolsResult(SECRET)}\nevent: x\n\n`;
    expect(passStream(stream)).toBe(stream.replaceAll(SECRET, ''));
  });

  it('filters event after event, and an event that the stream ends in', () => {
    const stream = `${event(toolsResult(SECRET))}${event('{"method":"x"}')}data:${toolsResult(SHOWN, SECRET)}`;
    expect(passStream(stream)).toBe(stream.replaceAll(`,${SECRET}`, '').replaceAll(SECRET, ''));
  });

  it('takes no line for data that is none', () => {
    const text = toolsResult(SECRET);
    const stream = `: data: ${text}\nDATA: ${text}\n data: ${text}\ndatax: ${text}\nid: ${text}\n\n`;
    expect(passStream(stream)).toBe(stream);
  });

  it('lets events without JSON pass: endpoint, priming, empty data', () => {
    const stream =
      'event: endpoint\ndata: /message?sessionId=1\n\nid: 1\ndata:\n\ndata\ndata\n\n: ping\n\n';
    expect(passStream(stream)).toBe(stream);
  });

  it('refuses an event of more than one document, and one that is broken off by its blank line', () => {
    for (const stream of [
      `data: {}\ndata: ${toolsResult(SECRET)}\n\n`,
      `data: {"result":{"tools":[${SECRET}\n\ndata: ]}}\n\n`,
      `data: endpoint\ndata: ${toolsResult(SECRET)}\n\n`,
    ]) {
      for (const cuts of [[], everywhere(stream)]) {
        const passed = pass(stream, EVENT_STREAM, cuts);
        expect(passed.refused?.reason).toBe('list_unreadable');
        expect(passed.text).not.toContain('secret"}');
      }
    }
  });

  it('refuses a line feed inside a string, where lines of data are joined', () => {
    const stream = 'data: {"result":{"tools":[{"name":"sec\ndata: ret"}]}}\n\n';
    expect(pass(stream, EVENT_STREAM).refused?.reason).toBe('list_unreadable');
  });

  it('ends a number at the end of its line', () => {
    const stream = 'data: {"result":{"tools":[1\ndata:2]}}\n\n';
    expect(pass(stream, EVENT_STREAM).refused?.reason).toBe('list_unreadable');
    const separated = 'data: {"result":{"tools":[1\ndata: , {"name":"a"} , 2\ndata\ndata:]}}\n\n';
    expect(passStream(separated)).toBe(
      'data: {"result":{"tools":[\ndata: {"name":"a"}\ndata\ndata:]}}\n\n',
    );
  });

  it('refuses an entry that is spread over more framing than may be held', () => {
    const rewriter = openRewriter(EVENT_STREAM);
    rewriter?.write(utf8('data: {"result":{"tools":[{"name":\n'));
    const comment = utf8(`:${'x'.repeat(64 * 1024)}\n`);
    expect(() => {
      for (let sent = 0; sent < 2 * MAX_HELD_BYTES; sent += comment.length)
        rewriter?.write(comment);
    }).toThrow('exceeds');
  });

  it('passes an event far larger than the bound, entry by entry', () => {
    const entries = Array.from(
      { length: 30_000 },
      (_, i) => `{"name":"${i % 3 === 0 ? 'secret' : 'a'}${'x'.repeat(100)}"}`,
    );
    const stream = event(toolsResult(...entries));
    const passed = pass(
      stream,
      { ...EVENT_STREAM, visibility: SHOW_ALL },
      [1000, 70_000, 2_000_000],
    );
    expect(passed.text === stream).toBe(true);
    const visible = entries.filter((entry) => !entry.includes('secret'));
    expect(pass(stream, EVENT_STREAM).text === event(toolsResult(...visible))).toBe(true);
  });

  it('holds nothing back between events', () => {
    const rewriter = openRewriter(EVENT_STREAM);
    const stream = event(toolsResult(SHOWN), 'id: 1\n');
    expect(textOf(rewriter?.write(utf8(stream)) ?? utf8(''))).toBe(stream);
    expect(textOf(rewriter?.write(utf8(':\n')) ?? utf8(''))).toBe(':\n');
  });
});

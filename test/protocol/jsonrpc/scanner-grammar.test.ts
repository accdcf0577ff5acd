import { describe, expect, it } from 'vitest';
import { EnvelopeScanner } from '../../../src/protocol/jsonrpc/scanner.ts';
import { bytesOf, isRefused, jsonParseThrows, only, Recorder, scan } from './support/recorder.ts';

const MESSAGE = '{"id":1,"method":"a"}';

/** The bytes that, put at `at`, the scanner judges otherwise than JSON.parse. */
function disagreements(body: string, at: number): number[] {
  const bytes = bytesOf(body);
  return Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => {
    bytes[at] = byte;
    return isRefused(scan(bytes)) !== jsonParseThrows(bytes);
  });
}

describe('EnvelopeScanner: grammar', () => {
  it.each([
    ['', 'truncated@0'],
    [' \n\t\r ', 'truncated@5'],
    ['\ufeff', 'truncated@3'],
    ['{', 'truncated@1'],
    ['[', 'truncated@1'],
    ['{"id":1', 'truncated@7'],
    ['{"id":1.', 'truncated@8'],
    ['-', 'truncated@1'],
    ['tru', 'truncated@3'],
    ['"abc', 'truncated@4'],
    ['"\\', 'truncated@2'],
    ['"\\u00', 'truncated@5'],
    [`${MESSAGE}${MESSAGE}`, 'malformed@21'],
    [`${MESSAGE}\n${MESSAGE}`, 'malformed@22'],
    [`${MESSAGE},`, 'malformed@21'],
    [`${MESSAGE}\0`, 'malformed@21'],
    ['\0', 'malformed@0'],
    ['\u00a0{}', 'malformed@0'],
    [' \ufeff{}', 'malformed@1'],
    ['\ufeff\ufeff{}', 'malformed@3'],
    ['{}\ufeff', 'malformed@2'],
    ['{"a":1,}', 'malformed@7'],
    ['{,"a":1}', 'malformed@1'],
    ['{"a" 1}', 'malformed@5'],
    ['{"a":}', 'malformed@5'],
    ['{"a":1 "b":2}', 'malformed@7'],
    ['{a:1}', 'malformed@1'],
    ["{'a':1}", 'malformed@1'],
    ['{"a":1]', 'malformed@6'],
    ['{"a":[1}', 'malformed@7'],
    ['[{},]', 'malformed@4'],
    ['[,1]', 'malformed@1'],
    ['[{} {}]', 'malformed@4'],
    ['{"a":[1,]}', 'malformed@8'],
    ['{"a":{"b":1,}}', 'malformed@12'],
    ['{"a":[{"b":1,}]}', 'malformed@13'],
    ['[1', 'truncated@2'],
    ['{"a":01}', 'malformed@6'],
    ['{"a":-}', 'malformed@6'],
    ['{"a":+1}', 'malformed@5'],
    ['{"a":.5}', 'malformed@5'],
    ['{"a":1.}', 'malformed@7'],
    ['{"a":1.e1}', 'malformed@7'],
    ['{"a":1e}', 'malformed@7'],
    ['{"a":1e+}', 'malformed@8'],
    ['{"a":1e1.5}', 'malformed@8'],
    ['{"a":0x1}', 'malformed@6'],
    ['{"a":NaN}', 'malformed@5'],
    ['{"a":nul}', 'malformed@8'],
    ['{"a":truE}', 'malformed@8'],
    ['{"a":falsey}', 'malformed@10'],
    ['{"a":"\t"}', 'malformed@6'],
    ['{"a":"\\x41"}', 'malformed@7'],
    ['{"a":"\\u00g0"}', 'malformed@10'],
    ['{"a":"\\u+041"}', 'malformed@8'],
    ['{"a\n":1}', 'malformed@3'],
    ['{"a":1}}', 'malformed@7'],
    ['// comment\n{}', 'malformed@0'],
  ])('refuses %j as %s', (body, problem) => {
    const bytes = bytesOf(body);
    expect(jsonParseThrows(bytes)).toBe(true);
    expect(scan(bytes).remarks).toEqual([problem]);
  });

  it.each([
    `\ufeff${MESSAGE}`,
    `\ufeff\r\n\t ${MESSAGE} \n`,
    '{"a":[[],{},[{}],{"b":[]}]}',
    '{"a":[0,-0,0.0,1e1,1E+1,1e-1,10,-12.5e3]}',
    '{"a":[true,false,null,""," "]}',
    '{"a":"\u2028\u2029\u007f\u0080"}',
    '{"a":"\\u0000\\uD800\\uDBFF\\ufFfF"}',
    '{"":{"":""}}',
    '{ "a" : [ 1 , 2 ] , "b" : { } }',
  ])('accepts %j', (body) => {
    expect(() => JSON.parse(body.replace(/^\ufeff/, ''))).not.toThrow();
    expect(scan(body).remarks).toEqual([]);
    expect(scan(body).messages).toHaveLength(1);
  });

  it('takes a byte order mark at offset 0 for nothing, and counts its bytes', () => {
    expect(only(`\ufeff${MESSAGE}`)).toMatchObject({ start: 3, end: 24 });
  });

  it('refuses half a byte order mark', () => {
    expect(scan(Uint8Array.of(0xef, 0xbb)).remarks).toEqual(['truncated@2']);
    expect(scan(Uint8Array.of(0xef, 0x7b, 0x7d)).remarks).toEqual(['malformed@1']);
  });

  it('agrees with JSON.parse on every byte in every kind of place', () => {
    const places = ['?{}', '{?}', '{"a?":1}', '{"a"?:1}', '{"a":?}', '{"a":1?}', '{}?', '[1?2]'];
    const more = ['{"a":"\\?"}', '{"a":"\\u00?0"}', '{"a":-?}', '{"a":0?}', '{"a":1.?}', '[1e?]'];
    for (const place of [...places, ...more]) {
      expect(disagreements(place, place.indexOf('?'))).toEqual([]);
    }
  });

  it('agrees with JSON.parse on every byte at every place of a long string', () => {
    const text = 'plain text '.repeat(60);
    for (let at = 300; at < 317; at++) {
      expect(disagreements(`{"x":["${text}"]}`, at)).toEqual([]);
      expect(disagreements(`{"x":{"${text}":1}}`, at)).toEqual([]);
    }
  });

  it('ignores what is written after end(), until reset()', () => {
    const recorder = new Recorder();
    const scanner = new EnvelopeScanner(recorder);
    const write = (): void => scanner.write(bytesOf(MESSAGE));
    write();
    scanner.end();
    write();
    scanner.end();
    expect(recorder.calls.map(({ type }) => type)).toEqual(['decidable', 'message']);
    scanner.reset();
    write();
    scanner.end();
    expect(recorder.messages).toHaveLength(2);
  });
});

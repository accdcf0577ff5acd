import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeHeaderValue,
  encodeHeaderValue,
  isSentinel,
} from '../../../src/protocol/mcp/sentinel.ts';

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '',
    ' ',
    'a b',
    ' a',
    'a ',
    '\ta',
    'a\n',
    '=?base64?',
    '?=',
    '=?base64?=',
    '\uFEFF',
  ),
  fc.string().map((inner) => `=?base64?${inner}?=`),
);

describe('decodeHeaderValue', () => {
  it.each([
    ['get_weather', 'get_weather'],
    ['', ''],
    ['file:///a b.txt', 'file:///a b.txt'],
    // One marker missing, or not spelled exactly: a literal
    ['=?base64?SGk=', '=?base64?SGk='],
    ['=?base64?', '=?base64?'],
    ['SGk=?=', 'SGk=?='],
    ['=?BASE64?SGk=?=', '=?BASE64?SGk=?='],
    ['=?Base64?SGk=?=', '=?Base64?SGk=?='],
    ['=?utf-8?B?SGk=?=', '=?utf-8?B?SGk=?='],
    [' =?base64?SGk=?=', ' =?base64?SGk=?='],
    ['x=?base64?SGk=?=', 'x=?base64?SGk=?='],
    ['=?base64?SGk=?=, =?base64?SGk=', '=?base64?SGk=?=, =?base64?SGk='],
  ])('takes %j for the literal %j', (value, literal) => {
    expect(decodeHeaderValue(value)).toEqual({ kind: 'literal', value: literal });
  });

  it.each([
    ['=?base64?SGk=?=', 'Hi'],
    ['=?base64??=', ''],
    ['=?base64?5pel5pys6Kqe?=', '日本語'],
    ['=?base64?8J+YgA==?=', '😀'],
    ['=?base64?IHBhZGRlZCA=?=', ' padded '],
    ['=?base64?bGluZQpicmVhaw==?=', 'line\nbreak'],
    ['=?base64?77u/eA==?=', '\uFEFFx'],
    ['=?base64?PT9iYXNlNjQ/U0drPT89?=', '=?base64?SGk=?='],
  ])('decodes %j to %j', (value, decoded) => {
    expect(decodeHeaderValue(value)).toEqual({ kind: 'decoded', value: decoded });
  });

  it.each([
    '=?base64?=',
    '=?base64?SGk?=',
    '=?base64?SGk==?=',
    '=?base64?=SGk?=',
    '=?base64?S?=',
    '=?base64?SG k=?=',
    '=?base64? SGk=?=',
    '=?base64?SGk=\t?=',
    '=?base64?5pel5pys6Kqe??=',
    '=?base64?-_8=?=',
    '=?base64?SGk=?=, =?base64?SGk=?=',
    '=?base64?日本?=',
    // Base64 of bytes that are no UTF-8: a stray byte, half a sequence, a surrogate, an overlong NUL
    '=?base64?/w==?=',
    '=?base64?5pel5g==?=',
    '=?base64?7aCA?=',
    '=?base64?wIA=?=',
    // Other spellings of `Hi` and `H`: what base64 leaves over of the last character is not zero
    '=?base64?SGl=?=',
    '=?base64?SB==?=',
  ])('finds %j invalid', (value) => {
    expect(decodeHeaderValue(value)).toEqual({ kind: 'invalid' });
  });

  it('takes any text without throwing, and leaves what bears no markers as it is', () => {
    fc.assert(
      fc.property(text, (value) => {
        const decoded = decodeHeaderValue(value);
        expect(decoded.kind === 'literal').toBe(!isSentinel(value));
        if (decoded.kind === 'literal') expect(decoded.value).toBe(value);
      }),
    );
  });
});

describe('encodeHeaderValue', () => {
  it.each([
    ['get_weather', 'get_weather'],
    ['a b', 'a b'],
    ['', ''],
    ['日本語', '=?base64?5pel5pys6Kqe?='],
    [' padded ', '=?base64?IHBhZGRlZCA=?='],
    ['tab\tinside', '=?base64?dGFiCWluc2lkZQ==?='],
    ['line\nbreak', '=?base64?bGluZQpicmVhaw==?='],
    ['=?base64?SGk=?=', '=?base64?PT9iYXNlNjQ/U0drPT89?='],
    ['=?base64?', '=?base64?'],
    ['\x7f', '=?base64?fw==?='],
  ])('writes %j as %j', (value, encoded) => {
    expect(encodeHeaderValue(value)).toBe(encoded);
  });

  it('comes back from decodeHeaderValue, and is safe inside a field value', () => {
    fc.assert(
      fc.property(
        text.filter((value) => value.isWellFormed()),
        (value) => {
          const encoded = encodeHeaderValue(value);
          expect(encoded).toMatch(/^(?:[!-~](?:[ -~]*[!-~])?)?$/);
          expect(decodeHeaderValue(encoded)).toMatchObject({ value });
        },
      ),
      { numRuns: 500 },
    );
  });

  it('encodes only what has to be', () => {
    fc.assert(
      fc.property(text, (value) => {
        fc.pre(value.isWellFormed());
        const isPlain =
          /^[ -~]*$/.test(value) &&
          value.trim() === value &&
          !/^=\?base64\?(?:.*\?)?=$/.test(value);
        expect(encodeHeaderValue(value) === value).toBe(isPlain);
      }),
    );
  });

  it('refuses a lone surrogate with a TypeError', () => {
    expect(() => encodeHeaderValue('a\ud800')).toThrow(TypeError);
  });
});

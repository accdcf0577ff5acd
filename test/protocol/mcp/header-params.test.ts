import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findParamMismatch, readHeaderParams } from '../../../src/protocol/mcp/header-params.ts';
import { encodeHeaderValue } from '../../../src/protocol/mcp/sentinel.ts';

const annotated = (name: unknown, type: unknown = 'string') => ({ type, 'x-mcp-header': name });

describe('readHeaderParams', () => {
  it('finds the declared arguments at any depth of properties', () => {
    const schema = {
      properties: {
        region: annotated('Region'),
        at: { properties: { zone: annotated('X-Zone', 'integer'), n: annotated('n', 'number') } },
        dry: annotated('dry', 'boolean'),
        other: { type: 'string' },
      },
    };
    expect(readHeaderParams(schema)).toEqual([
      { header: 'mcp-param-region', path: ['region'], numeric: false },
      { header: 'mcp-param-x-zone', path: ['at', 'zone'], numeric: true },
      { header: 'mcp-param-n', path: ['at', 'n'], numeric: true },
      { header: 'mcp-param-dry', path: ['dry'], numeric: false },
    ]);
  });

  it.each([undefined, null, true, 5, 'x', [], {}, { properties: 7 }])(
    'finds none in %j',
    (schema) => {
      expect(readHeaderParams(schema)).toEqual([]);
    },
  );

  it.each([
    ['no text', { properties: { a: annotated(5) } }],
    ['empty', { properties: { a: annotated('') } }],
    ['a space', { properties: { a: annotated('a b') } }],
    ['a line break', { properties: { a: annotated('a\r\nX: y') } }],
    ['a colon', { properties: { a: annotated('a:') } }],
    ['no ASCII', { properties: { a: annotated('größe') } }],
    ['the same name in another case', { properties: { a: annotated('N'), b: annotated('n') } }],
    ['no primitive type', { properties: { a: annotated('a', 'object') } }],
    ['several types', { properties: { a: annotated('a', ['string', 'null']) } }],
    ['no type', { properties: { a: { 'x-mcp-header': 'a' } } }],
    ['the root', annotated('a')],
    ['under items', { properties: { a: { items: annotated('a') } } }],
    ['under anyOf', { anyOf: [{ properties: { a: annotated('a') } }] }],
    ['under $defs', { $defs: { d: { properties: { a: annotated('a') } } } }],
    ['under additionalProperties', { additionalProperties: annotated('a') }],
  ])('takes a declaration that breaks a rule for none at all: %s', (_what, schema) => {
    expect(readHeaderParams(schema)).toBeNull();
  });

  it('does not take data for a declaration', () => {
    expect(readHeaderParams({ properties: { a: { const: annotated('A') } } })).toEqual([]);
  });

  it('gives up on a schema that is too deep or too large to be sure', () => {
    let deep: unknown = {};
    for (let i = 0; i < 100; i++) deep = { properties: { a: deep } };
    expect(readHeaderParams(deep)).toBeNull();
    expect(readHeaderParams({ anyOf: Array(20_000).fill({}) })).toBeNull();
  });

  it('survives members that are called like those of every object', () => {
    const schema = JSON.parse(
      '{"properties":{"__proto__":{"type":"string","x-mcp-header":"P"},"constructor":{}}}',
    ) as unknown;
    expect(readHeaderParams(schema)).toEqual([
      { header: 'mcp-param-p', path: ['__proto__'], numeric: false },
    ]);
  });
});

describe('findParamMismatch', () => {
  const text = { header: 'mcp-param-a', path: ['a'], numeric: false };
  const integer = { ...text, numeric: true };
  const compare = (a: unknown, sent: string, param = integer) =>
    findParamMismatch(param, { a }, [sent]);

  it.each([
    [42, '42', null],
    [42, '42.0', null],
    [42, '42.000', null],
    [42, ' 42 ', null],
    [-1, '-1', null],
    [0, '0', null],
    [0, '-0', null],
    [-0, '0', null],
    [1e2, '100', null],
    [1.5, '1.5', null],
    [9007199254740991, '9007199254740991', null],
    // Other spellings, which readers differ over
    [42, '042', 'param_header_mismatch'],
    [42, '+42', 'param_header_mismatch'],
    [42, '4.2e1', 'param_header_mismatch'],
    [100, '1e2', 'param_header_mismatch'],
    [42, '0x2a', 'param_header_mismatch'],
    [42, '42.', 'param_header_mismatch'],
    [42, '42,0', 'param_header_mismatch'],
    [42, '٤٢', 'param_header_mismatch'],
    [0, '', 'param_header_mismatch'],
    [1, 'true', 'param_header_mismatch'],
    [true, '1', 'param_header_mismatch'],
    // Rounded on one side or the other
    [42, '42.00000000000000000000001', 'param_header_mismatch'],
    [9007199254740992, '9007199254740993', 'param_header_mismatch'],
    [9007199254740992, '9007199254740992', 'param_header_mismatch'],
    [1.5, '1.50000000000000000000001', 'param_header_mismatch'],
    [Number.POSITIVE_INFINITY, 'Infinity', 'param_header_mismatch'],
  ])('%d and %j: %s', (argument, sent, mismatch) => {
    expect(compare(argument, sent)).toBe(mismatch);
  });

  it('compares texts exactly, whatever they look like', () => {
    expect(compare('42', '42.0')).toBe('param_header_mismatch');
    expect(compare('42', '42')).toBeNull();
    expect(compare(42, '42.0', text)).toBe('param_header_mismatch');
  });

  it('looks for own members only', () => {
    const param = { ...text, path: ['constructor', 'name'] };
    expect(findParamMismatch(param, {}, [])).toBeNull();
    expect(findParamMismatch(param, {}, ['Object'])).toBe('param_header_unexpected');
  });

  it('takes a field sent twice for none, even with equal values', () => {
    expect(findParamMismatch(text, { a: 'x' }, ['x', 'x'])).toBe('param_header_repeated');
    expect(findParamMismatch(text, { a: 'x, y' }, ['x', 'y'])).toBe('param_header_repeated');
  });

  it('agrees with any text that was encoded for the header, and with no other', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.string({ unit: 'grapheme' }),
        (one, other) => {
          expect(compare(one, encodeHeaderValue(one), text)).toBeNull();
          expect(compare(one, encodeHeaderValue(other), text)).toBe(
            one === other ? null : 'param_header_mismatch',
          );
        },
      ),
      { numRuns: 200 },
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RenderRequest, ValueRenderer } from '../../src/redact/value-renderer.ts';

const encoder = new TextEncoder();

const REQUEST: RenderRequest = {
  detail: 'masked',
  maxBytes: 2_048,
  position: null,
  without: '_meta',
};

function found(text: string, request: Partial<RenderRequest> = {}) {
  return new ValueRenderer().renderVerbatim(encoder.encode(text), 'params', {
    ...REQUEST,
    ...request,
  });
}

/** What the renderer makes of the same member, parsed. */
function rendered(text: string, request: Partial<RenderRequest> = {}) {
  const { params } = JSON.parse(text) as { params?: unknown };
  if (params === undefined) return undefined;
  return new ValueRenderer().render(params, { ...REQUEST, ...request });
}

/** Names and strings that stand on either side of every line this module draws. */
const key = fc.oneof(
  fc.constantFrom('name', 'arguments', '_meta', 'value', 'key', 'password', 'api key', '0', '12'),
  fc.constantFrom('__proto__', 'token=x', 'constructor', '', 'a'.repeat(130), 'é', 'a"b', '-1'),
  fc.string({ maxLength: 4 }),
);
const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.constantFrom('password=hunter2', 'Bearer abcdefgh12', 'https://u:p@h/', 'sk-abcdefghijkl'),
  fc.constantFrom('a: b', 'a\\b', 'x'.repeat(1_025), '\u007f', 'eyJabcdefghijk', 'basic facts'),
);
const number = fc.oneof(
  fc.integer(),
  fc.double({ noDefaultInfinity: true, noNaN: true }),
  fc.constantFrom(-0, 0, 0.5, -0.25, 1e21, 1e-7, 123456789, 1234567890, 0.000001, 0.1234567),
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(text, number, fc.boolean(), fc.constant(null)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4 }),
  ),
}));

/** Raw spellings of numbers, good and bad. */
const spelling = fc
  .tuple(
    fc.constantFrom('', '-', '+'),
    fc.constantFrom('0', '1', '10', '01', '123456789', '9999999999', ''),
    fc.constantFrom('', '.', '.0', '.5', '.50', '.000001', '.1234567'),
    fc.constantFrom('', 'e0', 'E+2', 'e-9'),
  )
  .map((parts) => parts.join(''));

function parses(json: string): boolean {
  try {
    JSON.parse(json);
    return true;
  } catch {
    return false;
  }
}

describe('ValueRenderer.renderVerbatim', () => {
  it('finds what the renderer would have written, or leaves it to the renderer', () => {
    let count = 0;
    fc.assert(
      fc.property(
        value,
        fc.constantFrom(undefined, ' ', '\n'),
        fc.integer({ min: 448, max: 2_000 }),
        (params, space, maxBytes) => {
          const json = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'm', params }, null, space);
          const verbatim = found(json, { maxBytes });
          if (verbatim === null) return;
          count++;
          expect(verbatim).toEqual(rendered(json, { maxBytes }));
        },
      ),
      { numRuns: 3_000 },
    );
    expect(count).toBeGreaterThan(300);
  });

  it('finds the same where members, brackets and commas are scattered at random', () => {
    const token = fc.oneof(
      fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '"params"', '"_meta"', '"a"', '"b"', '""'),
      fc.constantFrom('"params":{', '"a":1', '"_meta":{"x":1}', ',"b":[', 'true', 'nul', ' '),
      spelling,
    );
    fc.assert(
      fc.property(fc.array(token, { maxLength: 12 }), (tokens) => {
        for (const json of [tokens.join(''), `{"params":${tokens.join('')}}`]) {
          const verbatim = found(json);
          if (verbatim === null) continue;
          expect(verbatim).toEqual(rendered(json));
        }
      }),
      { numRuns: 5_000 },
    );
  });

  it('takes a number as it is written only where JSON.stringify would write it so', () => {
    fc.assert(
      fc.property(spelling, (number) => {
        const json = `{"params":[${number}]}`;
        const verbatim = found(json);
        if (verbatim === null) return;
        expect(parses(json)).toBe(true);
        expect(verbatim).toEqual(rendered(json));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['{"name":"search","arguments":{"query":"weir","limit":10,"exact":false,"near":null}}'],
    ['{"uri":"file"}'],
    ['{"a":[1,-2,0.5,[],{}]}'],
    ['[]'],
    ['7'],
    ['"text"'],
  ])('leaves %s as it stands', (params) => {
    const json = `{"jsonrpc":"2.0","id":"x","method":"m","params":${params}}`;
    expect(found(json)).toEqual({ text: params, bytes: params.length, truncated: false });
  });

  it.each([
    ['{"_meta":{"a":{"password":"x"}},"name":"n"}', '{"name":"n"}'],
    ['{"name":"n","_meta":{"a":1}}', '{"name":"n"}'],
    ['{"name":"n","_meta":1,"arguments":{}}', '{"name":"n","arguments":{}}'],
    ['{"_meta":[]}', '{}'],
  ])('leaves _meta out of %s', (params, shown) => {
    const json = `{"params":${params}}`;
    expect(found(json)?.text).toBe(shown);
    expect(rendered(json)?.text).toBe(shown);
  });

  it('tells that there is no such member', () => {
    expect(found('{"jsonrpc":"2.0","method":"ping"}')).toBeUndefined();
  });

  it.each([
    ['a secret name', '{"params":{"password":"x"}}'],
    ['a secret in a value', '{"params":{"a":"password=x"}}'],
    ['a secret in a name', '{"params":{"token=x":1}}'],
    ['a pair of name and value', '{"params":{"name":"DB_PASSWORD","value":"x"}}'],
    ['a member given twice', '{"params":{"a":1,"a":2}}'],
    ['the member itself given twice', '{"params":{"a":1},"params":{"b":1}}'],
    ['a member that looks like an index', '{"params":{"b":1,"0":1}}'],
    ['an escape', '{"params":{"a":"\\u0070assword=x"}}'],
    ['an escape in a name', '{"params":{"\\u0070assword":"x"}}'],
    ['characters beyond ASCII', '{"params":{"a":"é"}}'],
    ['white space', '{"params": {"a":1}}'],
    ['something behind it', '{"params":{"a":1}}x'],
    ['something that is no JSON', '{"params":{"a":1},"b":nul}'],
  ])('leaves %s to the renderer', (_, json) => {
    expect(found(json)).toBeNull();
  });

  it.each([
    ['too deep', `{"params":${'['.repeat(13)}${']'.repeat(13)}}`],
    ['too many elements', `{"params":[${Array(2_001).fill('1').join(',')}]}`],
    ['too long', `{"params":{"a":"${'x'.repeat(2_000)}"}}`],
  ])('leaves what is %s to the renderer', (_, json) => {
    expect(found(json, { maxBytes: 10_000 })).toBeNull();
  });

  it('leaves other details, and values on a path, to the renderer', () => {
    const json = '{"params":{"a":1}}';
    expect(found(json, { detail: 'keys' })).toBeNull();
    expect(found(json, { detail: 'full' })).toBeNull();
    expect(found(json, { position: [] })).toBeNull();
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMaskPath } from '../../src/config/policy/audit-mask-path.ts';
import { MaskPaths } from '../../src/redact/mask-path.ts';
import { utf8Length } from '../../src/redact/safe-text.ts';
import { SecretNames } from '../../src/redact/secret-names.ts';
import {
  type RenderRequest,
  ValueRenderer,
  type ValueRendererOptions,
} from '../../src/redact/value-renderer.ts';

function render(
  value: unknown,
  request: Partial<RenderRequest> = {},
  options: ValueRendererOptions = {},
) {
  return new ValueRenderer(options).render(value, {
    detail: 'masked',
    maxBytes: 4096,
    position: null,
    ...request,
  });
}

/** Renders with paths, from the root. */
function masked(value: unknown, ...paths: string[]): unknown {
  const maskPaths = new MaskPaths(paths.map(parseMaskPath));
  return JSON.parse(render(value, { position: maskPaths.root }, { paths: maskPaths }).text);
}

describe('ValueRenderer', () => {
  it('writes what JSON.stringify writes where there is nothing to hide', () => {
    const value = fc.jsonValue({ maxDepth: 4 });
    fc.assert(
      fc.property(value, (json) => {
        const { text, truncated } = render(json, { detail: 'full', maxBytes: 65_536 });
        if (!truncated) expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(json)));
      }),
      { numRuns: 200 },
    );
  });

  it('is JSON within its bounds, whatever the value and the detail', () => {
    const details = fc.constantFrom('keys' as const, 'masked' as const, 'full' as const);
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 20, stringUnit: 'binary' }),
        details,
        fc.integer({ min: 448, max: 2_000 }),
        (json, detail, maxBytes) => {
          const { text, bytes } = render(json, { detail, maxBytes });
          JSON.parse(text);
          expect(bytes).toBe(utf8Length(text));
          expect(bytes).toBeLessThanOrEqual(maxBytes);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('hides everything below a secret name', () => {
    expect(JSON.parse(render({ a: { password: { x: [1] }, b: 2 } }).text)).toEqual({
      a: { password: '***', b: 2 },
    });
  });

  it('hides the value of a pair whose name is secret', () => {
    const env = [
      { name: 'DB_PASSWORD', value: 'x' },
      { key: 'HOME', value: '/root' },
    ];
    expect(JSON.parse(render(env).text)).toEqual([
      { name: 'DB_PASSWORD', value: '***' },
      { key: 'HOME', value: '/root' },
    ]);
  });

  it('hides secrets in values and in names of members', () => {
    const { text } = render({
      note: 'use token=abc',
      url: 'https://u:p@h/?api_key=k&x=1',
      ghp_0123456789abcdefghij: true,
    });
    expect(text).toBe('{"note":"use token=***","url":"https://***@h/?api_key=***&x=1","***":true}');
  });

  it('hides nothing in full', () => {
    expect(render({ password: 'x', n: 'token=abc' }, { detail: 'full' }).text).toBe(
      '{"password":"x","n":"token=abc"}',
    );
  });

  it('shows names and types as keys', () => {
    const value = { a: 'x', b: [1, null, true], password: { c: 2 } };
    expect(render(value, { detail: 'keys' }).text).toBe(
      '{"a":"string","b":["number","null","boolean"],"password":{"c":"number"}}',
    );
  });

  it('leaves out the member it is told to, at the top alone', () => {
    const { text, truncated } = render({ _meta: 1, a: { _meta: 2 } }, { without: '_meta' });
    expect(text).toBe('{"a":{"_meta":2}}');
    expect(truncated).toBe(false);
  });

  it('treats __proto__ as a name like any other', () => {
    const value = JSON.parse('{"__proto__":{"password":"x","a":1},"constructor":2}');
    expect(render(value).text).toBe('{"__proto__":{"password":"***","a":1},"constructor":2}');
    expect(({} as Record<string, unknown>).a).toBeUndefined();
  });

  it('counts what it leaves out of an object, an array and a string', () => {
    const limits = { maxDepth: 3, maxNodes: 4, maxStringChars: 3 };
    expect(render({ a: 1, b: 2, c: 3, d: 4, e: 5, f: 6 }, {}, { limits }).text).toBe(
      '{"a":1,"b":2,"c":3,"d":4,"…":"2 more"}',
    );
    expect(render([1, 2, 3, 4, 5, 6], {}, { limits }).text).toBe('[1,2,3,4,"…2 more"]');
    expect(render('abcdef', {}, { limits }).text).toBe('"abc…(3 more)"');
    expect(render([[[[1]]]], {}, { limits }).text).toBe('[[["…too deep"]]]');
  });

  it('says so when it left something out', () => {
    const limits = { maxDepth: 2, maxNodes: 3, maxStringChars: 3 };
    expect(render('abc', {}, { limits }).truncated).toBe(false);
    for (const value of ['abcd', [1, 2, 3, 4], [[[1]]], { abcd: 'wxyz' }]) {
      expect(render(value, {}, { limits }).truncated).toBe(true);
    }
  });

  it('stays within its bytes for an argument of 10 MB', () => {
    const { bytes, text } = render({ blob: 'x'.repeat(10_000_000), list: ['y'.repeat(2_000_000)] });
    expect(bytes).toBeLessThanOrEqual(4096);
    expect(text).toContain('more)');
  });

  it('stays within its bytes for 100 000 members', () => {
    const value = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`k${i}`, i]));
    const { bytes, text } = render(value);
    expect(bytes).toBeLessThanOrEqual(4096);
    expect(text).toMatch(/,"…":"\d{5} more"\}$/);
  });

  it('goes no deeper than its depth into 100 000 levels', () => {
    let value: unknown = 1;
    for (let i = 0; i < 100_000; i++) value = i % 2 === 0 ? [value] : { a: value };
    expect(render(value).text).toContain('"…too deep"');
  });

  it('can be used again after a value that was cut off', () => {
    const renderer = new ValueRenderer();
    const request = { detail: 'masked', maxBytes: 448, position: null } as const;
    renderer.render(Array.from({ length: 1_000 }, String), request);
    expect(renderer.render({ a: 1 }, request)).toEqual({
      text: '{"a":1}',
      bytes: 7,
      truncated: false,
    });
  });
});

describe('MaskPaths', () => {
  const value = {
    params: {
      arguments: { user: { email: 'e', name: 'n' }, users: [{ email: 'a' }, { email: 'b' }] },
      email: 'top',
    },
  };

  it.each([
    [['$.params.arguments.user.email'], { 'params.arguments.user.email': '***' }],
    [['$.params.arguments.users[1].email'], { 'params.arguments.users.1.email': '***' }],
    [['$.params.arguments.users[*].email', '$.params.email'], { 'params.email': '***' }],
    [['$[\'params\']["email"]'], { 'params.email': '***' }],
    [['$.params.arguments.*.email'], { 'params.arguments.user.email': '***' }],
    [['$..email'], { 'params.email': '***', 'params.arguments.users.0.email': '***' }],
    [['$.params..name'], { 'params.arguments.user.name': '***' }],
    [['$.params.arguments.user'], { 'params.arguments.user': '***' }],
  ])('%s', (paths, expected) => {
    const shown = masked(value, ...paths);
    for (const [place, text] of Object.entries(expected)) expect(at(shown, place)).toBe(text);
  });

  it('leaves other places alone', () => {
    const shown = masked(value, '$.params.arguments.user.email', '$.params.arguments.users[0]');
    expect(at(shown, 'params.email')).toBe('top');
    expect(at(shown, 'params.arguments.user.name')).toBe('n');
    expect(at(shown, 'params.arguments.users.1.email')).toBe('b');
  });

  it('does not take a member named 0 for an element', () => {
    expect(masked({ a: { 0: 'x' } }, '$.a[0]')).toEqual({ a: { 0: 'x' } });
    expect(masked({ a: ['x'] }, "$.a['0']")).toEqual({ a: ['x'] });
  });

  it('follows many descents in a bounded number of places', () => {
    const paths = new MaskPaths(
      Array.from({ length: 100 }, (_, i) => parseMaskPath(`$..a..a..a..a..a..b${i}`)),
    );
    let position = paths.root;
    for (let i = 0; i < 1_000; i++) position = paths.step(position, 'a');
    expect(position?.length).toBeLessThan(30);
    expect(paths.isMasked(paths.step(position, 'b7'))).toBe(true);
  });

  it('is on no path without paths', () => {
    expect(new MaskPaths([]).root).toBeNull();
  });

  it('hides by the names it is given as well', () => {
    const names = new SecretNames(['*mail*']);
    expect(render({ eMail: 'x' }, {}, { names }).text).toBe('{"eMail":"***"}');
  });
});

function at(value: unknown, place: string): unknown {
  return place
    .split('.')
    .reduce((inner, key) => (inner as Record<string, unknown>)[key], value as unknown);
}

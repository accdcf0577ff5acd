import { describe, expect, it } from 'vitest';
import { legacyRequest } from '../guarded-exchange.ts';
import { authorizePolicy, decide } from './policy-under-test.ts';

const call = (args: unknown, name = 'run') =>
  legacyRequest('tools/call', { name, ...(args === undefined ? {} : { arguments: args }) });

/** What an allowing and a denying rule with the same condition say of the same arguments. */
async function both(condition: unknown, args: unknown): Promise<string> {
  const rule = { name: 'r', tools: ['run'], arguments: condition };
  const allow = await authorizePolicy({ rules: [{ ...rule, effect: 'allow' }] });
  const deny = await authorizePolicy({ default: 'allow', rules: [{ ...rule, effect: 'deny' }] });
  const allowed = (await decide(allow, { body: call(args) })).startsWith('allow');
  const denied = (await decide(deny, { body: call(args) })).startsWith('deny');
  if (allowed && denied) return 'met';
  if (!allowed && !denied) return 'unmet';
  return denied ? 'refused by both' : 'passed by both';
}

describe('rules with conditions on arguments', () => {
  it.each([
    ['a value', { env: 'dev' }, { env: 'dev' }, 'met'],
    ['another value', { env: 'dev' }, { env: 'prod' }, 'unmet'],
    ['no value', { env: 'dev' }, {}, 'unmet'],
    ['no arguments', { env: 'dev' }, undefined, 'unmet'],
    ['one of a list', { env: ['dev', 'test'] }, { env: 'test' }, 'met'],
    ['a number', { n: 5 }, { n: 5.0 }, 'met'],
    ['a truth', { force: true }, { force: false }, 'unmet'],
    ['a path inwards', { 'db.name': 'main' }, { db: { name: 'main' } }, 'met'],
    ['a pointer', { '/a.b/c~1d': 1 }, { 'a.b': { 'c/d': 1 } }, 'met'],
    ['an item', { 'list.1': 'b' }, { list: ['a', 'b'] }, 'met'],
    ['an item that is not there', { 'list.2': 'b' }, { list: ['a', 'b'] }, 'unmet'],
    ['a range', { n: { min: 1, max: 10 } }, { n: 10 }, 'met'],
    ['a range missed', { n: { max: 10 } }, { n: 10.5 }, 'unmet'],
    ['something there', { force: { present: true } }, { force: null }, 'met'],
    ['nothing there', { force: { present: false } }, {}, 'met'],
    ['a glob', { name: { glob: 'tmp-*' } }, { name: 'tmp-1' }, 'met'],
    ['a path below', { path: { glob: '/srv/**' } }, { path: '/srv/a/b' }, 'met'],
    ['a path elsewhere', { path: { glob: '/srv/**' } }, { path: '/etc/passwd' }, 'unmet'],
    ['a path deeper than *', { path: { glob: '/srv/*' } }, { path: '/srv/a/b' }, 'unmet'],
    ['a URI', { u: { glob: 'https://example.com/**' } }, { u: 'HTTPS://EXAMPLE.com/a' }, 'met'],
    ['one of several globs', { p: { glob: ['/a/**', 'x'] } }, { p: 'x' }, 'met'],
    ['all conditions', { a: 1, b: 2 }, { a: 1, b: 2 }, 'met'],
    ['not all conditions', { a: 1, b: 2 }, { a: 1, b: 3 }, 'unmet'],
  ])('%s: %j against %j is %s', async (_what, condition, args, expected) => {
    expect(await both(condition, args)).toBe(expected);
  });

  it.each([
    ['a number as text', { n: { max: 10 } }, { n: '5' }],
    ['a number too large for numbers', { n: { min: 5 } }, '{"n":1e999}'],
    ['a truth as text', { force: true }, { force: 'true' }],
    ['a truth as number', { force: true }, { force: 1 }],
    ['a name in another letter case', { n: { min: 100 } }, { N: 500 }],
    ['the same beside the name itself', { n: { min: 100 } }, { n: 1, N: 500 }],
    ['the same further inside', { 'db.key': 'x' }, { db: { '\u212aey': 'y' } }],
    ['a text as list', { env: 'prod' }, { env: ['prod'] }],
    ['a text as map', { path: { glob: '/etc/**' } }, { path: { 0: '/etc' } }],
    ['null for a text', { env: 'prod' }, { env: null }],
    ['a text where a map should be', { 'db.name': 'main' }, { db: '{"name":"main"}' }],
    ['a path with dots', { path: { glob: '/srv/**' } }, { path: '/srv/../etc/passwd' }],
    ['a path with two slashes', { path: { glob: '/etc/**' } }, { path: '//etc/passwd' }],
    ['a path with backslashes', { path: { glob: '/srv/**' } }, { path: '/srv/..\\etc' }],
    ['a path with NUL', { path: { glob: '/srv/**' } }, { path: '/srv/a\0.txt' }],
    ['a URI with encoded dots', { u: { glob: 'file:///srv/**' } }, { u: 'file:///srv/%2e%2e/x' }],
    [
      'a URI with a user',
      { u: { glob: 'https://a.example/**' } },
      { u: 'https://a.example@b.example/' },
    ],
    ['a text of a megabyte', { name: { glob: 'tmp-*' } }, { name: `tmp-${'x'.repeat(1_000_000)}` }],
  ])('attack: %s is refused by rules of both effects', async (_what, condition, args) => {
    const json = typeof args === 'string' ? JSON.parse(args) : args;
    expect(await both(condition, json)).toBe('refused by both');
  });

  const rules = [{ name: 'r', effect: 'allow', tools: ['run'], arguments: { path: '/srv' } }];
  const raw = (args: string) =>
    `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run","arguments":${args}}}`;

  it.each([
    ['an argument', '{"path":"/etc","path":"/srv"}'],
    ['an argument in escapes', '{"path":"/etc","p\\u0061th":"/srv"}'],
    ['a member further inside', '{"path":"/srv","o":[{"a":1,"a":2}]}'],
    ['__proto__', '{"path":"/srv","__proto__":1,"__proto__":2}'],
  ])('attack: %s given twice is refused', async (_what, args) => {
    const policy = await authorizePolicy({ rules });
    expect(await decide(policy, { body: raw(args) })).toBe('deny r repeated_member');
  });

  it('takes colons and quotes inside of texts for what they are', async () => {
    const policy = await authorizePolicy({ rules });
    const body = call({ path: '/srv', a: '{"x":"\\":"}', 'b:c': ['::', { d: '"' }], '': {} });
    expect(await decide(policy, { body })).toBe('allow r');
  });

  it('attack: arguments that are no map are refused', async () => {
    const policy = await authorizePolicy({ rules });
    for (const args of ['[{"path":"/srv"}]', '"path"', '1']) {
      expect(await decide(policy, { body: raw(args) })).toBe('deny r missing_target');
    }
    expect(await decide(policy, { body: raw('null') })).toBe('deny - no_rule');
  });

  it('attack: inherited members are no arguments', async () => {
    for (const member of ['constructor', 'toString', 'hasOwnProperty', '/__proto__']) {
      expect(await both({ [member]: { present: true } }, {})).toBe('unmet');
      expect(await both({ [`a.${member.replace('/', '')}`]: { present: true } }, { a: [] })).toBe(
        'unmet',
      );
    }
    const policy = await authorizePolicy({ rules });
    expect(await decide(policy, { body: raw('{"__proto__":{"path":"/srv"}}') })).toBe(
      'deny - no_rule',
    );
  });

  it('attack: arguments nested deeply and widely are read without recursion', async () => {
    const policy = await authorizePolicy({ rules });
    const wide = `{"path":"/srv","x":[${'{"a":[0]},'.repeat(100_000)}0]}`;
    expect(await decide(policy, { body: raw(wide) })).toBe('allow r');
  });

  it('conditions on arguments do not match what has none', async () => {
    const policy = await authorizePolicy({
      rules: [{ name: 'r', effect: 'allow', arguments: { a: 1 } }],
    });
    expect(await decide(policy, { body: legacyRequest('resources/read', { uri: 'x:y' }) })).toBe(
      'deny - no_rule',
    );
    expect(
      await decide(policy, {
        body: legacyRequest('prompts/get', { name: 'p', arguments: { a: 1 } }),
      }),
    ).toBe('allow r');
  });
});

import { describe, expect, it } from 'vitest';
import {
  compileExpression,
  MAX_EXPRESSION_CHARS,
  MAX_EXPRESSION_STEPS,
} from '../../../src/policy/authorize/expression.ts';
import {
  ExpressionError,
  type ExpressionInput,
  ExpressionPrincipal,
} from '../../../src/policy/authorize/expression-port.ts';
import { loadExpressions } from '../../../src/policy/authorize/load-expressions.ts';
import { legacyRequest, principal } from '../guarded-exchange.ts';
import { authorizePolicy, authorizeSettings, decide } from './policy-under-test.ts';

function input(parts: Partial<ExpressionInput> = {}): ExpressionInput {
  return {
    principal: new ExpressionPrincipal({
      kind: 'jwt',
      subject: 'ada',
      issuer: 'https://id.example.com',
      scopes: ['files:read'],
      roles: ['ops'],
      claims: JSON.parse('{"team":"core","__proto__":{"admin":true}}'),
    }),
    method: 'tools/call',
    tool: 'read_file',
    prompt: '',
    resource: '',
    args: {},
    server: 'files',
    address: '192.0.2.1',
    now: new Date('2026-11-20T12:00:00Z'),
    ...parts,
  };
}

const run = (text: string, parts: Partial<ExpressionInput> = {}) =>
  compileExpression(text).evaluate(input(parts));

describe('compileExpression', () => {
  it.each([
    ['principal.subject == "ada" && principal.kind == "jwt"', true],
    ['"files:read" in principal.scopes', true],
    ['principal.roles.exists(r, r == "admin")', false],
    ['principal.claims.team == "core"', true],
    ['has(principal.claims.missing)', false],
    ['tool.startsWith("read_") && method == "tools/call"', true],
    ['server == "files" && address.startsWith("192.0.2.")', true],
    ['now.getHours() >= 9 && now.getHours() < 17', true],
    ['now < timestamp("2026-01-01T00:00:00Z")', false],
    ['tool.glob("read_*")', true],
  ])('%s is %s', (text, expected) => {
    expect(run(text)).toBe(expected);
  });

  it('compares numbers of JSON with whole and with other numbers', () => {
    const args = { limit: 5, ratio: 0.5 };
    expect(run('args.limit <= 10 && args.limit == 5', { args })).toBe(true);
    expect(run('args.ratio < 1 && args.ratio == 0.5', { args })).toBe(true);
    expect(run('int(args.limit) + 1 == 6', { args })).toBe(true);
  });

  it('reads tells which variables are read', () => {
    const reads = (text: string) => compileExpression(text).reads.has('args');
    expect(reads('args.a == 1')).toBe(true);
    expect(reads('tool == "args"')).toBe(false);
    expect(reads('principal.roles.exists(r, r in args.x)')).toBe(true);
  });

  it.each([
    ['a syntax error', 'tool == ', /not understood: .* at character 9/],
    ['an unknown variable', 'user == "x"', /Unknown variable: user/],
    ['an unknown member', 'principal.name == "x"', /No such key: name/],
    ['a comparison of two types', 'tool == 5', /string == int/],
    ['no truth value', 'tool', /must be true or false, and is of type string/],
    ['an argument as truth value', 'args.force', /compare it/],
    ['a regular expression', 'tool.matches("(a+)+$")', /must not use matches/],
    ['a regular expression inside', 'args.l.all(x, x.matches("a"))', /must not use matches/],
    ['JSON from text', 'bytes(tool).json() == 1', /must not use json/],
    ['too much text', `tool == "${'x'.repeat(MAX_EXPRESSION_CHARS)}"`, /at most/],
    ['too deep nesting', `${'('.repeat(200)}true${')'.repeat(200)}`, /maxDepth/],
  ])('tells people of %s', (_what, text, reason) => {
    expect(() => compileExpression(text)).toThrow(ExpressionError);
    expect(() => compileExpression(text)).toThrow(reason);
  });

  it('messages are one line', () => {
    expect(() => compileExpression('tool ==\n\n5 +')).toThrow(/^[^\n]*$/);
  });

  it.each([
    ['a missing argument', 'args.path == "/"', {}],
    ['an argument of another type', 'args.path.startsWith("/")', { path: ['/'] }],
    ['an inherited member', 'args.constructor == "x"', {}],
    ['__proto__', 'args["__proto__"] == "x"', {}],
    ['arithmetic over two kinds of numbers', 'args.n + 1 == 2', { n: 1 }],
    ['an item that is not there', 'args.l[3] == 1', { l: [] }],
    ['a number that is none', 'int(args.n) == 1', { n: 'one' }],
    ['a pattern that is none', 'tool.glob(args.p)', { p: '' }],
    ['a path with dots', 'args.path.glob("/srv/**")', { path: '/srv/../etc' }],
  ])('fails without an answer on %s', (_what, text, args) => {
    expect(run(text, { args })).toBeNull();
  });

  it('attack: claims of the name __proto__ give nobody anything', () => {
    expect(run('has(principal.claims.admin)')).toBe(false);
    expect(run('principal.claims.admin == true')).toBeNull();
  });

  it('attack: nested loops over a long list fail instead of taking their time', () => {
    const text = 'args.l.all(x, args.l.exists(y, x == y))';
    const items = Math.floor(Math.sqrt(MAX_EXPRESSION_STEPS));
    expect(run(text, { args: { l: Array.from({ length: 100 }, (_, i) => i) } })).toBe(true);
    expect(run(text, { args: { l: Array.from({ length: items }, (_, i) => i) } })).toBeNull();
  });

  it('attack: keys of a map, and characters of a text, are items as well', () => {
    const keys = Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`k${i}`, i]));
    expect(run('args.all(x, args.exists(y, x == y))', { args: keys })).toBeNull();
    const text = 'x'.repeat(400);
    expect(
      run('args.t.split("").all(x, args.t.split("").exists(y, x == y))', { args: { t: text } }),
    ).toBeNull();
  });

  it('attack: a long list does not matter to an expression without loops', () => {
    const args = { l: Array.from({ length: MAX_EXPRESSION_STEPS }, (_, i) => i), x: 'a' };
    expect(run('args.x == "a" && size(args.l) > 5', { args })).toBe(true);
  });
});

describe('loadExpressions', () => {
  it('loads nothing where no rule has an expression', async () => {
    const rules = [{ name: 'a', effect: 'allow', tools: ['*'] }];
    expect(await loadExpressions(authorizeSettings({ rules }))).toBeNull();
  });
});

describe('rules with expressions', () => {
  const call = (args: unknown) => ({
    body: legacyRequest('tools/call', { name: 'pay', arguments: args }),
  });

  it('match when the expression is true', async () => {
    const policy = await authorizePolicy({
      rules: [{ name: 'small', effect: 'allow', tools: ['pay'], when: 'args.amount <= 100' }],
    });
    expect(await decide(policy, call({ amount: 100 }))).toBe('allow small');
    expect(await decide(policy, call({ amount: 101 }))).toBe('deny - no_rule');
  });

  it.each(['allow', 'deny'])(
    'an expression that fails refuses, in a rule to %s',
    async (effect) => {
      const policy = await authorizePolicy({
        default: 'allow',
        rules: [
          { name: 'e', effect, tools: ['pay'], when: 'args.amount > 100' },
          { name: 'other', effect: 'deny', tools: ['x'] },
        ],
      });
      expect(await decide(policy, call({}))).toBe('deny e expression_failed');
      expect(await decide(policy, call({ amount: '5' }))).toBe('deny e expression_failed');
    },
  );

  it('are not asked about callers the rest of the rule is not about', async () => {
    const policy = await authorizePolicy({
      rules: [
        { name: 'core', effect: 'allow', scopes: ['x'], when: 'principal.claims.team == "core"' },
        { name: 'all', effect: 'allow', tools: ['pay'] },
      ],
    });
    const claimless = principal({ scopes: [] });
    expect(await decide(policy, { ...call({}), principal: claimless })).toBe('allow all');
    expect(await decide(policy, { ...call({}), principal: principal({ scopes: ['x'] }) })).toBe(
      'deny core expression_failed',
    );
  });

  it('attack: arguments given twice are refused where an expression reads them', async () => {
    const policy = await authorizePolicy({
      rules: [{ name: 'small', effect: 'allow', tools: ['pay'], when: 'args.amount <= 100' }],
    });
    const body =
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"pay","arguments":{"amount":9999,"amount":1}}}';
    expect(await decide(policy, { body })).toBe('deny small repeated_member');
  });

  it('attack: a resource is seen in its normal form, or not at all', async () => {
    const policy = await authorizePolicy({
      rules: [{ name: 'srv', effect: 'allow', when: 'resource.startsWith("file:///srv/")' }],
    });
    const read = (uri: string) =>
      decide(policy, { body: legacyRequest('resources/read', { uri }) });
    expect(await read('FILE:///%73rv/a')).toBe('allow srv');
    expect(await read('file:///srv/../etc/passwd')).toBe('deny srv ambiguous_resource');
    expect(await read('file:///srv/%2e%2e/etc')).toBe('deny srv ambiguous_resource');
  });

  it('an expression that cannot be used keeps the policy from being created', async () => {
    const section = { rules: [{ name: 'bad', effect: 'allow', when: 'tool ==' }] };
    await expect(authorizePolicy(section)).rejects.toThrow(/^rules\[0\]: rule "bad": when is not/);
  });
});

import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import {
  type AuthorizeContext,
  authorizeSchema,
  checkAuthorize,
} from '../../../src/config/policy/authorize.ts';
import { formatKeyPath } from '../../../src/config/problem.ts';

const issuesOf = (section: unknown): string[] =>
  (z.safeParse(authorizeSchema, section).error?.issues ?? []).map(
    ({ path, message }) => `${formatKeyPath(path)} ${message}`,
  );

const oneRule = (rule: object) => ({ rules: [{ name: 'r', effect: 'allow', ...rule }] });

describe('authorizeSchema', () => {
  it('has no rules and allows when nothing is said', () => {
    expect(z.parse(authorizeSchema, {})).toEqual({ mode: 'enforce', default: 'allow', rules: [] });
  });

  it('denies by default once a rule exists, unless told otherwise', () => {
    expect(z.parse(authorizeSchema, oneRule({})).default).toBe('deny');
    expect(z.parse(authorizeSchema, { ...oneRule({}), default: 'allow' }).default).toBe('allow');
  });

  it('reads a rule', () => {
    const { rules } = z.parse(
      authorizeSchema,
      oneRule({
        tools: ['get_*'],
        kinds: ['jwt'],
        scopes: ['a', 'b'],
        roles: ['x', 'y'],
        readOnly: true,
        arguments: {
          'db.name': 'main',
          '/a~1b.c': ['x', 1, null],
          path: { glob: '/srv/**' },
          amount: { max: 10 },
          force: { present: false },
          is: { equals: true },
        },
        when: 'tool == "x"',
      }),
    );
    expect(rules).toEqual([
      {
        name: 'r',
        effect: 'allow',
        methods: null,
        tools: ['get_*'],
        prompts: null,
        resources: null,
        principals: null,
        kinds: ['jwt'],
        issuers: null,
        scopes: { all: ['a', 'b'], any: [] },
        roles: { all: [], any: ['x', 'y'] },
        servers: null,
        readOnly: true,
        destructive: null,
        arguments: [
          { name: 'db.name', path: ['db', 'name'], condition: { kind: 'in', values: ['main'] } },
          { name: '/a~1b.c', path: ['a/b.c'], condition: { kind: 'in', values: ['x', 1, null] } },
          { name: 'path', path: ['path'], condition: { kind: 'glob', patterns: ['/srv/**'] } },
          { name: 'amount', path: ['amount'], condition: { kind: 'range', min: null, max: 10 } },
          { name: 'force', path: ['force'], condition: { kind: 'present', present: false } },
          { name: 'is', path: ['is'], condition: { kind: 'in', values: [true] } },
        ],
        when: 'tool == "x"',
      },
    ]);
  });

  it.each([
    [oneRule({ effect: 'permit' }), 'rules[0].effect must be allow or deny'],
    [
      oneRule({ tools: [] }),
      'rules[0].tools must not be an empty list: leave it out to state nothing',
    ],
    [oneRule({ tools: 'get' }), 'rules[0].tools must be a list, such as ["get_*", search]'],
    [oneRule({ name: 'a\nb' }), 'rules[0].name must be one line without control characters'],
    [oneRule({ scopes: 'a' }), 'rules[0].scopes must be a list of names, or {all: […], any: […]}'],
    [oneRule({ arguments: [1] }), 'rules[0].arguments must be a map from arguments to conditions'],
    [oneRule({ arguments: { a: {} } }), 'rules[0].arguments.a must be a value, a list of values'],
    [oneRule({ arguments: { a: { min: '1' } } }), 'rules[0].arguments.a must be a value, a list'],
    [{ default: 'block' }, 'default must be allow or deny'],
    [{ mode: 'shadow' }, 'mode must be enforce or report'],
  ])('refuses %j', (section, line) => {
    expect(issuesOf(section).join('\n')).toContain(line);
  });

  it('refuses what it does not know, so that no statement of a rule is lost', () => {
    expect(issuesOf(oneRule({ tool: ['x'] }))).toEqual(['rules[0] has unknown key tool']);
    expect(issuesOf(oneRule({ scopes: { every: ['x'] } }))).not.toEqual([]);
    expect(issuesOf(oneRule({ arguments: { ['__proto__']: 1 } }))).toEqual([
      'rules[0].arguments must not name __proto__',
    ]);
  });
});

const CONTEXT: AuthorizeContext = {
  kinds: new Set(['jwt', 'api_key']),
  subjects: null,
  scopes: null,
  roles: null,
};

function check(
  rules: readonly object[],
  context: Partial<AuthorizeContext> = {},
  section: object = {},
): string[] {
  const named = rules.map((rule, i) => ({ name: `r${i}`, effect: 'allow', ...rule }));
  const settings = z.parse(authorizeSchema, { rules: named, ...section });
  return checkAuthorize(settings, { ...CONTEXT, ...context }).map(
    ({ path, message }) => `${path}: ${message}`,
  );
}

describe('checkAuthorize', () => {
  it('finds nothing in rules that make sense', () => {
    expect(
      check([
        { effect: 'deny', tools: ['get_secret'] },
        { tools: ['get_*'], scopes: ['read'] },
        { tools: ['get_*'], roles: ['ops'] },
        { methods: ['tasks/*'] },
        { readOnly: true, arguments: { a: { min: 1, max: 2 } } },
        { effect: 'deny' },
      ]),
    ).toEqual([]);
  });

  it.each([
    ['the same', { tools: ['a'] }, { tools: ['a'] }],
    ['a glob', { tools: ['get_*'] }, { tools: ['get_a', 'get_b*'] }],
    ['everything', {}, { tools: ['a'], scopes: ['x'], when: 'tool == "a"' }],
    ['fewer scopes', { tools: ['a'], scopes: ['x'] }, { tools: ['a'], scopes: ['x', 'y'] }],
    ['more choice', { scopes: { any: ['x', 'y'] } }, { scopes: { any: ['x'] } }],
    ['any of what all needs', { scopes: { any: ['x', 'y'] } }, { scopes: ['x'] }],
    ['more kinds', { kinds: ['jwt', 'api_key'] }, { kinds: ['jwt'] }],
    ['more targets', { tools: ['a'], prompts: ['b'] }, { prompts: ['b'] }],
    ['all below', { resources: ['file:///srv/**'] }, { resources: ['file:///srv/a/*'] }],
    ['methods', { methods: ['tools/*'] }, { methods: ['tools/list'] }],
  ])('tells of a rule that is never reached behind one with %s', (_what, earlier, later) => {
    expect(check([earlier, later])).toEqual([
      'rules[1]: rule "r1" is never reached: "r0" before it matches all that it does; move it up',
    ]);
  });

  it.each([
    ['fewer tools', { tools: ['a'] }, { tools: ['a', 'b'] }],
    ['a narrower glob', { tools: ['get_a*'] }, { tools: ['get_*'] }],
    ['a star that stops', { resources: ['file:///a*'] }, { resources: ['file:///a**'] }],
    ['a condition', { tools: ['a'], arguments: { x: 1 } }, { tools: ['a'] }],
    ['an expression', { tools: ['a'], when: 'tool == "x"' }, { tools: ['a'] }],
    ['more scopes', { scopes: ['x', 'y'] }, { scopes: ['x'] }],
    ['less choice', { scopes: { any: ['x'] } }, { scopes: { any: ['x', 'y'] } }],
    ['other targets', { tools: ['a'] }, { prompts: ['a'] }],
    ['an annotation', { tools: ['a'], readOnly: true }, { tools: ['a'] }],
    // The first leaves plumbing alone, and the second is about it.
    ['no methods', {}, { methods: ['tools/list'] }],
  ])('says nothing of a rule behind one with %s', (_what, earlier, later) => {
    expect(check([earlier, later])).toEqual([]);
  });

  it.each([
    [{ name: 'r0' }, {}, /name: rule "r0" has the name of rules\[0\]/],
    [
      { scopes: ['x'] },
      { scopes: new Set<string>() },
      /asks for scopes, and authentication gives none/,
    ],
    [{ roles: ['x'] }, { roles: new Set<string>() }, /asks for roles/],
    [{ roles: ['x', 'y'] }, { roles: new Set(['z']) }, /never matches, .* nobody x, y/],
    [{ scopes: ['x', 'z'] }, { scopes: new Set(['z']) }, /never matches, .* nobody x:/],
    [{ principals: ['bob'] }, { subjects: new Set(['ada']) }, /auth knows nobody called bob/],
    [{ kinds: ['basic'] }, {}, /is about basic, and auth lets in no such caller/],
    [{ principals: ['x'] }, { kinds: new Set(['anonymous'] as const) }, /there are none/],
    [{ issuers: ['x'] }, { kinds: new Set(['api_key'] as const) }, /only tokens have one/],
    [{ scopes: [] }, {}, /no right at all/],
    [{ tools: ['x'], methods: ['prompts/get'] }, {}, /names no method that has tools/],
    [{ readOnly: true, destructive: true }, {}, /there are none/],
    [{ prompts: ['x'], readOnly: true }, {}, /names no tools/],
    [{ resources: ['x:y'], arguments: { a: 1 } }, {}, /only tools and prompts have/],
    [{ arguments: { 'a..b': 1 } }, {}, /nothing between two separators/],
    [{ arguments: { a: { min: 2, max: 1 } } }, {}, /2 is above 1/],
    [{ arguments: { a: 2 ** 53 } }, {}, /which JSON readers round/],
  ])('tells of %j', (rule, context, line) => {
    const first = { name: 'r0', effect: 'deny', prompts: ['first'], when: 'method == "x"' };
    const problems = check([first, { name: 'r1', ...rule }], context);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(line);
  });

  it.each([
    [{ roles: ['x', 'y'] }, { roles: new Set(['y']) }],
    [{ scopes: ['x', 'y'] }, { scopes: new Set(['y', 'x']) }],
    [{ scopes: ['x'] }, { scopes: null }],
    [{ principals: ['ada', 'bob'] }, { subjects: new Set(['ada']) }],
    [{ principals: ['b*'] }, { subjects: new Set(['ada']) }],
  ])('says nothing of %j where somebody may match', (rule, context) => {
    expect(check([rule], context)).toEqual([]);
  });

  it('tells when nothing is ever refused, and when nothing ever passes', () => {
    expect(check([{ tools: ['a'] }], {}, { default: 'allow' })).toEqual([
      expect.stringContaining('nothing is ever refused'),
    ]);
    expect(check([{ effect: 'deny', tools: ['a'] }])).toEqual([
      expect.stringContaining('no call ever passes'),
    ]);
  });
});

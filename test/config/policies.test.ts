import { describe, expect, it } from 'vitest';
import { explainSettings } from '../../src/config/explain.ts';
import { POLICY_SCHEMAS, resolvePolicies } from '../../src/config/policies.ts';
import {
  NO_POLICIES,
  POLICY_SECTIONS,
  policyVariables,
  readJsonSections,
} from '../../src/config/policy-sections.ts';
import { ConfigError } from '../../src/config/problem.ts';
import { resolveSettings } from '../../src/config/resolve.ts';
import { readYamlSections, readYamlSettings } from '../../src/config/yaml-file.ts';

const DIGEST = 'ab'.repeat(32);
const TARGET = { WEIR_TARGET_ADDR: 'h:1' };

/** Resolves a weir.yaml and variables, as the command line does. */
function resolve(yaml: string, env: Record<string, string> = {}) {
  const file = readYamlSettings(yaml, 'weir.yaml');
  const policies = resolvePolicies([
    ...policyVariables(env).map(readYamlSections),
    { sections: file.sections, problems: [] },
  ]);
  return resolveSettings({ env: { ...TARGET, ...env }, file, policies });
}

function linesOf(yaml: string, env: Record<string, string> = {}): string[] {
  try {
    resolve(yaml, env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ line }) => line);
    throw error;
  }
}

describe('sections of weir.yaml', () => {
  it('become policies, beside the settings', () => {
    const { settings, origins, sections } = resolve(
      ['logLevel: warn', 'breaker:', '  failures: 3', 'limits: {}'].join('\n'),
    );
    expect(settings.logLevel).toBe('warn');
    expect(settings.policies.breaker).toEqual({
      failures: 3,
      openMs: 30_000,
      probes: 3,
      failureStatuses: [{ from: 500, to: 599 }],
    });
    expect(settings.policies.limits?.sizes.requestBytes).toBe(4 * 1024 * 1024);
    expect(settings.policies).toMatchObject({ auth: null, authorize: null, audit: null });
    expect(origins.has('breaker')).toBe(false);
    expect(sections?.origins.get('breaker')).toEqual({
      source: 'file',
      name: 'weir.yaml:2',
      overrides: [],
    });
    expect(sections?.origins.get('auth')?.source).toBe('default');
  });

  it('are off where none is given', () => {
    expect(resolveSettings({ env: TARGET }).settings.policies).toEqual(NO_POLICIES);
  });

  it.each([
    [
      'unknown keys, with the nearest name',
      'auth:\n  methods:\n    - kind: api_key\n      client: []\n      clients:\n        - {subject: a, scope: [b], keys: [{digest: x, expire: 1}]}',
      [
        'weir.yaml:6: auth.methods[0].clients[0].keys[0].digest: must be the SHA-256 digest of a key (64 hex digits), never the key itself',
        'weir.yaml:6: unknown key auth.methods[0].clients[0].keys[0].expire; did you mean expires?',
        'weir.yaml:6: unknown key auth.methods[0].clients[0].scope; did you mean scopes?',
        'weir.yaml:4: unknown key auth.methods[0].client; did you mean clients?',
      ],
    ],
    [
      'unknown keys, with all names where none is near',
      'breaker:\n  zzz: 1',
      [
        'weir.yaml:2: unknown key breaker.zzz; the keys here are failures, openFor, probes, failureStatuses',
      ],
    ],
    [
      'what is missing, where it should be',
      'authorize:\n  rules:\n    - name: a',
      ['weir.yaml:3: authorize.rules[0].effect is missing: it must be allow or deny'],
    ],
    [
      'wrong values, in the words of the schema',
      'limits:\n  rates: [{name: a, rate: fast}]',
      [
        'weir.yaml:2: limits.rates[0].rate "fast": must be a number and a time, such as "10/s", "100/m" or "1000/24h", with at most 1000000',
      ],
    ],
    [
      'numbers that are meant as text',
      'authorize:\n  rules:\n    - {name: 7, effect: deny}',
      [
        'weir.yaml:3: authorize.rules[0].name "7": must be a name for the rule; text that looks like something else needs quotes',
      ],
    ],
    ['a section that is no map', 'auth: on', ['weir.yaml:1: auth: must be a group of settings']],
    ['an empty section', 'breaker:', ['weir.yaml:1: breaker: must be a group of settings']],
    [
      'a misspelled section',
      'authorise: {}',
      ['weir.yaml:1: unknown key authorise; did you mean authorize?'],
    ],
    ['a section given twice', 'breaker: {}\nbreaker: {}', ['weir.yaml:2: breaker is given twice']],
    [
      'a member given twice, which two parsers could read differently',
      'auth:\n  mode: required\n  mode: none',
      ['weir.yaml:3: auth.mode is given twice'],
    ],
    [
      'a member called __proto__',
      'authorize:\n  rules:\n    - {name: a, effect: allow, arguments: {__proto__: x}}',
      ['weir.yaml:3: authorize.rules[0].arguments.__proto__ is a name that must not be used'],
    ],
    [
      'aliases',
      'audit:\n  maskNames: &names [a]\n  methods: *names',
      [
        'weir.yaml:3: audit.methods must be written out: aliases are not read; quote a value that begins with "*"',
      ],
    ],
    [
      'keys that are no text',
      'breaker:\n  ? [a]\n  : 1',
      ['weir.yaml:2: breaker has a key that is not plain text'],
    ],
  ])('are refused for %s', (_what, yaml, lines) => {
    expect(linesOf(yaml)).toEqual(lines);
  });

  it('are refused when they are nested without end', () => {
    const lines = linesOf(`breaker: ${'['.repeat(500)}${']'.repeat(500)}`);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^weir\.yaml:1: breaker(?:\[0\])+(?:\[0?)?… is nested too deeply$/);
  });

  it('never have values of auth and audit quoted, whatever was put where', () => {
    const secret = 'hunter2-hunter2-hunter2';
    for (const yaml of [
      `auth: {mode: ${secret}}`,
      `auth: {methods: [{kind: api_key, clients: [{subject: a, keys: [{digest: ${secret}}]}]}]}`,
      `auth: {methods: [{kind: basic, users: [{subject: a, passwordHash: ${secret}}]}]}`,
      `auth: {methods: ${secret}}`,
      `audit: {hashKey: ${secret}}`,
      `audit: {sinks: [{type: http, url: ${secret}}]}`,
    ]) {
      const lines = linesOf(yaml);
      expect(lines.length, yaml).toBeGreaterThan(0);
      expect(lines.join('\n')).not.toContain('hunter2');
    }
  });

  it('tell all that is wrong, up to a bound', () => {
    const rules = Array.from({ length: 80 }, (_, i) => `    - {name: r${i}, effect: maybe}`);
    const lines = linesOf(['authorize:', '  rules:', ...rules].join('\n'));
    expect(lines).toHaveLength(51);
    expect(lines.at(-1)).toBe('weir.yaml:1: authorize has 30 problems more');
  });

  it.each([
    ['auth: {upstream: {env: WEIR_TOKEN}}', 'auth.upstream.env'],
    [
      'limits: {store: {kind: redis, redis: {url: "redis://r", passwordEnv: WEIR_TOKEN}}}',
      'limits.store.redis.passwordEnv',
    ],
    ['audit: {client: hashed, hashKey: {env: WEIR_TOKEN}}', 'audit.hashKey.env'],
    [
      'audit: {sinks: [{type: http, url: "https://a", headers: [{name: A, env: WEIR_TOKEN}]}]}',
      'audit.sinks[0].headers[0].env',
    ],
  ])('name no variable of weir’s own for a secret: %s', (yaml, path) => {
    expect(linesOf(yaml)).toContain(
      `${path} "WEIR_TOKEN": must not begin with WEIR_, which is kept for settings`,
    );
  });
});

describe('variables with sections', () => {
  const breakerOf = (yaml: string, env: Record<string, string>) =>
    resolve(yaml, env).settings.policies.breaker?.failures;

  it('replace sections of the file, the more particular one first', () => {
    const file = 'breaker: {failures: 2}\nlimits: {}';
    expect(breakerOf(file, {})).toBe(2);
    expect(breakerOf(file, { WEIR_POLICY: 'breaker: {failures: 3}' })).toBe(3);
    expect(
      breakerOf(file, {
        WEIR_POLICY: 'breaker: {failures: 3}',
        WEIR_POLICY_BREAKER: '{"failures": 4}',
      }),
    ).toBe(4);
    expect(resolve(file, { WEIR_POLICY: '{}' }).settings.policies.limits).not.toBeNull();
  });

  it('are told of with what they replace', () => {
    const { sections } = resolve('breaker: {}', { WEIR_POLICY_BREAKER: '{}' });
    expect(sections?.origins.get('breaker')).toMatchObject({
      source: 'environment',
      name: 'WEIR_POLICY_BREAKER:1',
      overrides: [{ name: 'weir.yaml:1' }],
    });
  });

  it.each([
    [{ WEIR_POLICY: 'auht: {}' }, 'WEIR_POLICY:1: unknown section auht; did you mean auth?'],
    [
      { WEIR_POLICY: 'x: {}' },
      'WEIR_POLICY:1: unknown section x; the sections are auth, authorize, validate, limits, breaker, audit',
    ],
    [{ WEIR_POLICY: '[]' }, 'WEIR_POLICY: must be a map, such as "auth: {methods: […]}"'],
    [{ WEIR_POLICY: '{]' }, 'WEIR_POLICY:1:2: is not plain YAML (missing char)'],
    [{ WEIR_POLICY: 'breaker: {}\nbreaker: {}' }, 'WEIR_POLICY:2: breaker is given twice'],
    [
      { WEIR_POLICY_BREAKER: 'failures: 0' },
      'WEIR_POLICY_BREAKER:1: breaker.failures "0": must be a whole number from 1 to 10000',
    ],
    [
      { WEIR_POLICY_BREAKR: '{}' },
      'WEIR_POLICY_BREAKR: unknown variable; did you mean WEIR_POLICY_BREAKER?',
    ],
  ])('are refused: %j', (env, line) => {
    expect(linesOf('', env)).toContain(line);
  });

  it('count as not set when they are empty', () => {
    expect(policyVariables({ WEIR_POLICY: ' ', WEIR_POLICY_AUTH: '' })).toEqual([]);
  });
});

describe('readJsonSections', () => {
  const read = (value: unknown, section: 'breaker' | null = null) =>
    readJsonSections({ name: 'WEIR_POLICY', section, value });

  it('reads JSON, and a table that was one already', () => {
    for (const value of ['{"breaker": {"failures": 2}}', { breaker: { failures: 2 } }]) {
      const { policies, problems } = resolvePolicies([read(value)]);
      expect(problems).toEqual([]);
      expect(policies.breaker?.failures).toBe(2);
    }
    expect([...read({ failures: 2 }, 'breaker').sections.keys()]).toEqual(['breaker']);
  });

  it.each([
    ['text', 'breaker: {}'],
    ['a list', '[]'],
    ['a number', 3],
    ['nothing', 'null'],
  ])('refuses %s', (_what, value) => {
    expect(read(value).problems.map(({ line }) => line)).toEqual([
      'WEIR_POLICY: must be a map in JSON, such as {"auth": {"methods": […]}}',
    ]);
  });

  it('refuses what is nested without end, and __proto__', () => {
    const deep = `{"breaker": ${'['.repeat(100)}${']'.repeat(100)}}`;
    const proto = '{"authorize": {"rules": [{"arguments": {"__proto__": 1}}]}}';
    for (const text of [deep, proto]) {
      const { sections, problems } = read(text);
      expect(sections.size).toBe(0);
      expect(problems[0]?.line).toMatch(/is nested too deeply, or names __proto__$/);
    }
  });
});

describe('apiKeyDigests', () => {
  it('are authentication without a section', () => {
    const { auth } = resolveSettings({
      env: { ...TARGET, WEIR_API_KEY_DIGESTS: `${DIGEST.toUpperCase()},${DIGEST}` },
    }).settings.policies;
    expect(auth?.mode).toBe('required');
    expect(auth?.methods).toEqual([
      {
        kind: 'api_key',
        bearer: true,
        queryParameter: null,
        clients: [
          {
            subject: 'api-key',
            scopes: [],
            roles: [],
            keys: [{ digest: DIGEST, expiresAt: null, label: null }],
          },
        ],
      },
    ]);
  });

  it('do not stand beside the section', () => {
    expect(linesOf('auth: {mode: none}', { WEIR_API_KEY_DIGESTS: DIGEST })).toEqual([
      'WEIR_API_KEY_DIGESTS: stands beside the section auth: give one',
    ]);
  });
});

describe('explainSettings of sections', () => {
  it('shows them as written, without digests, hashes and header values', () => {
    const yaml = [
      'auth:',
      '  methods:',
      `    - {kind: api_key, clients: [{subject: a, keys: [{digest: ${DIGEST}, label: old}]}]}`,
      'audit:',
      '  sinks: [{type: http, url: "https://a", headers: [{name: A, value: s3cret}]}]',
    ].join('\n');
    const shown = explainSettings(resolve(yaml)).filter(({ key }) =>
      POLICY_SECTIONS.some((name) => name === key),
    );
    expect(shown.map(({ key }) => key)).toEqual(POLICY_SECTIONS);
    const values = Object.fromEntries(shown.map(({ key, value }) => [key, value]));
    expect(values).toEqual({
      auth: {
        methods: [
          {
            kind: 'api_key',
            clients: [{ subject: 'a', keys: [{ digest: '(secret)', label: 'old' }] }],
          },
        ],
      },
      authorize: null,
      validate: null,
      limits: null,
      breaker: null,
      audit: {
        sinks: [{ type: 'http', url: 'https://a', headers: [{ name: 'A', value: '(secret)' }] }],
      },
    });
    expect(shown[0]).toMatchObject({ source: 'file', name: 'weir.yaml:1' });
  });
});

describe('POLICY_SCHEMAS', () => {
  it('has the sections in the order in which they are told about', () => {
    expect(Object.keys(POLICY_SCHEMAS)).toEqual(POLICY_SECTIONS);
  });
});

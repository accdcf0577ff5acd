import { describe, expect, it } from 'vitest';
import { checkPolicies, type PolicyContext } from '../../src/config/check-policies.ts';
import { readFlags } from '../../src/config/flags.ts';
import { resolvePolicies } from '../../src/config/policies.ts';
import { resolveSettings } from '../../src/config/resolve.ts';
import { PROXY_OPTIONS } from '../../src/config/schema.ts';
import { settingFlags } from '../../src/config/sources.ts';
import { readYamlSettings } from '../../src/config/yaml-file.ts';

const DIGEST = 'ab'.repeat(32);
const KEYS = `auth: {methods: [{kind: api_key, clients: [{subject: a, roles: [r], keys: [{digest: ${DIGEST}}]}]}]}`;
const LOCAL = '--listen-addr=127.0.0.1:8080';

/** `level path` of what contradicts itself. */
function check(
  yaml: string,
  flags: readonly string[] = [],
  runtime: PolicyContext['runtime'] = 'node',
): string[] {
  const file = readYamlSettings(yaml, 'weir.yaml');
  const { settings } = resolveSettings({
    flags: readFlags(['--target-addr=h:1', ...flags], settingFlags(PROXY_OPTIONS)),
    file,
    policies: resolvePolicies([{ sections: file.sections, problems: [] }]),
  });
  const found = checkPolicies(settings, {
    runtime,
    hidesName: (name) => name === 'password',
    now: Date.UTC(2026, 5, 1),
  });
  for (const { message } of found) expect(message).not.toMatch(/\n|\.$/);
  return found.map(({ level, path }) => `${level} ${path}`);
}

describe('checkPolicies', () => {
  it('finds nothing without policies, and nothing in order', () => {
    expect(check('')).toEqual([]);
    expect(check(`${KEYS}\nauthorize: {rules: [{name: x, effect: allow, roles: [r]}]}`)).toEqual(
      [],
    );
  });

  it('warns of keys that have expired', () => {
    const keys = (expires: string): string =>
      KEYS.replace('}]}]}]', `}, {digest: ${'cd'.repeat(32)}, expires: ${expires}}]}]}]`);
    expect(check(keys('2026-05-31'))).toEqual(['warning auth.methods[0].clients[0].keys[1]']);
    expect(check(keys('2026-06-02'))).toEqual([]);
  });

  it.each(['authorize: {}', 'limits: {}', 'breaker: {}', 'audit: {}', 'validate: {mode: enforce}'])(
    'asks for authentication where others can connect: %s',
    (section) => {
      expect(check(section)).toEqual(['error auth.mode']);
      expect(check(section, ['--insecure-no-auth'])).toEqual([]);
      expect(check(`${section}\nauth: {insecureNoAuth: true}`)).toEqual([]);
      expect(check(section, [`--api-key-digests=${DIGEST}`])).toEqual([]);
      for (const address of ['127.0.0.1:8080', '[::1]:8080', 'localhost:8080', '127.1.2.3:0']) {
        expect(check(section, [`--listen-addr=${address}`])).toEqual([]);
      }
      for (const address of [':8080', '0.0.0.0:8080', '[::]:8080', '10.0.0.1:8080']) {
        expect(check(section, [`--listen-addr=${address}`])).toEqual(['error auth.mode']);
      }
    },
  );

  it('asks for it on Workers, whatever address is set', () => {
    expect(check('breaker: {}', [LOCAL], 'workers')).toEqual(['error auth.mode']);
  });

  it('warns of what isolates learn alone, on Workers only', () => {
    const rule = (member: string) =>
      `${KEYS}\nauthorize: {rules: [{name: x, effect: allow, roles: [r], ${member}}]}`;
    const validate = (more: string) =>
      `${KEYS}\nvalidate: {mode: enforce, checks: {arguments: enforce}${more}}`;
    for (const yaml of [rule('readOnly: true'), rule('destructive: false'), validate('')]) {
      expect(check(yaml)).toEqual([]);
      expect(check(yaml, ['--workers=4'])).toEqual([]);
    }
    const warning = (path: string) => [`warning ${path}`];
    expect(check(rule('readOnly: true'), [], 'workers')).toEqual(
      warning('authorize.rules[0].readOnly'),
    );
    expect(check(rule('destructive: false'), [], 'workers')).toEqual(
      warning('authorize.rules[0].destructive'),
    );
    expect(check(validate(''), [], 'workers')).toEqual(warning('validate.unjudged'));
    expect(check(validate(', unjudged: pass'), [], 'workers')).toEqual([]);
  });

  it('tells rules what callers authentication lets in', () => {
    const rule = (member: string) => `authorize: {rules: [{name: x, effect: allow, ${member}}]}`;
    expect(check(rule('scopes: [a]'), [LOCAL])).toEqual(['error authorize.rules[0].scopes']);
    expect(check(`${KEYS}\n${rule('scopes: [a]')}`)).toEqual(['error authorize.rules[0].scopes']);
    expect(check(`${KEYS}\n${rule('roles: [r]')}`)).toEqual([]);
    expect(check(`${KEYS}\n${rule('kinds: [jwt]')}`)).toEqual(['error authorize.rules[0].kinds']);
    const jwt = 'auth: {methods: [{kind: jwt, issuer: i, jwksUrl: "https://a/k", audience: [b]}]}';
    expect(check(`${jwt}\n${rule('scopes: [a], roles: [b], kinds: [jwt]')}`)).toEqual([]);
  });

  it('knows whether certificates are asked for', () => {
    const yaml = 'auth: {methods: [{kind: certificate, clients: [{match: CN=a}]}]}';
    expect(check(yaml)).toEqual(['error auth.methods[0]']);
    expect(check(yaml, ['--tls-client-ca-file=ca.crt'])).toEqual(['error auth.methods[0]']);
    expect(check(yaml, ['--tls-client-ca-file=ca.crt', '--tls-enabled'])).toEqual([]);
    expect(check(yaml, [], 'workers')).toEqual([]);
  });

  it('tells limits whether callers have names, and how many processes there are', () => {
    const limits = (rest: string) => `limits: {rates: [{name: x${rest}}]}`;
    expect(check(limits(', per: [principal]'), [LOCAL])).toEqual(['error limits.rates[0].per']);
    expect(check(limits(''), [LOCAL, '--workers=2'])).toEqual(['warning limits.store.kind']);
    expect(check(limits(''), [LOCAL, '--workers=auto'])).toEqual(['warning limits.store.kind']);
    expect(check(limits(''), [LOCAL, '--workers=auto'], 'deno')).toEqual([]);
    expect(check('limits: {store: {kind: durable_object}}', [LOCAL])).toEqual([
      'error limits.store.kind',
    ]);
  });

  it('only warns of what a breaker or a check may mean', () => {
    expect(check('breaker: {failureStatuses: [4xx]}', [LOCAL])).toEqual([
      'warning breaker.failureStatuses',
    ]);
    expect(check('validate: {mode: enforce, methods: [tools/call]}', [LOCAL])).toEqual([
      'warning validate.methods',
    ]);
  });

  it('takes the levels that the audit gives', () => {
    expect(check('audit: {maskNames: [password], client: hashed}', [LOCAL])).toEqual([
      'error audit.hashKey',
      'warning audit.maskNames[0]',
    ]);
    expect(check('audit: {}', [LOCAL, '--workers=2'])).toEqual(['warning audit.sinks[0].type']);
    expect(check('audit: {sinks: [{type: file, path: a}]}', [LOCAL, '--workers=2'])).toEqual([
      'error audit.sinks[0].path',
    ]);
  });
});

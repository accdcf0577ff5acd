import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { type AuthCheckContext, authSchema, checkAuth } from '../../../src/config/policy/auth.ts';
import { formatKeyPath } from '../../../src/config/problem.ts';
import { createAuthPolicy } from '../../../src/policy/auth/auth-policy.ts';
import { hashPassword, parsePasswordHash } from '../../../src/policy/auth/password.ts';
import type { AuthSettings } from '../../../src/policy/auth/settings.ts';

const DIGEST = 'ab'.repeat(32);
const HASH = `pbkdf2-sha256$100000$${'A'.repeat(22)}$${'A'.repeat(43)}`;

const apiKey = { kind: 'api_key', clients: [{ subject: 'a', keys: [{ digest: DIGEST }] }] };
const jwt = {
  kind: 'jwt',
  issuer: 'https://issuer.example.com',
  jwksUrl: 'https://issuer.example.com/keys?policy=a',
  audience: ['https://mcp.example.com'],
};
const basic = { kind: 'basic', users: [{ subject: 'ann', passwordHash: HASH }] };
const certificate = { kind: 'certificate', clients: [{ match: 'CN=agent-*' }] };
const resource = { url: 'https://mcp.example.com/mcp' };

function read(input: unknown): AuthSettings {
  return z.parse(authSchema, input);
}

/** Paths and messages of what is wrong. */
function problems(input: unknown): string[] {
  const result = z.safeParse(authSchema, input);
  if (result.success) return [];
  const lines: string[] = [];
  const collect = (issues: readonly z.core.$ZodIssue[], path: PropertyKey[]): void => {
    for (const issue of issues)
      lines.push(`${formatKeyPath([...path, ...issue.path])}: ${issue.message}`);
  };
  collect(result.error.issues, []);
  return lines;
}

describe('authSchema', () => {
  it('asks nobody when nothing is said', () => {
    expect(read({})).toEqual({
      mode: 'none',
      insecureNoAuth: false,
      methods: [],
      resource: null,
      upstream: null,
    });
  });

  it('requires authentication as soon as a method is listed', () => {
    expect(read({ methods: [apiKey] }).mode).toBe('required');
    expect(read({ methods: [apiKey], mode: 'none' }).mode).toBe('none');
  });

  it('reads API keys with their dates', () => {
    const keys = [
      { digest: DIGEST.toUpperCase(), expires: '2027-01-31', label: 'old' },
      { digest: 'cd'.repeat(32), expires: '2027-01-31T12:00:00+02:00' },
    ];
    const clients = [{ subject: 'laptop', keys, scopes: ['a'], roles: ['b'] }];
    const { methods } = read({ methods: [{ kind: 'api_key', clients }] });
    expect(methods).toEqual([
      {
        kind: 'api_key',
        bearer: true,
        queryParameter: null,
        clients: [
          {
            subject: 'laptop',
            scopes: ['a'],
            roles: ['b'],
            keys: [
              { digest: DIGEST, expiresAt: Date.UTC(2027, 0, 31), label: 'old' },
              { digest: 'cd'.repeat(32), expiresAt: Date.UTC(2027, 0, 31, 10), label: null },
            ],
          },
        ],
      },
    ]);
  });

  it('reads an issuer, with what is usual for the rest', () => {
    const { methods } = read({
      methods: [{ ...jwt, requiredClaims: { tenant: 'acme', groups: ['a', 2, true], any: [] } }],
    });
    expect(methods).toEqual([
      {
        ...jwt,
        algorithms: ['RS256', 'ES256'],
        tokenType: null,
        clockSkewMs: 30_000,
        requiredClaims: [
          { path: 'tenant', anyOf: ['acme'] },
          { path: 'groups', anyOf: ['a', 2, true] },
          { path: 'any', anyOf: [] },
        ],
        subjectClaim: 'sub',
        scopeClaims: ['scope', 'scp'],
        roleClaims: ['roles'],
        exposedClaims: [],
        jwks: { refreshMs: 600_000, maxAgeMs: 3_600_000, minIntervalMs: 30_000, timeoutMs: 5_000 },
      },
    ]);
  });

  it('reads the rest, and makes settings a policy can be made of', () => {
    const settings = read({
      methods: [apiKey, basic, jwt, certificate],
      resource,
      upstream: { scheme: 'Bearer', env: 'TOKEN' },
    });
    expect(settings.resource).toEqual({
      url: 'https://mcp.example.com/mcp',
      authorizationServers: [],
      scopes: [],
      scopesSupported: [],
      name: null,
    });
    expect(settings.upstream).toEqual({
      header: 'Authorization',
      scheme: 'Bearer',
      env: 'TOKEN',
      file: null,
    });
    createAuthPolicy(settings, { upstreamSecret: () => 's' }).close();
  });

  it('has a JSON Schema', () => {
    expect(z.toJSONSchema(authSchema, { io: 'input' })).toMatchObject({ type: 'object' });
  });

  it.each([
    ['an unknown key', { method: [] }],
    ['an unknown mode', { mode: 'optional' }],
    ['an unknown kind', { methods: [{ kind: 'magic' }] }],
    ['no kind', { methods: [{}] }],
    ['no clients', { methods: [{ kind: 'api_key', clients: [] }] }],
    [
      'a client without keys',
      { methods: [{ kind: 'api_key', clients: [{ subject: 'a', keys: [] }] }] },
    ],
    ['a method that is a list', { methods: [[]] }],
    ['HMAC', { methods: [{ ...jwt, algorithms: ['HS256'] }] }],
    ['alg none', { methods: [{ ...jwt, algorithms: ['none'] }] }],
    ['no algorithm', { methods: [{ ...jwt, algorithms: [] }] }],
    ['a key set behind a password', { methods: [{ ...jwt, jwksUrl: 'https://a:b@c/keys' }] }],
    ['a key set in a file', { methods: [{ ...jwt, jwksUrl: 'file:///keys' }] }],
    ['a key set with a fragment', { methods: [{ ...jwt, jwksUrl: 'https://c/keys#x' }] }],
    ['a required claim that is an object', { methods: [{ ...jwt, requiredClaims: { a: {} } }] }],
    [
      'a colon in a user name',
      { methods: [{ ...basic, users: [{ subject: 'a:b', passwordHash: HASH }] }] },
    ],
    ['every certificate', { methods: [{ kind: 'certificate', clients: [{ match: 'CN=*' }] }] }],
    ['every URI', { methods: [{ kind: 'certificate', clients: [{ match: 'URI:**' }] }] }],
    [
      'a pattern without a type',
      { methods: [{ kind: 'certificate', clients: [{ match: 'agent' }] }] },
    ],
    ['a resource that is no URL', { resource: { url: 'mcp.example.com' } }],
    ['a resource with a query', { resource: { url: 'https://mcp.example.com/?a' } }],
    ['a scope with a quote', { resource: { ...resource, scopes: ['a"b'] } }],
    ['a scope of two words', { resource: { ...resource, scopes: ['a b'] } }],
    ['an upstream secret from nowhere', { upstream: {} }],
    ['an upstream secret from two places', { upstream: { env: 'A', file: '/a' } }],
    ['an upstream field with another meaning', { upstream: { env: 'A', header: 'Host' } }],
    ['an upstream field of the protocol', { upstream: { env: 'A', header: 'Mcp-Session-Id' } }],
    ['an upstream field that is two', { upstream: { env: 'A', header: 'A\r\nB' } }],
    ['a query parameter with a sign', { methods: [{ ...apiKey, queryParameter: 'a&b' }] }],
  ])('refuses %s', (_what, input) => {
    expect(problems(input)).not.toEqual([]);
  });

  it.each(['2027-02-30', '2027-13-01', '2027-1-1', 'tomorrow', '2027-01-01T10:00:00', '1e12'])(
    'refuses %s as a date',
    (expires) => {
      const clients = [{ subject: 'a', keys: [{ digest: DIGEST, expires }] }];
      expect(problems({ methods: [{ kind: 'api_key', clients }] })).toEqual([
        expect.stringMatching(
          /^methods\[0\]\.clients\[0\]\.keys\[0\]\.expires: must be a date such as/,
        ),
      ]);
    },
  );

  it('attack: a secret given in place of its digest is refused, and not repeated', () => {
    const secret = 'weir_Abcdefghijklmnopqrstuvwxyz0123456789';
    const lines = [
      ...problems({
        methods: [{ kind: 'api_key', clients: [{ subject: 'a', keys: [{ digest: secret }] }] }],
      }),
      ...problems({
        methods: [{ kind: 'basic', users: [{ subject: 'a', passwordHash: secret }] }],
      }),
    ];
    expect(lines).toHaveLength(2);
    expect(lines.join()).toContain('never the key itself');
    expect(lines.join()).toContain('never the password');
    expect(lines.join()).not.toContain(secret);
  });

  it('takes no password hash that the policy would refuse', async () => {
    const made = await hashPassword('x');
    expect(
      problems({ methods: [{ kind: 'basic', users: [{ subject: 'a', passwordHash: made }] }] }),
    ).toEqual([]);
    const digit = fc.constantFrom(...'AQgwBCDEcz0489_-=+/');
    const text = (min: number, max: number) =>
      fc.array(digit, { minLength: min, maxLength: max }).map((digits) => digits.join(''));
    fc.assert(
      fc.property(
        fc.constantFrom('100000', '99999', '2000001', '600000', '0100000', ''),
        text(20, 30),
        text(42, 44),
        (iterations, salt, hash) => {
          const passwordHash = `pbkdf2-sha256$${iterations}$${salt}$${hash}`;
          const users = [{ subject: 'a', passwordHash }];
          if (problems({ methods: [{ kind: 'basic', users }] }).length > 0) return;
          parsePasswordHash(passwordHash);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('checkAuth', () => {
  const context: AuthCheckContext = {
    listenerIsLoopback: false,
    hasOtherPolicies: false,
    verifiesCertificates: true,
    runtime: 'node',
  };

  function check(input: unknown, parts: Partial<AuthCheckContext> = {}): string[] {
    return checkAuth(read(input), { ...context, ...parts }).map(({ path }) => path);
  }

  it('finds nothing wrong with what is right', () => {
    expect(check({})).toEqual([]);
    expect(check({ mode: 'passthrough' }, { hasOtherPolicies: true })).toEqual([]);
    expect(
      check({ methods: [apiKey, basic, jwt, certificate], resource }, { hasOtherPolicies: true }),
    ).toEqual([]);
    expect(check({ methods: [{ ...jwt, audience: [] }], resource })).toEqual([]);
    const local = { ...jwt, jwksUrl: 'http://127.0.0.1:8000/keys' };
    expect(check({ methods: [local], resource: { url: 'http://localhost:8080/mcp' } })).toEqual([]);
  });

  it('refuses auth none beside another policy, unless local or said to be meant', () => {
    const policies = { hasOtherPolicies: true };
    expect(check({}, policies)).toEqual(['auth.mode']);
    expect(check({}, { ...policies, listenerIsLoopback: true })).toEqual([]);
    expect(check({ insecureNoAuth: true }, policies)).toEqual([]);
    expect(check({ upstream: { env: 'A' } })).toEqual(['auth.mode']);
  });

  it.each([
    ['methods that are never asked', { mode: 'none', methods: [apiKey] }, 'auth.mode'],
    ['required without a method', { mode: 'required' }, 'auth.methods'],
    ['a switch without effect', { methods: [apiKey], insecureNoAuth: true }, 'auth.insecureNoAuth'],
    ['a resource nobody guards', { mode: 'passthrough', resource }, 'auth.resource'],
    [
      'passthrough with a credential',
      { mode: 'passthrough', upstream: { env: 'A' } },
      'auth.upstream',
    ],
    ['two methods of a kind', { methods: [apiKey, apiKey] }, 'auth.methods[1]'],
    ['one issuer twice', { methods: [jwt, jwt] }, 'auth.methods[1]'],
    [
      'tokens without audience',
      { methods: [{ ...jwt, audience: [] }] },
      'auth.methods[0].audience',
    ],
    [
      'keys over HTTP',
      { methods: [{ ...jwt, jwksUrl: 'http://i/keys' }] },
      'auth.methods[0].jwksUrl',
    ],
    [
      'keys over HTTP from what only looks local',
      { methods: [{ ...jwt, jwksUrl: 'http://127.0.0.1.evil.example/keys' }] },
      'auth.methods[0].jwksUrl',
    ],
    [
      'keys that end too soon',
      { methods: [{ ...jwt, jwks: { refresh: '2h' } }] },
      'auth.methods[0].jwks.refresh',
    ],
    ['a resource without tokens', { methods: [apiKey], resource }, 'auth.resource'],
    [
      'a resource over HTTP',
      { methods: [jwt], resource: { url: 'http://mcp.example.com' } },
      'auth.resource.url',
    ],
    [
      'offline_access',
      { methods: [jwt], resource: { ...resource, scopes: ['offline_access'] } },
      'auth.resource.scopes',
    ],
    [
      'a key in the query of a resource',
      { methods: [{ ...apiKey, queryParameter: 'key' }, jwt], resource },
      'auth.methods[0].queryParameter',
    ],
    [
      'a key of two clients',
      {
        methods: [
          { ...apiKey, clients: [...apiKey.clients, { ...apiKey.clients[0], subject: 'b' }] },
        ],
      },
      'auth.methods[0].clients[1].keys[0].digest',
    ],
    [
      'a client named twice',
      {
        methods: [
          {
            ...apiKey,
            clients: [...apiKey.clients, { subject: 'a', keys: [{ digest: 'cd'.repeat(32) }] }],
          },
        ],
      },
      'auth.methods[0].clients[1].subject',
    ],
    [
      'a user named twice',
      { methods: [{ ...basic, users: [...basic.users, ...basic.users] }] },
      'auth.methods[0].users[1].subject',
    ],
    [
      'passwords of different cost',
      {
        methods: [
          {
            ...basic,
            users: [
              ...basic.users,
              { subject: 'b', passwordHash: HASH.replace('100000', '600000') },
            ],
          },
        ],
      },
      'auth.methods[0].users[1].passwordHash',
    ],
  ])('finds %s', (_what, input, path) => {
    expect(check(input)).toEqual([path]);
  });

  it('finds certificates that never arrive, and passwords Workers cannot check', () => {
    expect(check({ methods: [certificate] }, { verifiesCertificates: false })).toEqual([
      'auth.methods[0]',
    ]);
    const users = [{ subject: 'a', passwordHash: HASH.replace('100000', '600000') }];
    expect(check({ methods: [{ kind: 'basic', users }] })).toEqual([]);
    expect(check({ methods: [{ kind: 'basic', users }] }, { runtime: 'workers' })).toEqual([
      'auth.methods[0].users[0].passwordHash',
    ]);
  });

  it('says in one line what, why and what to do', () => {
    const lines = checkAuth(read({ mode: 'required', insecureNoAuth: true }), context);
    for (const { message } of lines) {
      expect(message).toMatch(/^[^\n]+: [^\n]+$/);
      expect(message).not.toMatch(/\.$/);
    }
  });
});

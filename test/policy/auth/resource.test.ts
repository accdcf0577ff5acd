import { describe, expect, it } from 'vitest';
import type { Refusal } from '../../../src/exchange/guard.ts';
import { FakeIssuer, makeKey, sign } from './issuer.ts';
import {
  answer,
  apiKeys,
  ask,
  fieldValues,
  ISSUER,
  jwtSettings,
  policyOf,
  refusal,
  resourceSettings,
} from './settings.ts';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

const policy = policyOf({ methods: [jwtSettings()], resource: resourceSettings() });

function challenges(headers: readonly string[] | undefined): string[] {
  return fieldValues(headers, 'WWW-Authenticate');
}

describe('protected resource metadata', () => {
  it.each([WELL_KNOWN, `${WELL_KNOWN}/mcp`, `${WELL_KNOWN}/mcp/`])('is at %s', async (path) => {
    const { verdict, exchange } = await ask(policy, { httpMethod: 'GET', path });
    const { status, headers, body } = answer(verdict);
    expect(status).toBe(200);
    expect(JSON.parse(body)).toEqual({
      resource: 'https://mcp.example.com/mcp',
      authorization_servers: [ISSUER],
      scopes_supported: ['mcp'],
      bearer_methods_supported: ['header'],
    });
    expect(fieldValues(headers, 'Content-Type')).toEqual(['application/json']);
    expect(fieldValues(headers, 'Access-Control-Allow-Origin')).toEqual(['*']);
    expect(fieldValues(headers, 'Cache-Control')).toEqual(['public, max-age=3600']);
    expect(exchange.principal).toBeNull();
  });

  it('says what it is told to say', async () => {
    const own = policyOf({
      methods: [jwtSettings()],
      resource: resourceSettings({
        url: 'https://mcp.example.com/',
        authorizationServers: ['https://as.example.com'],
        scopesSupported: ['mcp', 'mcp:write'],
        name: 'Example',
      }),
    });
    const { verdict } = await ask(own, { httpMethod: 'GET', path: WELL_KNOWN });
    expect(JSON.parse(answer(verdict).body)).toMatchObject({
      resource: 'https://mcp.example.com/',
      authorization_servers: ['https://as.example.com'],
      scopes_supported: ['mcp', 'mcp:write'],
      resource_name: 'Example',
    });
  });

  it('is asked for by HEAD, and by browsers with a preflight', async () => {
    const head = await ask(policy, { httpMethod: 'HEAD', path: WELL_KNOWN });
    expect(answer(head.verdict)).toMatchObject({ status: 200, body: '' });
    const preflight = await ask(policy, { httpMethod: 'OPTIONS', path: `${WELL_KNOWN}/mcp` });
    expect(answer(preflight.verdict).status).toBe(204);
    expect(fieldValues(answer(preflight.verdict).headers, 'Access-Control-Allow-Methods')).toEqual([
      'GET, HEAD, OPTIONS',
    ]);
  });

  it('takes no other method', async () => {
    const { verdict } = await ask(policy, { httpMethod: 'POST', path: WELL_KNOWN, body: {} });
    expect(answer(verdict).status).toBe(405);
    expect(fieldValues(answer(verdict).headers, 'Allow')).toEqual(['GET, HEAD, OPTIONS']);
  });

  it.each([
    `${WELL_KNOWN}/other`,
    `${WELL_KNOWN}//mcp`,
    `${WELL_KNOWN}/mcp/../../secret`,
    `${WELL_KNOWN}x`,
    '/.well-known/openid-configuration',
    `/x${WELL_KNOWN}`,
  ])('attack: %s is a path like any other', async (path) => {
    expect((await ask(policy, { httpMethod: 'GET', path })).reason).toBe('missing');
  });

  it('is not served where there is no resource', async () => {
    const plain = policyOf({ methods: [jwtSettings()] });
    expect((await ask(plain, { httpMethod: 'GET', path: WELL_KNOWN })).reason).toBe('missing');
  });

  it('needs an authorization server', () => {
    expect(() => policyOf({ methods: [apiKeys()], resource: resourceSettings() })).toThrow(
      TypeError,
    );
  });
});

describe('challenges', () => {
  const metadata = `resource_metadata="https://mcp.example.com${WELL_KNOWN}/mcp"`;

  it('name metadata and scope, and no error where no token was sent', async () => {
    const { verdict } = await ask(policy, {});
    expect(refusal(verdict)).toMatchObject({ status: 401, code: -31007 });
    expect(challenges(refusal(verdict).headers)).toEqual([`Bearer ${metadata}, scope="mcp"`]);
  });

  it('name the error where a token was sent', async () => {
    const { verdict } = await ask(policy, { headers: { Authorization: 'Bearer eyJ.x.y' } });
    expect(challenges(refusal(verdict).headers)).toEqual([
      `Bearer error="invalid_token", ${metadata}, scope="mcp"`,
    ]);
  });

  it('say the same of every token that is not accepted', async () => {
    const key = await makeKey('k');
    const issuer = new FakeIssuer(key);
    const asked = policyOf(
      { methods: [jwtSettings()], resource: resourceSettings() },
      issuer.ports,
    );
    const tokens = [
      await sign(key, { exp: 1 }),
      await sign(key, { nbf: 9e9 }),
      await sign(key, { aud: 'x' }),
      await sign(key, { iss: 'x' }),
      await sign(key, { sub: '' }),
      await sign(key, {}, { kid: 'x' }),
      await sign(await makeKey('k')),
      'eyJ.x.y',
      'x',
    ];
    const reasons = new Set<string | null>();
    const told = new Set<string>();
    for (const token of tokens) {
      const { verdict, reason } = await ask(asked, {
        headers: { Authorization: `Bearer ${token}` },
      });
      const { decision: _, ...shown } = refusal(verdict);
      reasons.add(reason);
      told.add(JSON.stringify(shown));
    }
    expect(reasons).toEqual(
      new Set([
        'expired',
        'not_yet_valid',
        'wrong_audience',
        'wrong_issuer',
        'claims',
        'unknown_key',
        'bad_signature',
        'malformed',
      ]),
    );
    expect(told.size).toBe(1);
  });

  it('begin with Bearer where several methods are offered', async () => {
    const users = [
      { subject: 'a', passwordHash: `pbkdf2-sha256$100000$${'A'.repeat(22)}$${'A'.repeat(43)}` },
    ].map((user) => ({ ...user, scopes: [], roles: [] }));
    const several = policyOf({ methods: [{ kind: 'basic', users }, apiKeys()] });
    const { verdict } = await ask(several, {});
    expect(challenges(refusal(verdict).headers)).toEqual([
      'Bearer realm="mcp"',
      'Basic realm="mcp", charset="UTF-8"',
    ]);
  });

  it('are there for every method', async () => {
    const keysOnly = policyOf({ methods: [apiKeys({ bearer: false })] });
    const { verdict } = await ask(keysOnly, {});
    expect(challenges(refusal(verdict).headers)).toEqual(['ApiKey realm="mcp"']);
  });
});

describe('explainMissingScopes', () => {
  const forbidden: Refusal = {
    kind: 'refuse',
    decision: { policy: 'authorize', decision: 'deny', rule: 'r', reason: 'missing_scope' },
    status: 403,
    code: -31008,
    message: 'Not allowed',
    data: { missing: { scopes: ['b'] }, required: { scopes: ['a', 'b'] } },
    headers: ['X-Own', '1'],
  };

  it('names all scopes of the operation', () => {
    const { headers, ...rest } = policy.explainMissingScopes(forbidden);
    const { headers: _, ...given } = forbidden;
    expect(rest).toEqual(given);
    expect(fieldValues(headers, 'X-Own')).toEqual(['1']);
    expect(challenges(headers)).toEqual([
      `Bearer error="insufficient_scope", resource_metadata="https://mcp.example.com${WELL_KNOWN}/mcp", scope="a b"`,
    ]);
  });

  it.each([
    ['another status', { ...forbidden, status: 200 }],
    [
      'a missing role',
      { ...forbidden, data: { missing: { roles: ['x'] }, required: { scopes: ['a'] } } },
    ],
    ['no data', { ...forbidden, data: {} }],
    ['data of another shape', { ...forbidden, data: { missing: ['b'], required: 'a' } }],
  ])('leaves a refusal with %s as it is', (_what, given) => {
    expect(policy.explainMissingScopes(given)).toBe(given);
  });

  it('leaves refusals as they are where no tokens are read', () => {
    const keysOnly = policyOf({ methods: [apiKeys({ bearer: false })] });
    expect(keysOnly.explainMissingScopes(forbidden)).toBe(forbidden);
  });

  it('attack: a scope that would break out of the field is left out', () => {
    const scopes = ['a"', 'b\\', 'c\r\nSet-Cookie: x', 'd e', '', 'é', 7, 'ok', 'ok'];
    const given = { ...forbidden, data: { missing: { scopes }, required: { scopes } } };
    const [challenge = ''] = challenges(policy.explainMissingScopes(given).headers);
    expect(challenge).toMatch(/scope="ok"$/);
  });

  it('attack: a list of scopes without end is cut', () => {
    const scopes = Array.from({ length: 10_000 }, (_, index) => `scope:${index}`);
    const given = { ...forbidden, data: { missing: { scopes }, required: { scopes } } };
    const [challenge = ''] = challenges(policy.explainMissingScopes(given).headers);
    expect(challenge.length).toBeLessThan(5_000);
  });
});

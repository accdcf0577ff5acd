import { createHmac } from 'node:crypto';
import { exportJWK, exportSPKI } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AuthPolicy } from '../../../src/policy/auth/auth-policy.ts';
import type { JwtAlgorithm, JwtSettings } from '../../../src/policy/auth/settings.ts';
import {
  base64url,
  FakeIssuer,
  GOOD_CLAIMS,
  makeKey,
  NOW_SECONDS,
  type SigningKey,
  sign,
} from './issuer.ts';
import {
  AUDIENCE,
  apiKeys,
  ask,
  authSettings,
  fieldValues,
  ISSUER,
  JWKS_URL,
  judge,
  jwtSettings,
  KEY,
  NOW_MS,
  policyOf,
  refusal,
  resourceSettings,
} from './settings.ts';

let key: SigningKey;
let rsaKey: SigningKey;
let strangersKey: SigningKey;

beforeAll(async () => {
  key = await makeKey('key-1');
  rsaKey = await makeKey('rsa-1', 'RS256');
  strangersKey = await makeKey('key-1');
});

function setUp(parts: Partial<JwtSettings> = {}): { issuer: FakeIssuer; policy: AuthPolicy } {
  const issuer = new FakeIssuer(key, rsaKey);
  return { issuer, policy: policyOf({ methods: [jwtSettings(parts)] }, issuer.ports) };
}

const bearer = (token: string): Record<string, string> => ({ Authorization: `Bearer ${token}` });

/** What is made of a token with these claims. */
async function judgeClaims(
  claims: Record<string, unknown>,
  parts: Partial<JwtSettings> = {},
): Promise<string | null> {
  return judge(setUp(parts).policy, bearer(await sign(key, claims)));
}

describe('JWT', () => {
  it('lets its subject in, with scopes, roles and what of its claims is exposed', async () => {
    const { policy } = setUp({
      roleClaims: ['realm.roles', 'https://example.com/roles'],
      exposedClaims: ['email', 'realm.name', 'none', '__proto__'],
    });
    const token = await sign(key, {
      scope: 'a b  a',
      scp: ['c', '', 7],
      realm: { roles: ['admin'], name: 'x' },
      'https://example.com/roles': 'owner',
      email: 'alice@example.com',
      secret: 's',
    });
    const { exchange } = await ask(policy, { headers: bearer(token) });
    const { principal } = exchange;
    expect(principal).toMatchObject({ kind: 'jwt', subject: 'alice', issuer: ISSUER });
    expect([...(principal?.scopes ?? [])]).toEqual(['a', 'b', 'c']);
    expect([...(principal?.roles ?? [])]).toEqual(['admin', 'owner']);
    expect({ ...principal?.claims }).toEqual({ email: 'alice@example.com', 'realm.name': 'x' });
    expect(exchange.notes).toEqual([
      { policy: 'auth', decision: 'allow', rule: null, reason: 'jwt' },
    ]);
  });

  it.each(['RS256', 'PS384', 'ES384', 'EdDSA'] as const)('verifies %s', async (alg) => {
    const own = await makeKey('k', alg);
    const issuer = new FakeIssuer(own);
    const policy = policyOf({ methods: [jwtSettings({ algorithms: [alg] })] }, issuer.ports);
    expect(await judge(policy, bearer(await sign(own)))).toBe('alice');
  });

  it('is verified without a kid where one key fits, or one of a few', async () => {
    const issuer = new FakeIssuer(strangersKey, key);
    issuer.jwks = issuer.jwks.map(({ kid: _, ...jwk }) => jwk);
    const policy = policyOf({ methods: [jwtSettings()] }, issuer.ports);
    const { kid: _, ...anonymous } = key;
    const token = await sign({ ...anonymous, kid: undefined as unknown as string });
    expect(await judge(policy, bearer(token))).toBe('alice');
    const stranger = await sign(await makeKey('x'), {}, { kid: undefined as unknown as string });
    expect(await judge(policy, bearer(stranger))).toBe('bad_signature');
  });

  it('fetches the key set once, by the configured URL, without following redirects', async () => {
    const { issuer, policy } = setUp();
    const tokens = await Promise.all(
      Array.from({ length: 5 }, (_, n) => sign(key, { sub: `u${n}` })),
    );
    const subjects = await Promise.all(tokens.map((token) => judge(policy, bearer(token))));
    expect(subjects).toEqual(['u0', 'u1', 'u2', 'u3', 'u4']);
    expect(issuer.urls).toEqual([JWKS_URL]);
    expect(issuer.inits[0]?.redirect).toBe('manual');
  });

  it('takes the resource for its audience where none is configured', async () => {
    const issuer = new FakeIssuer(key);
    const policy = policyOf(
      { methods: [jwtSettings({ audience: [] })], resource: resourceSettings() },
      issuer.ports,
    );
    expect(await judge(policy, bearer(await sign(key)))).toBe('alice');
    expect(await judge(policy, bearer(await sign(key, { aud: 'other' })))).toBe('wrong_audience');
  });

  it('comes from several issuers, each with its own keys and audience', async () => {
    const issuer = new FakeIssuer(key);
    const other = { issuer: 'https://b.example.com', jwksUrl: 'https://b.example.com/keys' };
    const policy = policyOf(
      { methods: [jwtSettings(), jwtSettings({ ...other, audience: ['b'] })] },
      issuer.ports,
    );
    const tokenB = await sign(key, { iss: other.issuer, aud: 'b', sub: 'bob' });
    expect(await judge(policy, bearer(tokenB))).toBe('bob');
    expect(issuer.urls).toEqual([other.jwksUrl]);
    expect(await judge(policy, bearer(await sign(key, { iss: other.issuer })))).toBe(
      'wrong_audience',
    );
  });

  it('shares bearer tokens with API keys: what looks like a token is one', async () => {
    const issuer = new FakeIssuer(key);
    const policy = policyOf({ methods: [apiKeys(), jwtSettings()] }, issuer.ports);
    expect(await judge(policy, bearer(KEY))).toBe('laptop');
    expect(await judge(policy, bearer(await sign(key)))).toBe('alice');
    expect(await judge(policy, bearer(await sign(strangersKey)))).toBe('bad_signature');
    expect(await judge(policy, bearer(KEY.replace('A', 'B')))).toBe('unknown_key');
  });

  it('asks for a type of token where one is configured', async () => {
    const { policy } = setUp({ tokenType: 'at+jwt' });
    const typed = (typ: string) => sign(key, {}, { typ });
    expect(await judge(policy, bearer(await typed('at+jwt')))).toBe('alice');
    expect(await judge(policy, bearer(await typed('application/AT+JWT')))).toBe('alice');
    expect(await judge(policy, bearer(await typed('JWT')))).toBe('claims');
    expect(await judge(policy, bearer(await sign(key)))).toBe('claims');
  });
});

describe('claims', () => {
  it.each([
    ['expired', { exp: NOW_SECONDS - 31 }, 'expired'],
    ['expired within the skew', { exp: NOW_SECONDS - 29 }, 'alice'],
    ['expired at the end of the skew', { exp: NOW_SECONDS - 30 }, 'expired'],
    ['not yet valid', { nbf: NOW_SECONDS + 31 }, 'not_yet_valid'],
    ['valid within the skew', { nbf: NOW_SECONDS + 30 }, 'alice'],
    ['without exp', { exp: undefined }, 'claims'],
    ['with exp as text', { exp: String(NOW_SECONDS + 300) }, 'claims'],
    ['with exp beyond numbers', { exp: null }, 'claims'],
    ['with nbf as text', { nbf: '0' }, 'claims'],
    ['without a subject', { sub: undefined }, 'claims'],
    ['with an empty subject', { sub: '' }, 'claims'],
    ['with a subject that is a list', { sub: ['alice'] }, 'claims'],
    ['with a line break in its subject', { sub: 'alice\nadmin' }, 'claims'],
    ['with a terminal escape in its subject', { sub: 'a\u001b[31m' }, 'claims'],
    ['with a subject without end', { sub: 'a'.repeat(257) }, 'claims'],
  ])('a token %s', async (_what, claims, outcome) => {
    expect(await judgeClaims(claims)).toBe(outcome);
  });

  it.each([
    ['absent', {}, 'claims'],
    ['null', { tenant: null }, 'claims'],
    ['another', { tenant: 'umbrella' }, 'claims'],
    ['of another type', { tenant: { acme: 1 } }, 'claims'],
    ['right', { tenant: 'acme' }, 'alice'],
    ['among others', { tenant: ['x', 'acme'] }, 'alice'],
  ])('a required claim that is %s', async (_what, claims, outcome) => {
    const requiredClaims = [{ path: 'tenant', anyOf: ['acme', 7, true] }];
    expect(await judgeClaims(claims, { requiredClaims })).toBe(outcome);
  });

  it('a required claim is not found among what every object has', async () => {
    for (const path of [
      'constructor',
      '__proto__',
      'toString',
      'realm.constructor',
      'aud.length',
    ]) {
      expect(await judgeClaims({ realm: {} }, { requiredClaims: [{ path, anyOf: [] }] })).toBe(
        'claims',
      );
    }
  });

  it('attack: __proto__ in claims grants nothing', async () => {
    const payload = `{"__proto__":{"scope":"admin","sub":"root"},${JSON.stringify(GOOD_CLAIMS).slice(1)}`;
    const { CompactSign } = await import('jose');
    const token = await new CompactSign(new TextEncoder().encode(payload))
      .setProtectedHeader({ alg: key.alg, kid: key.kid })
      .sign(key.privateKey);
    const { exchange } = await ask(setUp().policy, { headers: bearer(token) });
    expect(exchange.principal?.subject).toBe('alice');
    expect(exchange.principal?.scopes.size).toBe(0);
  });
});

describe('attack: audience', () => {
  it.each([
    ['another', 'https://other.example.com/mcp'],
    ['none', undefined],
    ['empty', ''],
    ['a prefix', AUDIENCE.slice(0, -1)],
    ['an extension', `${AUDIENCE}/`],
    ['in upper case', AUDIENCE.toUpperCase()],
    ['with a space after it', `${AUDIENCE} `],
    ['several in one text', `${AUDIENCE} https://other.example.com`],
    ['an empty list', []],
    ['a list in a list', [[AUDIENCE]]],
    ['a list with something else in it', [AUDIENCE, { toString: AUDIENCE }]],
    ['an object with it as a member', { [AUDIENCE]: true, 0: AUDIENCE, length: 1 }],
    ['true', true],
  ])('%s is refused', async (_what, aud) => {
    expect(await judgeClaims({ aud })).toBe('wrong_audience');
  });

  it('a list that names it among others passes', async () => {
    expect(await judgeClaims({ aud: ['https://other.example.com', AUDIENCE] })).toBe('alice');
  });
});

describe('attack: issuer', () => {
  it.each([
    ['none', undefined],
    ['another', 'https://evil.example.com'],
    ['an extension of the name', `${ISSUER}.evil.example`],
    ['with a slash more', `${ISSUER}/`],
    ['with user information', ISSUER.replace('://', '://issuer@')],
    ['in upper case', ISSUER.toUpperCase()],
    ['a list', [ISSUER]],
    ['what every object has', '__proto__'],
  ])('%s is refused, and no key is fetched', async (_what, iss) => {
    const { issuer, policy } = setUp();
    expect(await judge(policy, bearer(await sign(key, { iss })))).toBe('wrong_issuer');
    expect(issuer.fetches).toBe(0);
  });
});

describe('attack: algorithm confusion', () => {
  /** A token signed by HMAC with something public as its secret. */
  function hmacToken(secret: string | Uint8Array, header: Record<string, unknown> = {}): string {
    const input = `${base64url({ alg: 'HS256', kid: 'rsa-1', ...header })}.${base64url(GOOD_CLAIMS)}`;
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
  }

  it('HS256 signed with the RSA public key as PEM is refused', async () => {
    const pem = await exportSPKI(rsaKey.publicKey);
    for (const secret of [pem, pem.trim(), pem.replaceAll('\n', '')]) {
      expect(await judge(setUp().policy, bearer(hmacToken(secret)))).toBe('algorithm');
    }
  });

  it('HS256 signed with the RSA public key as JWK is refused', async () => {
    const { n = '' } = rsaKey.jwk;
    for (const secret of [JSON.stringify(rsaKey.jwk), n, Buffer.from(n, 'base64url')]) {
      expect(await judge(setUp().policy, bearer(hmacToken(secret)))).toBe('algorithm');
    }
  });

  it('an HMAC signature that calls itself RS256 is refused', async () => {
    const pem = await exportSPKI(rsaKey.publicKey);
    expect(await judge(setUp().policy, bearer(hmacToken(pem, { alg: 'RS256' })))).toBe(
      'bad_signature',
    );
  });

  it('a shared secret in the key set is never used', async () => {
    const { issuer, policy } = setUp();
    issuer.jwks = [{ kty: 'oct', kid: 'rsa-1', k: base64url('secret'), alg: 'HS256' }];
    expect(await judge(policy, bearer(hmacToken('secret')))).toBe('algorithm');
    expect(await judge(policy, bearer(hmacToken('secret', { alg: 'RS256' })))).toBe('unavailable');
  });

  it('a private key that an issuer published by mistake is not used', async () => {
    const { issuer, policy } = setUp();
    issuer.jwks = [{ ...(await exportJWK(key.privateKey)), kid: key.kid, alg: key.alg }];
    expect(await judge(policy, bearer(await sign(key)))).toBe('unavailable');
    expect(issuer.failures).toEqual([`${ISSUER} no_keys`]);
  });

  it('settings that allow HMAC or none are refused before start', () => {
    for (const algorithm of ['HS256', 'none', 'None', 'RS256 ', 'dir']) {
      const algorithms = [algorithm as JwtAlgorithm];
      expect(() => setUp({ algorithms })).toThrow(TypeError);
    }
    expect(() => setUp({ algorithms: [] })).toThrow(TypeError);
  });

  it.each([
    'none',
    'None',
    'NONE',
    'nOnE',
    '',
    null,
    undefined,
    ['RS256'],
    'toString',
    '__proto__',
  ])('alg %j is refused, with and without a signature', async (alg) => {
    const unsigned = `${base64url({ alg, kid: 'key-1' })}.${base64url(GOOD_CLAIMS)}.`;
    const signature = (await sign(key)).split('.')[2] ?? '';
    for (const token of [unsigned, unsigned + signature]) {
      expect(await judge(setUp().policy, bearer(token))).toBe('algorithm');
    }
  });

  it('an allowed algorithm with a key of another family is refused', async () => {
    const { policy } = setUp();
    expect(await judge(policy, bearer(await sign(key, {}, { kid: 'rsa-1' })))).toBe('unknown_key');
  });

  it('an algorithm that is not configured is refused, though its key is known', async () => {
    const { policy } = setUp({ algorithms: ['ES256'] });
    expect(await judge(policy, bearer(await sign(rsaKey)))).toBe('algorithm');
  });

  it('an RSA key that is too short is refused', async () => {
    const { generateKeyPairSync, createSign } = await import('node:crypto');
    const pair = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const { issuer, policy } = setUp();
    const jwk = pair.publicKey.export({ format: 'jwk' }) as { kty: string };
    issuer.jwks = [{ ...jwk, kid: 'short', alg: 'RS256' }];
    const input = `${base64url({ alg: 'RS256', kid: 'short' })}.${base64url(GOOD_CLAIMS)}`;
    const signature = createSign('sha256').update(input).sign(pair.privateKey, 'base64url');
    expect(await judge(policy, bearer(`${input}.${signature}`))).toBe('bad_signature');
  });
});

describe('attack: forged signatures', () => {
  it('a token signed by a stranger under a known kid is refused', async () => {
    expect(await judge(setUp().policy, bearer(await sign(strangersKey)))).toBe('bad_signature');
  });

  it('claims changed after signing are refused', async () => {
    const [header, , signature] = (await sign(key)).split('.');
    const forged = `${header}.${base64url({ ...GOOD_CLAIMS, sub: 'root' })}.${signature}`;
    expect(await judge(setUp().policy, bearer(forged))).toBe('bad_signature');
  });

  it('a remembered token does not vouch for one with another signature', async () => {
    const { policy } = setUp();
    const token = await sign(key);
    expect(await judge(policy, bearer(token))).toBe('alice');
    const cut = token.slice(0, token.lastIndexOf('.') + 1);
    expect(await judge(policy, bearer(`${cut}${'A'.repeat(86)}`))).toBe('bad_signature');
    expect(await judge(policy, bearer(cut))).toBe('bad_signature');
  });

  it('keys that the token brings along are not read', async () => {
    const { issuer, policy } = setUp();
    const headers: Record<string, unknown>[] = [
      { jwk: strangersKey.jwk },
      { jku: 'https://evil.example.com/keys' },
      { x5u: 'https://evil.example.com/cert.pem' },
      { x5c: ['MIIB'] },
      { jku: 'http://169.254.169.254/latest/meta-data', kid: 'key-1' },
    ];
    for (const header of headers) {
      expect(await judge(policy, bearer(await sign(strangersKey, {}, header)))).toBe(
        'bad_signature',
      );
    }
    expect(issuer.urls).toEqual([JWKS_URL]);
  });

  it('critical extensions and unencoded payloads are refused', async () => {
    const input = (header: object) =>
      `${base64url({ alg: 'ES256', kid: 'key-1', ...header })}.${base64url(GOOD_CLAIMS)}.AAAA`;
    for (const header of [{ crit: ['b64'], b64: false }, { crit: ['x'], x: 1 }, { b64: false }]) {
      expect(await judge(setUp().policy, bearer(input(header)))).toBe('malformed');
    }
  });

  it.each([
    ['of two parts', 'eyJhIjoxfQ.eyJhIjoxfQ'],
    ['of four parts', 'eyJhIjoxfQ.eyJhIjoxfQ.a.b'],
    ['that is encrypted', 'eyJhIjoxfQ.a.b.c.d'],
    ['whose header is no JSON', 'eyJh.eyJhIjoxfQ.AAAA'],
    ['whose payload is no JSON', `${base64url({ alg: 'ES256' })}.eyJh.AAAA`],
    ['whose payload is a list', `${base64url({ alg: 'ES256' })}.${base64url([])}.AAAA`],
    ['of nothing', '..'],
    ['that is just text', 'AbcdefAbcdefAbcdefAbcdefAbcdef012345'],
    ['with standard base64', `${base64url({ alg: 'ES256' })}.ey+/.AAAA`],
  ])('a token %s is malformed', async (_what, token) => {
    const { issuer, policy } = setUp();
    expect(await judge(policy, bearer(token))).toBe('malformed');
    expect(issuer.fetches).toBe(0);
  });
});

describe('attack: kid', () => {
  it.each([
    ['a path', '../../../../etc/passwd'],
    ['a null device', '/dev/null'],
    ['a URL', 'https://evil.example.com/keys#key-1'],
    ['SQL', "key-1' OR '1'='1"],
    ['a command', 'key-1; cat /etc/passwd'],
    ['what every object has', '__proto__'],
    ['another case', 'KEY-1'],
    ['a space more', 'key-1 '],
    ['a NUL', 'key-1\0'],
    ['empty', ''],
  ])('that is %s names no key, and asks nobody but the issuer', async (_what, kid) => {
    const { issuer, policy } = setUp();
    expect(await judge(policy, bearer(await sign(key, {}, { kid })))).toBe('unknown_key');
    expect(new Set(issuer.urls)).toEqual(new Set([JWKS_URL]));
  });

  it('that is no text, or without end, is malformed', async () => {
    const { policy } = setUp();
    for (const kid of [1, null, ['key-1'], { toString: 'key-1' }, 'k'.repeat(257)]) {
      const token = `${base64url({ alg: 'ES256', kid })}.${base64url(GOOD_CLAIMS)}.AAAA`;
      expect(await judge(policy, bearer(token))).toBe('malformed');
    }
  });

  it('flood of unknown ids makes one fetch per interval', async () => {
    const { issuer, policy } = setUp();
    await judge(policy, bearer(await sign(key)));
    expect(issuer.fetches).toBe(1);
    const flood = async (): Promise<void> => {
      const tokens = await Promise.all(
        Array.from({ length: 50 }, (_, n) => sign(key, {}, { kid: `made-up-${n}` })),
      );
      const reasons = await Promise.all(tokens.map((token) => judge(policy, bearer(token))));
      expect(new Set(reasons)).toEqual(new Set(['unknown_key']));
    };
    await flood();
    expect(issuer.fetches).toBe(1);
    issuer.nowMs += 30_000;
    await flood();
    await flood();
    expect(issuer.fetches).toBe(2);
    issuer.nowMs += 30_000;
    await flood();
    expect(issuer.fetches).toBe(3);
  });

  it('that is new is found by fetching once more', async () => {
    const { issuer, policy } = setUp();
    await judge(policy, bearer(await sign(key)));
    const next = await makeKey('key-2');
    issuer.jwks.push(next.jwk);
    issuer.nowMs += 30_000;
    expect(await judge(policy, bearer(await sign(next)))).toBe('alice');
    expect(issuer.fetches).toBe(2);
  });
});

describe('remembered tokens', () => {
  it('cost no signature again, and their claims are judged every time', async () => {
    const { policy } = setUp();
    const headers = bearer(await sign(key, { exp: NOW_SECONDS + 10, nbf: NOW_SECONDS - 10 }));
    const at = async (seconds: number) => {
      const { reason, subject } = await ask(policy, { headers, startedAt: seconds * 1_000 });
      return reason ?? subject;
    };
    expect(await at(NOW_SECONDS)).toBe('alice');
    expect(await at(NOW_SECONDS + 39)).toBe('alice');
    expect(await at(NOW_SECONDS + 40)).toBe('expired');
    expect(await at(NOW_SECONDS - 41)).toBe('not_yet_valid');
    expect(await at(NOW_SECONDS)).toBe('alice');
  });

  it('are answered at once where the runtime has a synchronous SHA-256', async () => {
    const issuer = new FakeIssuer(key);
    const { sha256 } = await import('./settings.ts');
    const policy = policyOf({ methods: [jwtSettings()] }, { ...issuer.ports, sha256 });
    const headers = bearer(await sign(key));
    await judge(policy, headers);
    const { guardedExchange } = await import('../guarded-exchange.ts');
    const exchange = guardedExchange({ headers });
    expect(policy.open(exchange)?.head?.()).toBeNull();
    expect(exchange.principal?.subject).toBe('alice');
  });

  it('are forgotten when their key has left the key set', async () => {
    const { issuer, policy } = setUp();
    const headers = bearer(await sign(key));
    expect(await judge(policy, headers)).toBe('alice');
    issuer.jwks = [rsaKey.jwk];
    issuer.nowMs += 599_999;
    expect(await judge(policy, headers)).toBe('alice');
    issuer.nowMs += 1;
    expect(await judge(policy, headers)).toBe('unknown_key');
  });

  it('are no good once the keys are too old and cannot be had anew', async () => {
    const { issuer, policy } = setUp();
    const headers = bearer(await sign(key));
    expect(await judge(policy, headers)).toBe('alice');
    issuer.fault = () => {
      throw new Error('no route');
    };
    issuer.nowMs += 3_599_999;
    expect(await judge(policy, headers)).toBe('alice');
    issuer.nowMs += 1;
    expect(await judge(policy, headers)).toBe('unavailable');
  });
});

describe('a key set that is away', () => {
  it('refuses everybody with 503, and says when to try again', async () => {
    const { issuer, policy } = setUp();
    issuer.fault = () => new Response('down', { status: 500 });
    const { verdict, reason } = await ask(policy, { headers: bearer(await sign(key)) });
    expect(reason).toBe('unavailable');
    expect(refusal(verdict)).toMatchObject({ status: 503, code: -31013 });
    expect(fieldValues(refusal(verdict).headers, 'Retry-After')).toEqual(['5']);
    expect(fieldValues(refusal(verdict).headers, 'WWW-Authenticate')).toEqual([]);
    expect(issuer.failures).toEqual([`${ISSUER} status`]);
  });

  it('refuses an unknown kid with 503 when newer keys could not be fetched', async () => {
    const { issuer, policy } = setUp();
    await judge(policy, bearer(await sign(key)));
    issuer.fault = () => new Response(null, { status: 302, headers: { Location: '/elsewhere' } });
    issuer.nowMs += 30_000;
    expect(await judge(policy, bearer(await sign(key, {}, { kid: 'new' })))).toBe('unavailable');
    expect(await judge(policy, bearer(await sign(key)))).toBe('alice');
  });
});

describe('settings that could not hold', () => {
  it.each([
    ['no audience', { audience: [] }],
    ['an empty audience', { audience: [''] }],
    ['an empty issuer', { issuer: '' }],
    ['keys over plain HTTP', { jwksUrl: 'http://issuer.example.com/keys' }],
    ['keys from a file', { jwksUrl: 'file:///etc/keys' }],
    ['keys behind a password', { jwksUrl: 'https://a:b@issuer.example.com/keys' }],
    ['keys from what only looks local', { jwksUrl: 'http://localhost.evil.example/keys' }],
  ] as [string, Partial<JwtSettings>][])('%s is refused before start', (_what, parts) => {
    expect(() => setUp(parts)).toThrow(TypeError);
  });

  it('keys over plain HTTP from this machine are accepted', () => {
    for (const host of ['localhost', '127.0.0.1', '[::1]', 'keys.localhost']) {
      setUp({ jwksUrl: `http://${host}:8000/keys` });
    }
  });

  it('one issuer twice is refused before start', () => {
    const methods = [jwtSettings(), jwtSettings()];
    expect(() => policyOf(authSettings({ methods }))).toThrow(TypeError);
  });
});

describe('attack: tokens in the query', () => {
  it('are refused, with or without one in the head', async () => {
    const { policy } = setUp();
    const token = await sign(key);
    for (const name of ['access_token', 'access%5Ftoken']) {
      const path = `/mcp?${name}=${token}`;
      const alone = await ask(policy, { path });
      expect(alone.reason).toBe('misplaced');
      expect(refusal(alone.verdict).status).toBe(400);
      const both = await ask(policy, { path, headers: bearer(token), startedAt: NOW_MS });
      expect(both.reason).toBe('misplaced');
    }
  });
});

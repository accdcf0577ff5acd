import { describe, expect, it } from 'vitest';
import { createAuthPolicy } from '../../../src/policy/auth/auth-policy.ts';
import type { UpstreamCredentialSettings } from '../../../src/policy/auth/settings.ts';
import { guardedExchange } from '../guarded-exchange.ts';
import { FakeIssuer, makeKey, sign } from './issuer.ts';
import {
  apiKeys,
  ask,
  authSettings,
  judge,
  jwtSettings,
  KEY,
  policyOf,
  refusal,
  resourceSettings,
} from './settings.ts';

const upstream: UpstreamCredentialSettings = {
  header: 'Authorization',
  scheme: 'Bearer',
  env: 'UPSTREAM_TOKEN',
  file: null,
};

describe('mode passthrough', () => {
  it('has no say: credentials, challenges and metadata are between client and server', () => {
    const policy = createAuthPolicy(authSettings({ mode: 'passthrough' }));
    expect(policy.open(guardedExchange({ headers: { Authorization: 'Bearer x' } }))).toBeNull();
    expect(
      policy.open(
        guardedExchange({ httpMethod: 'GET', path: '/.well-known/oauth-protected-resource' }),
      ),
    ).toBeNull();
  });
});

describe('mode none', () => {
  it('has no say', () => {
    const policy = createAuthPolicy(authSettings({ mode: 'none' }));
    const exchange = guardedExchange();
    expect(policy.open(exchange)).toBeNull();
    expect(exchange.principal).toBeNull();
  });

  it('brings the credential for the upstream where there is one', async () => {
    const policy = policyOf({ mode: 'none', upstream }, { upstreamSecret: () => 's3cret' });
    const { run, verdict, subject } = await ask(policy, {});
    expect(verdict).toBeNull();
    expect(subject).toBeNull();
    expect(run.upstreamHeaders?.(['Host', 'h', 'authorization', 'x', 'X-API-Key', 'k'])).toEqual([
      ...['Host', 'h', 'X-API-Key', 'k', 'Authorization', 'Bearer s3cret'],
    ]);
  });

  it('lets nothing pass while that credential is away', async () => {
    const policy = policyOf({ mode: 'none', upstream }, { upstreamSecret: () => null });
    expect((await ask(policy, {})).reason).toBe('upstream_credential');
  });
});

describe('mode required', () => {
  it('needs a method, and each kind at most once', () => {
    expect(() => policyOf({ methods: [] })).toThrow(TypeError);
    expect(() => policyOf({ methods: [apiKeys(), apiKeys()] })).toThrow(TypeError);
  });

  it('refuses whoever shows nothing, whatever the method and the path', async () => {
    const policy = policyOf({ methods: [apiKeys()] });
    for (const httpMethod of ['GET', 'POST', 'DELETE', 'OPTIONS', 'HEAD', 'TRACE', 'X']) {
      for (const path of ['/', '/mcp', '//', '/.well-known/x', '/_weir/metrics']) {
        expect((await ask(policy, { httpMethod, path })).reason).toBe('missing');
      }
    }
  });

  it('does not pass over a bad credential for a good certificate behind it', async () => {
    const clients = [{ match: 'CN=a', subject: null, scopes: [], roles: [] }];
    const policy = policyOf({ methods: [apiKeys(), { kind: 'certificate', clients }] });
    const certificate = {
      subject: 'CN=a',
      subjectAltNames: [],
      issuer: 'CN=ca',
      fingerprint: '0'.repeat(64),
    };
    const { reason } = await ask(policy, { certificate, headers: { 'X-API-Key': `${KEY}x` } });
    expect(reason).toBe('unknown_key');
  });

  it('answers without a trace of the credential, or of why it was refused', async () => {
    const policy = policyOf({ methods: [apiKeys()] });
    const { verdict } = await ask(policy, { headers: { 'X-API-Key': `${KEY}x` } });
    const { decision, ...told } = refusal(verdict);
    expect(decision).toEqual({
      policy: 'auth',
      decision: 'deny',
      rule: null,
      reason: 'unknown_key',
    });
    expect(JSON.stringify(told)).not.toMatch(/weir_|unknown/);
  });

  it('leaves the principal unset when it refuses', async () => {
    const { exchange } = await ask(policyOf({ methods: [apiKeys()] }), {});
    expect(exchange.principal).toBeNull();
    expect(exchange.notes).toEqual([]);
  });
});

describe('what goes upstream', () => {
  const shown = [
    ...['Host', 'h', 'authorization', `Bearer ${KEY}`, 'AUTHORIZATION', 'y'],
    ...['x-api-key', 'k', 'Proxy-Authorization', 'p', 'Mcp-Session-Id', 's'],
  ];

  it('carries no credential of the client, whichever method let it in', async () => {
    const { run } = await ask(policyOf({ methods: [apiKeys()] }), {
      headers: { 'X-API-Key': KEY },
    });
    expect(run.upstreamHeaders?.([...shown])).toEqual(['Host', 'h', 'Mcp-Session-Id', 's']);
  });

  it('carries the credential of the proxy in its place', async () => {
    const policy = policyOf({ methods: [apiKeys()], upstream }, { upstreamSecret: () => 's\n' });
    const { run } = await ask(policy, { headers: { 'X-API-Key': KEY } });
    expect(run.upstreamHeaders?.([...shown])).toEqual([
      ...['Host', 'h', 'Mcp-Session-Id', 's', 'Authorization', 'Bearer s'],
    ]);
  });

  it('attack: a client cannot put in the field of the proxy’s own credential', async () => {
    const settings = { ...upstream, header: 'X-Upstream-Key', scheme: null };
    const policy = policyOf(
      { methods: [apiKeys()], upstream: settings },
      { upstreamSecret: () => 'real' },
    );
    const { run } = await ask(policy, { headers: { 'X-API-Key': KEY } });
    expect(run.upstreamHeaders?.(['x-upstream-key', 'forged', 'A', 'b'])).toEqual([
      ...['A', 'b', 'X-Upstream-Key', 'real'],
    ]);
  });

  it('follows the secret when it changes, between requests and not within one', async () => {
    let secret: string | null = 'one';
    const policy = policyOf({ methods: [apiKeys()], upstream }, { upstreamSecret: () => secret });
    const first = await ask(policy, { headers: { 'X-API-Key': KEY } });
    secret = 'two';
    const second = await ask(policy, { headers: { 'X-API-Key': KEY } });
    expect(first.run.upstreamHeaders?.([])).toEqual(['Authorization', 'Bearer one']);
    expect(second.run.upstreamHeaders?.([])).toEqual(['Authorization', 'Bearer two']);
  });

  it.each([null, '', ' ', '\n', 'a\nb', 'a\0', 'a\r\nX: y', 'é'])(
    'nothing, while the secret is %j',
    async (secret) => {
      const policy = policyOf({ methods: [apiKeys()], upstream }, { upstreamSecret: () => secret });
      const { verdict, reason, exchange } = await ask(policy, { headers: { 'X-API-Key': KEY } });
      expect(reason).toBe('upstream_credential');
      expect(refusal(verdict)).toMatchObject({ status: 503, code: -31013 });
      expect(exchange.principal).toBeNull();
    },
  );

  it('needs the port that reads the secret', () => {
    expect(() => policyOf({ methods: [apiKeys()], upstream })).toThrow(TypeError);
  });
});

describe('attack: token passthrough', () => {
  it('the token that let a client in does not reach the server', async () => {
    const key = await makeKey('k');
    const issuer = new FakeIssuer(key);
    const policy = policyOf(
      { methods: [jwtSettings()], resource: resourceSettings() },
      issuer.ports,
    );
    const token = await sign(key);
    const { run, exchange, subject } = await ask(policy, {
      headers: { Authorization: `Bearer ${token}`, 'Mcp-Session-Id': 's' },
    });
    expect(subject).toBe('alice');
    const sent = run.upstreamHeaders?.([...exchange.head.headers]) ?? [];
    expect(sent.join('\n')).not.toContain(token);
    expect(sent).toContain('Mcp-Session-Id');
  });
});

describe('close', () => {
  it('can come before, during and after the first token', async () => {
    const key = await makeKey('k');
    const issuer = new FakeIssuer(key);
    const headers = { Authorization: `Bearer ${await sign(key)}` };
    const unused = policyOf({ methods: [jwtSettings(), apiKeys()] }, issuer.ports);
    unused.close();
    expect(await judge(unused, headers)).toBe('unavailable');
    const used = policyOf({ methods: [jwtSettings()] }, issuer.ports);
    expect(await judge(used, headers)).toBe('alice');
    used.close();
    used.close();
    expect(issuer.fetches).toBe(1);
  });
});

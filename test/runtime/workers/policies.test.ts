import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/config/problem.ts';
import { clientCertificateOf } from '../../../src/runtime/workers/client-certificate.ts';
import { createWorkerPolicies } from '../../../src/runtime/workers/policies.ts';
import { concernedVariables, readWorkerSettings } from '../../../src/runtime/workers/settings.ts';
import type { WorkerEnv } from '../../../src/runtime/workers/types.ts';
import { createLogger } from '../../../src/telemetry/log.ts';
import { MemoryMetricsStore } from '../../../src/telemetry/memory-store.ts';

const AUTH = {
  methods: [{ kind: 'api_key', clients: [{ subject: 'a', keys: [{ digest: 'ab'.repeat(32) }] }] }],
};

async function create(env: WorkerEnv) {
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);
  const { settings } = await readWorkerSettings({ WEIR_TARGET_ADDR: 'h:1', ...env });
  const policies = await createWorkerPolicies(settings, env, {
    logger: createLogger({ level: 'info', format: 'json', write: log }),
    metrics: new MemoryMetricsStore(),
    log,
  });
  return { policies, lines };
}

describe('policies of a Worker', () => {
  it('are none without a variable for them', async () => {
    expect((await create({})).policies.guard).toBeNull();
  });

  it('come from JSON and from tables, in one variable or in several', async () => {
    for (const env of [
      { WEIR_POLICY: JSON.stringify({ auth: AUTH, breaker: {} }) },
      { WEIR_POLICY: { auth: AUTH }, WEIR_POLICY_BREAKER: {} },
      { WEIR_POLICY_AUTH: JSON.stringify(AUTH), WEIR_POLICY_BREAKER: '{}' },
    ]) {
      const { guard } = (await create(env)).policies;
      expect(guard?.policies.map(({ name }) => name)).toEqual(['auth', 'auth', 'breaker']);
    }
  });

  it.each([
    ['a contradiction', { WEIR_POLICY_BREAKER: '{}' }, /auth\.mode/],
    [
      'limits in objects that are not bound',
      { WEIR_POLICY: { auth: AUTH, limits: { store: { kind: 'durable_object' } } } },
      /no namespace is bound as WEIR_LIMITS/,
    ],
    [
      'a secret that is not set',
      { WEIR_POLICY: { auth: { ...AUTH, upstream: { env: 'TOKEN' } } } },
      /the secret TOKEN is not set: see "wrangler secret put TOKEN"/,
    ],
    [
      'a secret in a file',
      { WEIR_POLICY: { auth: { ...AUTH, upstream: { file: '/t' } } } },
      /a Worker has no files/,
    ],
    ['something unreadable', { WEIR_POLICY: 'auth: {}' }, /must be a map in JSON/],
  ])(
    'are refused with %s, and visitors learn no more than the variable',
    async (_what, env, message) => {
      const failed = create(env);
      await expect(failed).rejects.toThrow(message);
      const error = await failed.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ConfigError);
    },
  );

  it('are told of by the name of their variable', async () => {
    const error = await create({ WEIR_POLICY_AUTH: '{"mode": "x"}' }).catch((reason) => reason);
    expect(concernedVariables(error as ConfigError)).toEqual(['WEIR_POLICY']);
  });

  it('may have what the upstream is shown in a secret', async () => {
    const env = { TOKEN: 's3cret', WEIR_POLICY: { auth: { ...AUTH, upstream: { env: 'TOKEN' } } } };
    expect((await create(env)).policies.guard?.policies).toHaveLength(2);
  });
});

describe('clientCertificateOf on Workers', () => {
  const VERIFIED = {
    certPresented: '1',
    certVerified: 'SUCCESS',
    certRevoked: '0',
    certSubjectDNRFC2253: 'CN=agent,O=example',
    certIssuerDNRFC2253: 'CN=ca',
    certFingerprintSHA256: 'AB:CD',
  };
  const requestWith = (tlsClientAuth: object | undefined) =>
    Object.assign(new Request('https://a/'), { cf: { tlsClientAuth } });

  it('is what the platform has verified', () => {
    expect(clientCertificateOf(requestWith(VERIFIED))).toEqual({
      subject: 'CN=agent,O=example',
      subjectAltNames: [],
      issuer: 'CN=ca',
      fingerprint: 'abcd',
    });
  });

  it.each([
    ['no TLS is told of', undefined],
    ['none was shown', { certPresented: '0', certVerified: 'NONE' }],
    ['it was not verified', { ...VERIFIED, certVerified: 'FAILED:unable to verify' }],
    ['it is revoked', { ...VERIFIED, certRevoked: '1' }],
    ['it has no subject', { ...VERIFIED, certSubjectDNRFC2253: undefined }],
    ['the words are no text', { ...VERIFIED, certVerified: true }],
  ])('is null when %s', (_what, auth) => {
    expect(clientCertificateOf(requestWith(auth))).toBeNull();
  });

  it('is null outside of the platform', () => {
    expect(clientCertificateOf(new Request('https://a/'))).toBeNull();
  });
});

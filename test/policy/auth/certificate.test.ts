import { describe, expect, it } from 'vitest';
import type { ClientCertificate } from '../../../src/exchange/guard.ts';
import { tryReadCommonName } from '../../../src/policy/auth/distinguished-name.ts';
import type { CertificateClient } from '../../../src/policy/auth/settings.ts';
import { apiKeys, ask, KEY, policyOf } from './settings.ts';

function certificate(subject: string, ...subjectAltNames: string[]): ClientCertificate {
  return { subject, subjectAltNames, issuer: 'CN=ca', fingerprint: '0'.repeat(64) };
}

function holder(match: string, subject: string | null = null): CertificateClient {
  return { match, subject, scopes: ['s'], roles: ['r'] };
}

async function judge(
  clients: readonly CertificateClient[],
  shown: ClientCertificate | null,
): Promise<string | null> {
  const policy = policyOf({ methods: [{ kind: 'certificate', clients }] });
  const { reason, subject } = await ask(policy, { certificate: shown });
  return reason ?? subject;
}

describe('certificates', () => {
  it('name their holder by common name', async () => {
    const policy = policyOf({
      methods: [{ kind: 'certificate', clients: [holder('CN=agent-*')] }],
    });
    const { exchange } = await ask(policy, { certificate: certificate('CN=agent-7,O=example') });
    expect(exchange.principal).toMatchObject({ kind: 'certificate', subject: 'agent-7' });
    expect(exchange.principal?.scopes.has('s')).toBe(true);
    expect(exchange.notes[0]).toMatchObject({ rule: 'CN=agent-*', reason: 'certificate' });
  });

  it('name their holder by an alternative name', async () => {
    const clients = [holder('URI:spiffe://cluster.local/ns/*/sa/agent')];
    const shown = certificate('', 'DNS:x', 'URI:spiffe://cluster.local/ns/team/sa/agent');
    expect(await judge(clients, shown)).toBe('spiffe://cluster.local/ns/team/sa/agent');
  });

  it('have the subject that is configured for what they match, and the first match counts', async () => {
    const clients = [holder('DNS:a.example.com', 'first'), holder('DNS:*.example.com', 'second')];
    expect(await judge(clients, certificate('', 'DNS:a.example.com'))).toBe('first');
    expect(await judge(clients, certificate('', 'DNS:b.example.com'))).toBe('second');
  });

  it('that match nothing are refused, and no certificate at all is missing', async () => {
    expect(await judge([holder('CN=a')], certificate('CN=b'))).toBe('unknown_certificate');
    expect(await judge([holder('CN=a')], null)).toBe('missing');
  });

  it('decide before or after other methods, in the order of the methods', async () => {
    const clients = [holder('CN=a')];
    const sketch = { certificate: certificate('CN=b'), headers: { 'X-API-Key': KEY } };
    const keyFirst = policyOf({ methods: [apiKeys(), { kind: 'certificate', clients }] });
    expect((await ask(keyFirst, sketch)).subject).toBe('laptop');
    expect((await ask(keyFirst, { certificate: certificate('CN=a') })).subject).toBe('a');
    const certificateFirst = policyOf({ methods: [{ kind: 'certificate', clients }, apiKeys()] });
    expect((await ask(certificateFirst, sketch)).reason).toBe('unknown_certificate');
  });
});

describe('attack: certificate names', () => {
  it.each([
    ['reaches over a slash', 'URI:spiffe://c/ns/*/sa/agent', 'URI:spiffe://c/ns/a/sa/x/sa/agent'],
    ['reaches over a dot', 'DNS:*.example.com', 'DNS:a.b.example.com'],
    ['goes on behind', 'DNS:*.example.com', 'DNS:a.example.com.evil.example'],
    ['goes on in front', 'URI:spiffe://c/agent', 'URI:https://x/spiffe://c/agent'],
    ['has another case', 'DNS:a.example.com', 'DNS:A.example.com'],
    ['has another type', 'DNS:a.example.com', 'URI:a.example.com'],
    ['reaches over an @', 'email:*@example.com', 'email:a@evil@example.com'],
    ['has a line break', 'URI:spiffe://c/*', 'URI:spiffe://c/a\nroot'],
    ['is made to look like a common name', 'CN=admin', 'CN=admin'],
  ])('one that %s does not match', async (_what, match, name) => {
    expect(await judge([holder(match)], certificate('CN=x', name))).toBe('unknown_certificate');
  });

  it.each([
    ['CN=agent', 'agent'],
    ['CN=agent,OU=team,O=example', 'agent'],
    ['O=example, cn=agent', 'agent'],
    ['CN=a\\,CN\\=admin', 'a,CN=admin'],
    ['CN=caf\\C3\\A9', 'café'],
    ['UID=1+CN=agent,O=x', 'agent'],
    ['O=x\\,CN=admin', null],
    ['O=x,OU="y,CN=admin"', null],
    ['CN=admin,CN=agent', null],
    ['CN=agent+CN=admin', null],
    ['O=x', null],
    ['CN=', null],
    ['', null],
    ['CN=#1303666f6f', null],
    ['CN=a\\', null],
    ['CN=a\\0A', null],
    ['CN=a\\FF', null],
    ['CN=a\nroot', null],
    ['admin', null],
    [`CN=${'a'.repeat(2_000)}`, null],
  ])('tryReadCommonName(%j) is %j', (name, expected) => {
    expect(tryReadCommonName(name)).toBe(expected);
  });
});

import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { tryReadCommonName } from '../../src/policy/auth/distinguished-name.ts';
import { tryReadCertificateNames } from '../../src/runtime/certificate-names.ts';
import { NO_OPENSSL, TestAuthority } from '../fixtures/certificates.ts';

describe.skipIf(NO_OPENSSL !== undefined)('tryReadCertificateNames', () => {
  const authority = new TestAuthority();
  afterAll(() => authority.remove());

  const derOf = (subject: string, sans: readonly string[] = []): Buffer =>
    new X509Certificate(authority.issueAs(subject, sans).cert).raw;

  it('reads subject and issuer, the most specific part first', () => {
    expect(tryReadCertificateNames(derOf('/C=DE/O=Example Org/OU=team/CN=agent-7'))).toEqual({
      subject: 'CN=agent-7,OU=team,O=Example Org,C=DE',
      issuer: 'CN=weir test CA',
      subjectAltNames: [],
    });
  });

  it('reads alternative names of the four forms', () => {
    const sans = [
      'DNS:agent.example',
      'URI:spiffe://example.org/ns/a/sa/b',
      'email:a@example.org',
      'IP:10.1.2.3',
      'IP:2001:db8::1',
    ];
    expect(tryReadCertificateNames(derOf('/CN=a', sans))?.subjectAltNames).toEqual(sans);
  });

  it.each([
    ['a comma that begins another name', '/CN=bob,CN=admin', 'CN=bob\\,CN\\=admin'],
    ['a plus', '/CN=bob\\+CN=admin', 'CN=bob\\+CN\\=admin'],
    ['quotes', '/CN="admin"', 'CN=\\"admin\\"'],
    ['a hash in front', '/CN=#61', 'CN=\\#61'],
    ['blanks around', '/CN= admin ', 'CN=\\ admin\\ '],
    ['letters of other scripts', '/CN=Zoë Żółć', 'CN=Zoë Żółć'],
  ])('escapes %s', (_what, subject, expected) => {
    const names = tryReadCertificateNames(derOf(subject));
    expect(names?.subject).toBe(expected);
    // What authentication makes of it is the name as it is, and never another.
    const plain = subject.replace('/CN=', '').replaceAll('\\+', '+');
    expect(tryReadCommonName(names?.subject ?? '')).toBe(plain);
  });

  it('does not take a separator in an alternative name for the end of one', () => {
    const der = derOf('/CN=a', ['DNS:good.example']);
    const at = der.indexOf('good.example');
    der.write('a, DNS:admin', at);
    // A blank is in no such name, so there is none.
    expect(tryReadCertificateNames(der)?.subjectAltNames).toEqual([]);
    der.write('a,DNS:adminx', at);
    expect(tryReadCertificateNames(der)?.subjectAltNames).toEqual(['DNS:a,DNS:adminx']);
  });

  it('shows what it has no name for in hex', () => {
    const names = tryReadCertificateNames(derOf('/serialNumber=12/CN=a'));
    expect(names?.subject).toBe('CN=a,2.5.4.5=#13023132');
  });

  it('survives whatever bytes are changed or missing', () => {
    const der = derOf('/O=x/CN=agent', ['DNS:a.example', 'URI:urn:x']);
    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.nat(255), fc.boolean(), (at, byte, cut) => {
        const hostile = Uint8Array.from(cut ? der.subarray(0, at) : der);
        if (!cut) hostile[at] = byte;
        const names = tryReadCertificateNames(hostile);
        if (names !== null) expect(names.subjectAltNames.join()).not.toMatch(/[\s\p{Cc}]/u);
      }),
      { numRuns: 500 },
    );
  });
});

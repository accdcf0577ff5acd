/**
 * The certificate a client showed to the platform, which has verified it.
 *
 * @module
 */

import type { ClientCertificate } from '../../exchange/guard.ts';

/** What the platform tells of a client's TLS, as far as it is read (`IncomingRequestCfProperties`). */
interface TlsClientAuth {
  readonly certPresented?: unknown;
  readonly certVerified?: unknown;
  readonly certRevoked?: unknown;
  readonly certSubjectDNRFC2253?: unknown;
  readonly certIssuerDNRFC2253?: unknown;
  readonly certFingerprintSHA256?: unknown;
}

/**
 * Null unless the platform has verified a certificate that is not revoked. Alternative names are
 * not told, so clients are known by their subject alone.
 */
export function clientCertificateOf(request: Request): ClientCertificate | null {
  const { cf } = request as { cf?: { tlsClientAuth?: TlsClientAuth } };
  const auth = cf?.tlsClientAuth;
  if (auth?.certPresented !== '1' || auth.certVerified !== 'SUCCESS') return null;
  if (auth.certRevoked !== undefined && auth.certRevoked !== '0') return null;
  const { certSubjectDNRFC2253: subject, certIssuerDNRFC2253: issuer } = auth;
  const fingerprint = auth.certFingerprintSHA256;
  if (typeof subject !== 'string' || typeof issuer !== 'string') return null;
  return {
    subject,
    subjectAltNames: [],
    issuer,
    fingerprint:
      typeof fingerprint === 'string' ? fingerprint.replaceAll(':', '').toLowerCase() : '',
  };
}

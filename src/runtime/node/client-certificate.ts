/**
 * The certificate behind a connection, once the listener has verified it.
 *
 * @module
 */

import type { TLSSocket } from 'node:tls';
import type { ClientCertificate } from '../../exchange/guard.ts';
import { tryReadCertificateNames } from '../certificate-names.ts';

/** One object per connection: reading is dear, and authentication remembers holders by it. */
const known = new WeakMap<object, ClientCertificate | null>();

/** Null without TLS, without a certificate, and for one that was not verified or cannot be read. */
export function clientCertificateOf({
  socket,
}: {
  readonly socket: object;
}): ClientCertificate | null {
  const tls = socket as TLSSocket;
  // False, too, where no certificate is asked for.
  if (tls.authorized !== true) return null;
  let certificate = known.get(tls);
  if (certificate === undefined) {
    certificate = readCertificate(tls);
    known.set(tls, certificate);
  }
  return certificate;
}

function readCertificate(socket: TLSSocket): ClientCertificate | null {
  const { raw, fingerprint256 } = socket.getPeerCertificate(false);
  // An empty object when the client has shown none.
  const names = raw === undefined ? null : tryReadCertificateNames(raw);
  return names && { ...names, fingerprint: fingerprint256.replaceAll(':', '').toLowerCase() };
}

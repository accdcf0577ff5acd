/**
 * Whether a listener asks clients for certificates, and whose it believes.
 *
 * @module
 */

import type { ProxySettings } from '../config/settings.ts';
import { describeReadError, type ReadTextFile } from './certificate-files.ts';
import { StartError } from './start-error.ts';

export interface ClientAuthorities {
  /** PEM text. */
  readonly ca: string;
  /** Clients without a certificate are not let in at all. */
  readonly required: boolean;
}

/**
 * Certificates are required, unless authentication has other methods that a client may use
 * instead.
 *
 * @throws {StartError} when the file cannot be read or holds no certificate
 */
export async function readClientAuthorities(
  { tls, policies }: ProxySettings,
  readTextFile: ReadTextFile,
): Promise<ClientAuthorities | null> {
  const path = tls.clientCaFile;
  if (!tls.enabled || path === null) return null;
  let ca: string;
  try {
    ca = await readTextFile(path);
  } catch (error) {
    throw new StartError(
      `cannot read the client CA file "${path}" (${describeReadError(error)}): expected a readable PEM file, see --tls-client-ca-file`,
    );
  }
  if (!ca.includes('-----BEGIN CERTIFICATE-----')) {
    throw new StartError(
      `the client CA file "${path}" holds no PEM certificate, see --tls-client-ca-file`,
    );
  }
  const { auth } = policies;
  const required =
    auth?.mode !== 'required' || auth.methods.every(({ kind }) => kind === 'certificate');
  return { ca, required };
}

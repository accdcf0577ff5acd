/**
 * Whether a listener asks clients for certificates, and whose it believes.
 *
 * @module
 */

import type { ProxySettings } from '../config/settings.ts';
import type { Logger } from '../telemetry/log.ts';
import { describeReadError, type ReadTextFile } from './certificate-files.ts';
import { followFile } from './followed-file.ts';
import { StartError } from './start-error.ts';

export interface ClientAuthorities {
  readonly file: string;
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
  const ca = await readAuthorities(path, readTextFile);
  const { auth } = policies;
  const required =
    auth?.mode !== 'required' || auth.methods.every(({ kind }) => kind === 'certificate');
  return { file: path, ca, required };
}

/**
 * Calls `onChange` with every other content of the file; what it throws is logged, and the
 * authorities before stay in use. Returns how to stop.
 */
export function watchClientAuthorities(
  current: ClientAuthorities,
  readTextFile: ReadTextFile,
  logger: Logger,
  onChange: (authorities: ClientAuthorities) => void,
): () => void {
  const { file, ca } = current;
  return followFile(
    {
      what: 'client CA file',
      path: file,
      current: ca,
      read: () => readAuthorities(file, readTextFile),
      isSame: (a, b) => a === b,
      onChange: (found) => onChange({ ...current, ca: found }),
    },
    logger,
  );
}

/** @throws {StartError} */
async function readAuthorities(path: string, readTextFile: ReadTextFile): Promise<string> {
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
  return ca;
}

/**
 * The certificate authorities an https upstream is verified against, when they are configured.
 *
 * @module
 */

import type { ProxySettings } from '../config/settings.ts';
import { describeReadError, type ReadTextFile } from './certificate-files.ts';
import { StartError } from './platform.ts';

/**
 * The content of `--upstream-ca-file`; null when none is configured.
 *
 * @throws {StartError} when the file cannot be read or holds no certificate
 */
export async function readUpstreamAuthorities(
  { caFile }: ProxySettings['upstream'],
  readTextFile: ReadTextFile,
): Promise<string | null> {
  if (caFile === null) return null;
  let pem: string;
  try {
    pem = await readTextFile(caFile);
  } catch (error) {
    throw new StartError(
      `cannot read the upstream CA file "${caFile}" (${describeReadError(error)}): expected a readable PEM file, see --upstream-ca-file`,
    );
  }
  if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem;
  throw new StartError(
    `the upstream CA file "${caFile}" holds no PEM certificate, see --upstream-ca-file`,
  );
}

/**
 * The certificate of a listener, its files read through a port: read, watched,
 * warned about before it ends.
 *
 * @module
 */

import type { Logger } from '../telemetry/log.ts';
import { certificateExpiry } from './certificate-expiry.ts';
import { followFile } from './followed-file.ts';
import { StartError } from './platform.ts';

/** A certificate that ends within this many days is warned about. */
const EXPIRY_WARNING_DAYS = 30;
const DAY_MS = 24 * 60 * 60 * 1000;

export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export type ReadTextFile = (path: string) => Promise<string>;

/** @throws {StartError} when a file cannot be read or holds no PEM */
export async function readCertificate(
  files: CertificateFiles,
  readTextFile: ReadTextFile,
): Promise<Certificate> {
  return {
    cert: await readPem(files.certFile, 'certificate', '--tls-cert-file', readTextFile),
    key: await readPem(files.keyFile, 'private key', '--tls-key-file', readTextFile),
  };
}

/** In one line why a file could not be read: the system's code, or a sentence where there is none. */
export function describeReadError(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  // `NotCapable` is Deno's, and its sentence says what to do.
  if (code !== undefined && code !== 'NotCapable') return code;
  return (message ?? String(error)).split('\n', 1)[0] as string;
}

/** One line for a pair the runtime would not take. */
export function describeCertificateError(files: CertificateFiles, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return `cannot use the certificate "${files.certFile}" with the key "${files.keyFile}" (${message.split('\n', 1)[0]}): expected a PEM certificate chain and its private key`;
}

/** Warns when the certificate has ended or soon will. */
export function warnOfExpiry(cert: string, file: string, logger: Logger): void {
  const expiry = certificateExpiry(cert);
  if (expiry === null) return;
  const days = Math.floor((expiry - Date.now()) / DAY_MS);
  const fields = { file, valid_to: new Date(expiry).toISOString() };
  if (days < 0) logger.warn('certificate has expired', fields);
  else if (days < EXPIRY_WARNING_DAYS) logger.warn('certificate expires soon', { ...fields, days });
}

/**
 * Calls `onChange` with every other pair the files come to hold; what it throws is logged and the
 * pair before stays in use. Warns of the end of validity once a day. Returns how to stop.
 */
export function watchCertificate(
  files: CertificateFiles,
  readTextFile: ReadTextFile,
  current: Certificate,
  logger: Logger,
  onChange: (certificate: Certificate) => void | Promise<void>,
): () => void {
  let warnedAt = Date.now();
  function warn({ cert }: Certificate): void {
    warnedAt = Date.now();
    warnOfExpiry(cert, files.certFile, logger);
  }
  return followFile(
    {
      what: 'certificate',
      path: files.certFile,
      current,
      read: () => readCertificate(files, readTextFile),
      isSame: (a, b) => a.cert === b.cert && a.key === b.key,
      onChange(found) {
        warn(found);
        return onChange(found);
      },
      onSame(found) {
        if (Date.now() - warnedAt >= DAY_MS) warn(found);
      },
    },
    logger,
  );
}

async function readPem(
  path: string,
  what: string,
  option: string,
  readTextFile: ReadTextFile,
): Promise<string> {
  let text: string;
  try {
    text = await readTextFile(path);
  } catch (error) {
    throw new StartError(
      `cannot read the ${what} file "${path}" (${describeReadError(error)}): expected a readable PEM file, see ${option}`,
    );
  }
  if (text.includes('-----BEGIN ')) return text;
  throw new StartError(`the ${what} file "${path}" is not PEM, see ${option}`);
}

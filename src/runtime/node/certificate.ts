/**
 * The listener's certificate: read, checked, watched. A new one is taken up without dropping a
 * connection; a broken one is reported and the old one kept.
 *
 * @module
 */

import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { Logger } from '../../telemetry/log.ts';
import { StartError } from '../platform.ts';

/** How often the files are looked at, in milliseconds. Secrets are swapped by renaming links. */
const POLL_INTERVAL_MS = 2000;
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

/** @throws {StartError} when a file cannot be read, or the two do not belong together */
export function loadCertificate(files: CertificateFiles, logger: Logger): Certificate {
  const cert = readPem(files.certFile, 'certificate', '--tls-cert-file');
  const key = readPem(files.keyFile, 'private key', '--tls-key-file');
  try {
    createSecureContext({ cert, key });
    warnOfExpiry(new X509Certificate(cert), files.certFile, logger);
  } catch (error) {
    throw new StartError(
      `cannot use the certificate "${files.certFile}" with the key "${files.keyFile}" (${(error as Error).message.split('\n', 1)[0]}): expected a PEM certificate chain and its private key`,
    );
  }
  return { cert, key };
}

/** Calls `onChange` whenever the files hold another good pair. Returns how to stop. */
export function watchCertificate(
  files: CertificateFiles,
  logger: Logger,
  onChange: (certificate: Certificate) => void,
): () => void {
  let seen = fingerprint(files);
  let warned = Date.now();
  const timer = setInterval(() => {
    const now = fingerprint(files);
    const changed = now !== seen;
    if (!changed && Date.now() - warned < DAY_MS) return;
    seen = now;
    warned = Date.now();
    try {
      const certificate = loadCertificate(files, logger);
      if (!changed) return;
      onChange(certificate);
      logger.info('certificate reloaded', { file: files.certFile });
    } catch (error) {
      logger.warn('certificate not reloaded, the previous one stays in use', {
        error: (error as Error).message,
      });
    }
  }, POLL_INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}

function readPem(path: string, what: string, option: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new StartError(
      `cannot read the ${what} file "${path}" (${(error as NodeJS.ErrnoException).code}): expected a readable PEM file, see ${option}`,
    );
  }
}

/** Changes when either file does, also through a link. */
function fingerprint(files: CertificateFiles): string {
  return [files.certFile, files.keyFile]
    .map((path) => {
      const stat = statSync(path, { throwIfNoEntry: false });
      return stat === undefined ? 'absent' : `${stat.ino}:${stat.size}:${stat.mtimeMs}`;
    })
    .join(' ');
}

function warnOfExpiry(certificate: X509Certificate, file: string, logger: Logger): void {
  const days = Math.floor((Date.parse(certificate.validTo) - Date.now()) / DAY_MS);
  if (days < 0) logger.warn('certificate has expired', { file, valid_to: certificate.validTo });
  else if (days < EXPIRY_WARNING_DAYS) {
    logger.warn('certificate expires soon', { file, days, valid_to: certificate.validTo });
  }
}

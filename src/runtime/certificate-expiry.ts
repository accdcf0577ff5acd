/**
 * Reads from an X.509 certificate until when it is valid, and nothing else. Deno and Bun have no
 * web-standard way to ask.
 *
 * @module
 */

import { readDer, TAG } from './der.ts';

/**
 * `notAfter` of the first certificate in PEM text, in milliseconds since the epoch; null when
 * there is none or it cannot be read.
 */
export function certificateExpiry(pem: string): number | null {
  const base64 = /-----BEGIN CERTIFICATE-----([\s\S]*?)-----END CERTIFICATE-----/.exec(pem)?.[1];
  if (base64 === undefined) return null;
  try {
    const text = atob(base64.replace(/\s+/g, ''));
    return readExpiry(Uint8Array.from(text, (char) => char.charCodeAt(0)));
  } catch {
    return null;
  }
}

/**
 * Walks `Certificate → TBSCertificate → validity → notAfter` (RFC 5280 §4.1).
 *
 * @throws {RangeError} when the bytes end early
 */
function readExpiry(der: Uint8Array): number | null {
  const certificate = readDer(der, 0);
  const tbs = readDer(der, certificate.start);
  let field = readDer(der, tbs.start);
  if (field.tag === TAG.EXPLICIT_0) field = readDer(der, field.end); // version
  // Then: serial number, signature algorithm, issuer, validity.
  for (let skipped = 0; skipped < 3; skipped++) field = readDer(der, field.end);
  if (certificate.tag !== TAG.SEQUENCE || field.tag !== TAG.SEQUENCE) return null;
  const notBefore = readDer(der, field.start);
  const notAfter = readDer(der, notBefore.end);
  return parseTime(
    notAfter.tag,
    new TextDecoder().decode(der.subarray(notAfter.start, notAfter.end)),
  );
}

/** `YYMMDDHHMMSSZ`, years from 50 on being of the last century, or `YYYYMMDDHHMMSSZ`. */
function parseTime(tag: number, text: string): number | null {
  let digits = text;
  if (tag === TAG.UTC_TIME) digits = `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}`;
  else if (tag !== TAG.GENERALIZED_TIME) return null;
  const match = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/.exec(digits);
  if (match === null) return null;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/**
 * The names in an X.509 certificate, read from its bytes. The texts that runtimes make of them join
 * names by separators that a name may hold itself, so a name could be passed off as two.
 *
 * @module
 */

import { type DerValue, readDer, readDerChildren, TAG } from './der.ts';

export interface CertificateNames {
  /** RFC 4514: the most specific part first, escaped. */
  readonly subject: string;
  readonly issuer: string;
  /** `DNS:…`, `URI:…`, `email:…`, `IP:…`; forms that are none of these are left out. */
  readonly subjectAltNames: readonly string[];
}

/** Attribute types with a short name (RFC 4514 §3), and `emailAddress` as everybody writes it. */
const SHORT_NAMES: ReadonlyMap<string, string> = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.9', 'STREET'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['0.9.2342.19200300.100.1.1', 'UID'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
  ['1.2.840.113549.1.9.1', 'emailAddress'],
]);

const SUBJECT_ALT_NAME = '2.5.29.17';

/** Context tags of the forms of a general name (RFC 5280 §4.2.1.6). */
const GENERAL_NAMES: ReadonlyMap<number, string> = new Map([
  [0x81, 'email'],
  [0x82, 'DNS'],
  [0x86, 'URI'],
]);
const IP_ADDRESS_TAG = 0x87;

/** Null for a certificate, or a name in it, that cannot be read. */
export function tryReadCertificateNames(der: Uint8Array): CertificateNames | null {
  try {
    return readNames(der);
  } catch {
    return null;
  }
}

/** Walks `Certificate → TBSCertificate` (RFC 5280 §4.1). */
function readNames(der: Uint8Array): CertificateNames | null {
  const tbs = readDer(der, readDer(der, 0).start);
  const fields = [...readDerChildren(der, tbs)];
  if (fields[0]?.tag === TAG.EXPLICIT_0) fields.shift(); // version
  // Serial number, signature algorithm, issuer, validity, subject.
  const [, , issuer, , subject] = fields;
  if (issuer === undefined || subject === undefined) return null;
  const extensions = fields.find(({ tag }) => tag === TAG.EXPLICIT_3);
  return {
    subject: readDistinguishedName(der, subject),
    issuer: readDistinguishedName(der, issuer),
    subjectAltNames: extensions === undefined ? [] : readAltNames(der, extensions),
  };
}

function readDistinguishedName(der: Uint8Array, name: DerValue): string {
  const parts = [...readDerChildren(der, name)].map((set) =>
    [...readDerChildren(der, set)].map((attribute) => readAttribute(der, attribute)).join('+'),
  );
  return parts.reverse().join(',');
}

function readAttribute(der: Uint8Array, attribute: DerValue): string {
  const [type, value] = readDerChildren(der, attribute);
  if (type === undefined || value === undefined) throw new RangeError('attribute without a value');
  const oid = readOid(der, type);
  const name = SHORT_NAMES.get(oid);
  const text = name === undefined ? null : readText(der, value);
  // What has no short name, or is no text, is shown in hex (RFC 4514 §2.4).
  if (name !== undefined && text !== null) return `${name}=${escapeValue(text)}`;
  const bytes = der.subarray(value.start - headLength(der, value), value.end);
  return `${name ?? oid}=#${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** Length of the tag and the length in front of a value. */
function headLength(der: Uint8Array, { start, end }: DerValue): number {
  const length = end - start;
  if (length < 0x80) return 2;
  let bytes = 0;
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes++;
  return der[start - bytes - 1] === (0x80 | bytes) ? bytes + 2 : 2;
}

function readText(der: Uint8Array, { tag, start, end }: DerValue): string | null {
  const bytes = der.subarray(start, end);
  switch (tag) {
    case TAG.UTF8_STRING:
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    case TAG.PRINTABLE_STRING:
    case TAG.IA5_STRING:
      return bytes.every((byte) => byte < 0x80) ? String.fromCharCode(...bytes) : null;
    case TAG.BMP_STRING: {
      if (bytes.length % 2 !== 0) return null;
      let text = '';
      for (let i = 0; i < bytes.length; i += 2) {
        text += String.fromCharCode((bytes[i] as number) * 256 + (bytes[i + 1] as number));
      }
      return text.isWellFormed() ? text : null;
    }
    default:
      return null;
  }
}

/** RFC 4514 §2.4; control characters as hex, too, so that a name is one line. */
function escapeValue(text: string): string {
  return text
    .replace(/[\\",+;<>=]/g, '\\$&')
    .replace(/^[ #]/, '\\$&')
    .replace(/ $/, '\\ ')
    .replace(/\p{Cc}/gu, (character) =>
      Array.from(
        new TextEncoder().encode(character),
        (byte) => `\\${byte.toString(16).padStart(2, '0')}`,
      ).join(''),
    );
}

function readOid(der: Uint8Array, { tag, start, end }: DerValue): string {
  if (tag !== TAG.OID || start === end) throw new RangeError('not an object identifier');
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of der.subarray(start, end)) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    if (arcs.length > 0) arcs.push(arc);
    // The first two share a number (X.690 §8.19.4).
    else arcs.push(Math.min(2, Math.floor(arc / 40)), arc - Math.min(2, Math.floor(arc / 40)) * 40);
    arc = 0;
  }
  return arcs.join('.');
}

function readAltNames(der: Uint8Array, explicit: DerValue): string[] {
  const list = readDer(der, explicit.start);
  for (const extension of readDerChildren(der, list)) {
    const parts = [...readDerChildren(der, extension)];
    const [type] = parts;
    const value = parts.at(-1);
    if (type === undefined || value?.tag !== TAG.OCTET_STRING) continue;
    if (readOid(der, type) !== SUBJECT_ALT_NAME) continue;
    return [...readDerChildren(der, readDer(der, value.start))].flatMap((name) =>
      readGeneralName(der, name),
    );
  }
  return [];
}

function readGeneralName(der: Uint8Array, { tag, start, end }: DerValue): string[] {
  const bytes = der.subarray(start, end);
  if (tag === IP_ADDRESS_TAG) {
    const address = formatAddress(bytes);
    return address === null ? [] : [`IP:${address}`];
  }
  const form = GENERAL_NAMES.get(tag);
  // These are IA5 strings: anything else in them is there to be misread.
  if (form === undefined || !bytes.every((byte) => byte > 0x20 && byte < 0x7f)) return [];
  return [`${form}:${String.fromCharCode(...bytes)}`];
}

function formatAddress(bytes: Uint8Array): string | null {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) return null;
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) {
    groups.push(((bytes[i] as number) * 256 + (bytes[i + 1] as number)).toString(16));
  }
  // As URLs write addresses: lower case, zeros shortened.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

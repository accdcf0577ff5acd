/**
 * The base64 form of mirrored header values, `=?base64?…?=` (MCP 2026-07-28,
 * basic/transports/streamable-http; SEP-2243). It belongs to `Mcp-Name` and `Mcp-Param-*` only.
 *
 * @module
 */

const PREFIX = '=?base64?';
const SUFFIX = '?=';

/**
 * RFC 4648 §4 with its padding and without white space, which `atob` would both forgive. What is
 * left of the last character's bits must be zero (§3.5), so that every value is written one way.
 */
const BASE64 =
  /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$/;

/** Space to tilde: what every HTTP implementation carries unchanged inside a field value. */
const PLAIN = /^[\x20-\x7e]*$/;

/** What a header value says. */
export type DecodedHeaderValue =
  /** Written as it is. */
  | { readonly kind: 'literal'; readonly value: string }
  /** Written in base64; `value` is what it stands for. */
  | { readonly kind: 'decoded'; readonly value: string }
  /** Marked as base64, but not base64 of UTF-8: to be refused by whoever acts on it. */
  | { readonly kind: 'invalid' };

const INVALID: DecodedHeaderValue = { kind: 'invalid' };

/** Fatal, and keeping a leading U+FEFF, so that no two byte sequences decode to one name. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Whether a value bears both markers, exactly as spelled; one that lacks either is a literal.
 */
export function isSentinel(value: string): boolean {
  return value.startsWith(PREFIX) && value.endsWith(SUFFIX);
}

/** Reads a value without its surrounding optional white space. */
export function decodeHeaderValue(value: string): DecodedHeaderValue {
  if (!isSentinel(value)) return { kind: 'literal', value };
  // In `=?base64?=` the markers share a character. Readers differ over it, so it says nothing.
  if (value.length < PREFIX.length + SUFFIX.length) return INVALID;
  const payload = value.slice(PREFIX.length, -SUFFIX.length);
  if (!BASE64.test(payload)) return INVALID;
  try {
    return { kind: 'decoded', value: utf8.decode(toBytes(atob(payload))) };
  } catch {
    return INVALID;
  }
}

/**
 * Writes a value for a header: as it is when that is safe, otherwise in base64.
 *
 * @throws TypeError when the value has a lone surrogate, which UTF-8 cannot express
 */
export function encodeHeaderValue(value: string): string {
  const trimmed = !value.startsWith(' ') && !value.endsWith(' ');
  if (trimmed && PLAIN.test(value) && !isSentinel(value)) return value;
  if (!value.isWellFormed()) {
    throw new TypeError('Header value must be well-formed Unicode: it has a lone surrogate');
  }
  let binary = '';
  for (const byte of new TextEncoder().encode(value)) binary += String.fromCharCode(byte);
  return PREFIX + btoa(binary) + SUFFIX;
}

function toBytes(binary: string): Uint8Array {
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index++) bytes[index] = binary.charCodeAt(index);
  return bytes;
}

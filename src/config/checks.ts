/**
 * What single text values must look like beyond being text.
 *
 * @module
 */

import { isHostname, isIpv4, isIpv6, parsePort, splitHostPort } from './host.ts';
import { InvalidValueError } from './problem.ts';

/** An entry of the allowed hosts, in the forms the host guard of `policy/` reads. */
export function checkAllowedHost(text: string): void {
  if (text === '*' || isHostPattern(text)) return;
  throw new InvalidValueError(
    'must be a host, host:port, *.domain or *, such as "mcp.example.com"; no scheme, no path',
  );
}

/** An entry of the allowed origins, in the forms the host guard of `policy/` reads. */
export function checkAllowedOrigin(text: string): void {
  const bare = text.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '');
  if (text === '*' || text === 'null' || isHostPattern(bare)) return;
  throw new InvalidValueError(
    'must be an origin such as "https://app.example.com", a host, *.domain, null or *; no path',
  );
}

function isHostPattern(text: string): boolean {
  if (isIpv6(text)) return true;
  const wildcard = text.startsWith('*.');
  const rest = wildcard ? text.slice(2) : text;
  const { host, bracketed, port } =
    rest.startsWith('[') && rest.endsWith(']')
      ? { host: rest.slice(1, -1), bracketed: true, port: '0' }
      : (splitHostPort(rest) ?? { host: rest, bracketed: false, port: '0' });
  if (parsePort(port) === null) return false;
  if (bracketed) return !wildcard && isIpv6(host);
  // A name may end in a dot, and is the same without it.
  return isHostname(host) && !(wildcard && isIpv4(host.replace(/\.$/, '')));
}

/** An absolute http(s) URL without credentials, query and fragment. */
export function checkHttpUrl(text: string): void {
  const url = /^https?:\/\/[^/\s]/i.test(text) && URL.canParse(text) ? new URL(text) : null;
  if (url === null) {
    throw new InvalidValueError(
      'must be an http:// or https:// URL, such as "http://localhost:4318"',
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new InvalidValueError('must not carry credentials (user:password@)');
  }
  if (text.includes('?') || text.includes('#')) {
    throw new InvalidValueError('must not carry a query or a fragment');
  }
}

/** A name that may stand in a certificate and in SNI (RFC 6066 §3: no IP literals). */
export function checkServerName(text: string): void {
  if (!isHostname(text) || isIpv4(text)) {
    throw new InvalidValueError('must be a host name, such as "mcp.internal"');
  }
}

/** A token that fits into `Authorization: Bearer …` (RFC 6750 §2.1). */
export function checkBearerToken(text: string): void {
  if (!/^[A-Za-z0-9._~+/-]+=*$/.test(text)) {
    throw new InvalidValueError(
      'must consist of letters, digits and - . _ ~ + / with = at its end',
    );
  }
}

/** SHA-256 in hex. */
export function checkKeyDigest(text: string): void {
  if (!/^[0-9a-f]{64}$/i.test(text)) {
    throw new InvalidValueError(
      'must be the SHA-256 digest of a key, 64 hexadecimal digits, as "weir auth new-key" prints it',
    );
  }
}

/** A propagator of OpenTelemetry. Fields of those weir does not write pass as they are. */
export function checkPropagator(text: string): void {
  if (!PROPAGATORS.has(text)) {
    throw new InvalidValueError(`must be one of ${[...PROPAGATORS].join(', ')}`);
  }
}

const PROPAGATORS: ReadonlySet<string> = new Set([
  'tracecontext',
  'baggage',
  'b3',
  'b3multi',
  'jaeger',
  'xray',
  'ottrace',
  'none',
]);

/** A key from which pseudonyms are made: short ones can be searched for, and all users with them. */
export function checkPseudonymKey(text: string): void {
  if (new TextEncoder().encode(text).length < MIN_PSEUDONYM_KEY_BYTES) {
    throw new InvalidValueError(`must be at least ${MIN_PSEUDONYM_KEY_BYTES} bytes long`);
  }
}

/** As `Pseudonyms` of `redact/` asks for. */
const MIN_PSEUDONYM_KEY_BYTES = 16;

/** A path below which something is mounted. */
export function checkPathPrefix(text: string): void {
  if (!/^(?:\/[A-Za-z0-9._~-]+)+$/.test(text) || /\/\.{1,2}(?:\/|$)/.test(text)) {
    throw new InvalidValueError('must be a path such as "/_weir", without a slash at its end');
  }
}

/** A name that becomes a metric label. */
export function checkLabel(text: string): void {
  if (text.length > 128) throw new InvalidValueError('must be at most 128 characters long');
}

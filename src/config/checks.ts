/**
 * What single text values must look like beyond being text.
 *
 * @module
 */

import { isHostname, isIpv6, parsePort, splitHostPort } from './host.ts';
import { InvalidValueError } from './problem.ts';

/** A host a client may name in its `Host` field: a name or IP literal, with or without a port. */
export function checkAllowedHost(text: string): void {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  if (isHostname(bare) || isIpv6(bare)) return;
  const parts = splitHostPort(text);
  if (parts !== null && parsePort(parts.port) !== null) {
    if (parts.bracketed ? isIpv6(parts.host) : isHostname(parts.host)) return;
  }
  throw new InvalidValueError(
    'must be a host name or host:port, without scheme and path, such as "mcp.example.com"',
  );
}

/** An origin as browsers send it: scheme, host and port, nothing after. */
export function checkAllowedOrigin(text: string): void {
  if (/^https?:/i.test(text)) {
    if (URL.canParse(text) && new URL(text).origin === text) return;
  } else if (/^[a-z][a-z0-9+.-]*:\/\/[a-z0-9._-]+(:[0-9]{1,5})?$/.test(text)) {
    // Editors and desktop clients have schemes of their own, whose origin no URL parser computes.
    return;
  }
  throw new InvalidValueError(
    'must be an origin in lower case, without a path, such as "https://app.example.com"',
  );
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
  if (!isHostname(text) || /^[0-9.]+$/.test(text)) {
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

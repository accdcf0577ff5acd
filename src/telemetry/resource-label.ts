/**
 * What of a resource URI becomes a label. URIs are chosen by clients, carry ids and sometimes
 * secrets; a label gets their kind, not their content.
 *
 * @module
 */

import { OTHER } from './label-cap.ts';

/**
 * - `template`: scheme and host, the path as a placeholder: `file:///{path}`,
 *   `https://host:8443/{path}`, `urn:{path}`
 * - `scheme`: the scheme alone: `file`
 * - `full`: scheme, host and path as the client wrote them
 *
 * None of them keeps user information, query or fragment.
 */
export type ResourceLabelMode = 'template' | 'scheme' | 'full';

/** RFC 3986 §3.1, with a length that real schemes keep. */
const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]{0,30}):/;
/** A registered name or IPv4 address, or an IPv6 literal, with an optional port. */
const HOST = /^(?:[A-Za-z0-9._~-]{1,100}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/;

/**
 * The label of a resource URI. What is no URI is `_other`; a host that is no host name is
 * `{host}`. The caller still has to cap how many labels there are.
 */
export function toResourceLabel(uri: string, mode: ResourceLabelMode): string {
  const match = SCHEME.exec(uri);
  if (match === null) return OTHER;
  const scheme = (match[1] as string).toLowerCase();
  if (mode === 'scheme') return scheme;
  const rest = uri.slice(scheme.length + 1);
  if (!rest.startsWith('//')) {
    return mode === 'full' ? `${scheme}:${withoutQuery(rest)}` : `${scheme}:{path}`;
  }
  // Browsers take a backslash for a slash; so must whoever looks for the end of the authority.
  const authorityEnd = indexOfAny(rest, '/\\?#', 2);
  const host = toHostLabel(rest.slice(2, authorityEnd));
  const path = withoutQuery(rest.slice(authorityEnd));
  const pathLabel = mode === 'full' ? path : path.length > 1 ? '/{path}' : path;
  return `${scheme}://${host}${pathLabel}`;
}

/** Host and port of an authority, lower case, without user information. */
function toHostLabel(authority: string): string {
  const host = authority.slice(authority.lastIndexOf('@') + 1).toLowerCase();
  return host === '' || HOST.test(host) ? host : '{host}';
}

function withoutQuery(text: string): string {
  return text.slice(0, indexOfAny(text, '?#', 0));
}

/** Index of the first of these characters at or after `from`; the length when there is none. */
function indexOfAny(text: string, characters: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    if (characters.includes(text[i] as string)) return i;
  }
  return text.length;
}

/**
 * The upstream address as a label: `host:port` as given, or scheme, host and port of a URL.
 * User information, path and query are left out, for each may hold a credential.
 */
export function toTargetLabel(targetAddr: string): string {
  const scheme = /^https?:\/\//i.exec(targetAddr)?.[0].toLowerCase() ?? '';
  const end = indexOfAny(targetAddr, '/\\?#', scheme.length);
  return `${scheme}${toHostLabel(targetAddr.slice(scheme.length, end))}`;
}

/**
 * Hosts and origins as they stand in `Host` (RFC 9110 §7.2) and `Origin` (RFC 6454 §6.1) fields.
 *
 * Deliberately narrower than the grammar: a host is a DNS name in ASCII, an IPv4 address with four
 * decimal octets or a bracketed IPv6 address. What a browser writes is always one of these. Whatever
 * else a value may mean to some reader (user information, percent-encoding, lists, other spellings
 * of addresses), it is not parsed, and so equals nothing.
 *
 * @module
 */

import { isLoopbackIpv4, isLoopbackIpv6, parseIpv4, parseIpv6 } from './ip-address.ts';

export interface Authority {
  /** Lower case, without a trailing dot; an IPv6 address as its eight groups in brackets. */
  readonly host: string;
  readonly isLoopback: boolean;
  /** Null when none is given. */
  readonly port: number | null;
}

export interface Origin extends Authority {
  /** Lower case. */
  readonly scheme: string;
}

/** Longest DNS name in its textual form (RFC 1035 §2.3.4), with a port after it. */
const MAX_AUTHORITY_CHARS = 253 + ':65535'.length;

const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

/** Labels of letters, digits, hyphens, and underscores, which service names have. */
const DNS_NAME = /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/;

/** A name whose last label is a number is an IPv4 address or an attempt at one (URL §3.5). */
const ENDS_IN_NUMBER = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/;

/** `host`, `host:port`, `[v6]` or `[v6]:port`; null for anything else. */
export function parseAuthority(text: string): Authority | null {
  // ASCII first: some other letters have an ASCII one as their lower case.
  if (text.length > MAX_AUTHORITY_CHARS || !VISIBLE_ASCII.test(text)) return null;
  const lower = text.toLowerCase();
  const bracket = lower.startsWith('[') ? lower.indexOf(']') : -1;
  const colon = lower.indexOf(':', bracket + 1);
  const host = colon < 0 ? lower : lower.slice(0, colon);
  const port = colon < 0 ? null : parsePort(lower.slice(colon + 1));
  if (port === undefined) return null;
  if (bracket >= 0) {
    if (host.length !== bracket + 1) return null;
    const groups = parseIpv6(host.slice(1, bracket));
    if (groups === null) return null;
    return { host: `[${groups.join(':')}]`, isLoopback: isLoopbackIpv6(groups), port };
  }
  const name = host.endsWith('.') ? host.slice(0, -1) : host;
  if (!DNS_NAME.test(name)) return null;
  if (ENDS_IN_NUMBER.test(name)) {
    const octets = parseIpv4(name);
    return octets && { host: name, isLoopback: isLoopbackIpv4(octets), port };
  }
  // RFC 6761 §6.3: `localhost` and every name under it.
  return { host: name, isLoopback: name === 'localhost' || name.endsWith('.localhost'), port };
}

const MAX_SCHEME_CHARS = 32;

/** `scheme://host` or `scheme://host:port`; null for anything else, `null` included. */
export function parseOrigin(text: string): Origin | null {
  const end = text.indexOf('://');
  if (end < 0 || end > MAX_SCHEME_CHARS) return null;
  const scheme = text.slice(0, end).toLowerCase();
  if (!/^[a-z][a-z0-9+.-]*$/.test(scheme)) return null;
  const authority = parseAuthority(text.slice(end + 3));
  return authority && { ...authority, scheme };
}

/** The port that a scheme means by itself; null for schemes without one. */
export function defaultPort(scheme: string): number | null {
  if (scheme === 'http') return 80;
  return scheme === 'https' ? 443 : null;
}

/** Null for an empty port, which is legal and means none; undefined for what is no port. */
function parsePort(text: string): number | null | undefined {
  if (text === '') return null;
  if (!/^\d{1,5}$/.test(text)) return undefined;
  const port = Number(text);
  return port <= 65_535 ? port : undefined;
}

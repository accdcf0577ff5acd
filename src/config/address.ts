/**
 * The two kinds of address a proxy is given: where to listen, and which MCP server stands behind.
 *
 * @module
 */

import { bracketHost, isHostname, isIpv6, parsePort, splitHostPort } from './host.ts';
import { InvalidValueError } from './problem.ts';

export interface ListenAddress {
  /** Name or IP literal without brackets; empty for every interface. */
  host: string;
  /** 0 for any free port. */
  port: number;
}

/** An MCP server's address, taken apart. */
export interface TargetAddress {
  scheme: 'http' | 'https';
  /** Name or IP literal, lower case, without brackets: what to connect to. */
  host: string;
  port: number;
  /** What goes before every request path: empty, or `/…` without a slash at its end. */
  prefix: string;
  /** `host[:port]` as in a `Host` field: brackets for IPv6, no port when it is the scheme's own. */
  authority: string;
  /** `scheme://authority`. */
  origin: string;
}

const NOT_A_LISTEN_ADDRESS =
  'must be host:port or :port (port 0 to 65535, 0 for any free one), such as ":8080", "127.0.0.1:8080" or "[::1]:8080"';

/**
 * Reads `:8080`, `127.0.0.1:8080`, `[::1]:8080` or `localhost:0`.
 *
 * @throws InvalidValueError
 */
export function parseListenAddress(text: string): ListenAddress {
  const parts = splitHostPort(text);
  const port = parts === null ? null : parsePort(parts.port);
  if (parts === null || port === null) throw new InvalidValueError(NOT_A_LISTEN_ADDRESS);
  const { host, bracketed } = parts;
  if (host === '' && !bracketed) return { host, port };
  if (!bracketed && host.includes(':')) {
    throw new InvalidValueError('must have its IPv6 address in brackets, such as "[::1]:8080"');
  }
  if (bracketed ? !isIpv6(host) : !isHostname(host)) {
    throw new InvalidValueError(NOT_A_LISTEN_ADDRESS);
  }
  return { host, port };
}

/** Whether two listeners would ask for the same port. A free port (0) never collides. */
export function listenAddressesCollide(a: ListenAddress, b: ListenAddress): boolean {
  if (a.port !== b.port || a.port === 0) return false;
  return a.host === b.host || isEveryInterface(a.host) || isEveryInterface(b.host);
}

/**
 * Whether a target on this machine is the listener itself: each request would be sent to its own
 * proxy again, without end.
 */
export function targetIsListener(target: TargetAddress, listener: ListenAddress): boolean {
  if (listener.port === 0 || target.port !== listener.port || !isThisMachine(target.host)) {
    return false;
  }
  return isEveryInterface(listener.host) || isThisMachine(listener.host);
}

/** Whether only this machine can connect to a listener: localhost, 127.0.0.0/8, ::1. */
export function isLoopbackHost(host: string): boolean {
  return /^(?:localhost|127(?:\.\d+){3}|::1)$/i.test(host);
}

/** Names of this machine that need no look-up: loopback, and "any address". */
function isThisMachine(host: string): boolean {
  return isLoopbackHost(host) || isEveryInterface(host);
}

function isEveryInterface(host: string): boolean {
  return host === '' || host === '0.0.0.0' || host === '::';
}

/** Longest target that is read. */
const MAX_TARGET_CHARS = 2_048;

const NOT_A_TARGET =
  'must be host:port or an http(s) URL, such as "localhost:3001" or "https://mcp.example.com/team"';

/**
 * Reads `localhost:3001` (plain HTTP) or an http(s) URL with an optional path prefix.
 * Credentials, queries and fragments have no place in a target: they would end up in logs and
 * metrics, or in every request.
 *
 * @throws InvalidValueError
 */
export function parseTarget(text: string): TargetAddress {
  if (text.length > MAX_TARGET_CHARS) {
    throw new InvalidValueError(`must be at most ${MAX_TARGET_CHARS} characters long`);
  }
  return text.includes('://') ? parseTargetUrl(text) : parseTargetHostPort(text);
}

function parseTargetHostPort(text: string): TargetAddress {
  if (text.includes('/')) {
    throw new InvalidValueError(
      'must start with http:// or https:// when it has a path, such as "http://localhost:3001/mcp"',
    );
  }
  const parts = splitHostPort(text);
  if (parts === null) throw new InvalidValueError(NOT_A_TARGET);
  if (parts.host === '') {
    throw new InvalidValueError('must name a host, such as "localhost:3001"');
  }
  if (!parts.bracketed && parts.host.includes(':')) {
    throw new InvalidValueError('must have its IPv6 address in brackets, such as "[::1]:3001"');
  }
  const port = parsePort(parts.port);
  const valid = parts.bracketed ? isIpv6(parts.host) : isHostname(parts.host);
  if (!valid || port === null || port === 0) throw new InvalidValueError(NOT_A_TARGET);
  return toTarget(new URL(`http://${text}/`));
}

function parseTargetUrl(text: string): TargetAddress {
  // A URL parser would silently drop or turn these.
  if (/[\s\\]/.test(text) || hasControlCharacter(text)) throw new InvalidValueError(NOT_A_TARGET);
  if (!/^https?:\/\/[^/]/i.test(text)) {
    throw new InvalidValueError('must be an http:// or https:// URL');
  }
  if (!URL.canParse(text)) throw new InvalidValueError(NOT_A_TARGET);
  const url = new URL(text);
  if (url.username !== '' || url.password !== '' || /^[^/]*\/\/[^/?#]*@/.test(text)) {
    throw new InvalidValueError('must not carry credentials (user:password@)');
  }
  if (text.includes('?')) throw new InvalidValueError('must not carry a query (?…)');
  if (text.includes('#')) throw new InvalidValueError('must not carry a fragment (#…)');
  const bracketed = url.hostname.startsWith('[');
  if ((!bracketed && !isHostname(url.hostname)) || url.port === '0') {
    throw new InvalidValueError(NOT_A_TARGET);
  }
  return toTarget(url);
}

function toTarget(url: URL): TargetAddress {
  const scheme = url.protocol === 'https:' ? 'https' : 'http';
  const port = url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port);
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  const prefix = url.pathname.replace(/\/+$/, '');
  return { scheme, host, port, prefix, authority: url.host, origin: url.origin };
}

/** Writes an address so that `parseListenAddress` reads it back. */
export function formatListenAddress(address: ListenAddress): string {
  return `${bracketHost(address.host)}:${address.port}`;
}

function hasControlCharacter(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

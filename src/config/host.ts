/**
 * Host names, IP literals and ports, as they stand in addresses and URLs.
 *
 * @module
 */

/** Longest host name DNS allows (RFC 1035 §2.3.4). */
const MAX_HOSTNAME_CHARS = 253;

/** Longest label of a host name. */
const MAX_LABEL_CHARS = 63;

const MAX_PORT = 65_535;

/** Underscores are no part of RFC 952 names, but container networks use them. */
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/i;

/** A host name (ASCII; IDNs in their `xn--` form) or an IPv4 address. */
export function isHostname(text: string): boolean {
  const name = text.endsWith('.') ? text.slice(0, -1) : text;
  if (name === '' || name.length > MAX_HOSTNAME_CHARS) return false;
  const labels = name.split('.');
  if (!labels.every((label) => label.length <= MAX_LABEL_CHARS && LABEL.test(label))) return false;
  // A name that ends in a number is read as an IPv4 address by every URL parser (URL §3.5).
  return /^(?:[0-9]+|0x[0-9a-f]*)$/i.test(labels.at(-1)!) ? isIpv4(name) : true;
}

/** Four decimal octets. */
export function isIpv4(text: string): boolean {
  const parts = text.split('.');
  return (
    parts.length === 4 && parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && +part <= 255)
  );
}

/** An IPv6 address without brackets and without a zone. */
export function isIpv6(text: string): boolean {
  if (!/^[0-9a-f:.]{2,45}$/i.test(text) || !text.includes(':')) return false;
  return URL.canParse(`http://[${text}]/`);
}

/** The port, or null for anything but digits in 0…65535. */
export function parsePort(text: string): number | null {
  if (!/^[0-9]{1,5}$/.test(text)) return null;
  const port = Number(text);
  return port <= MAX_PORT ? port : null;
}

/** What stands before and after the port's colon; null when there is no such colon. */
export function splitHostPort(
  text: string,
): { host: string; bracketed: boolean; port: string } | null {
  if (text.startsWith('[')) {
    const close = text.indexOf(']:');
    if (close < 0) return null;
    return { host: text.slice(1, close), bracketed: true, port: text.slice(close + 2) };
  }
  const colon = text.lastIndexOf(':');
  if (colon < 0) return null;
  return { host: text.slice(0, colon), bracketed: false, port: text.slice(colon + 1) };
}

/** A host as it stands in a URL: IPv6 gets its brackets. */
export function bracketHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

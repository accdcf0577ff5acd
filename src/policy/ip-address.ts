/**
 * IP addresses in their textual forms (RFC 4291 §2.2, RFC 6943 §3.1.1). Strict: what some resolvers
 * would also take for an address (`127.1`, `0177.0.0.1`, `0x7f000001`) is none here.
 *
 * @module
 */

/** Four decimal octets without leading zeros, or null. */
export function parseIpv4(text: string): readonly number[] | null {
  const parts = text.split('.', 5);
  if (parts.length !== 4) return null;
  const octets: number[] = [];
  for (const part of parts) {
    if (!/^(?:0|[1-9]\d{0,2})$/.test(part)) return null;
    const octet = Number(part);
    if (octet > 255) return null;
    octets.push(octet);
  }
  return octets;
}

/** Longest IPv6 text: six groups and a dotted quad. */
const MAX_IPV6_CHARS = 45;

/** The eight groups of an address without brackets or zone, or null. */
export function parseIpv6(text: string): readonly number[] | null {
  if (text.length > MAX_IPV6_CHARS) return null;
  const halves = text.split('::', 3);
  if (halves.length > 2) return null;
  const head = parseGroups(halves[0]!, halves.length === 1);
  if (halves.length === 1) return head?.length === 8 ? head : null;
  const tail = parseGroups(halves[1]!, true);
  // `::` stands for at least one group of zeros.
  if (head === null || tail === null || head.length + tail.length > 7) return null;
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

/** Groups between colons. The last of an address may be a dotted quad, which makes two. */
function parseGroups(text: string, mayEndInIpv4: boolean): number[] | null {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':', 9);
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(part)) {
      groups.push(Number.parseInt(part, 16));
      continue;
    }
    const octets = mayEndInIpv4 && index === parts.length - 1 ? parseIpv4(part) : null;
    if (octets === null) return null;
    const [a, b, c, d] = octets as [number, number, number, number];
    groups.push(a * 256 + b, c * 256 + d);
  }
  return groups;
}

/** 127.0.0.0/8 (RFC 1122 §3.2.1.3). */
export function isLoopbackIpv4(octets: readonly number[]): boolean {
  return octets[0] === 127;
}

/** `::1` (RFC 4291 §2.5.3). */
export function isLoopbackIpv6(groups: readonly number[]): boolean {
  return groups[7] === 1 && groups.indexOf(1) === 7 && groups.every((group) => group <= 1);
}

/**
 * Whether the address of a peer is this machine itself: 127.0.0.0/8, `::1`, or 127.0.0.0/8 mapped
 * into IPv6 as dual-stack sockets report it. Text that is no address is not.
 */
export function isLoopbackAddress(ip: string): boolean {
  if (ip === '127.0.0.1' || ip === '::1' || ip === '::ffff:127.0.0.1') return true;
  const octets = parseIpv4(ip);
  if (octets !== null) return isLoopbackIpv4(octets);
  const groups = parseIpv6(ip);
  if (groups === null) return false;
  return isLoopbackIpv6(groups) || (isIpv4Mapped(groups) && groups[6]! >> 8 === 127);
}

/** `::ffff:0:0/96` (RFC 4291 §2.5.5.2). */
function isIpv4Mapped(groups: readonly number[]): boolean {
  return groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);
}

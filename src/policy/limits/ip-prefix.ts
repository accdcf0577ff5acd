/**
 * IP addresses and networks as limits see them: one address has one form, whatever it was written
 * as, and an IPv4 address that was mapped into IPv6 is the IPv4 address.
 *
 * @module
 */

import { parseIpv4, parseIpv6 } from '../ip-address.ts';

export interface IpAddress {
  readonly version: 4 | 6;
  /** 16 bits each: two for IPv4, eight for IPv6. */
  readonly groups: readonly number[];
}

export interface IpNetwork {
  readonly base: IpAddress;
  /** Leading bits that are the network's. */
  readonly bits: number;
}

/** Bits before the IPv4 address in `::ffff:0:0/96` (RFC 4291 §2.5.5.2). */
const MAPPED_BITS = 96;

/** An address without brackets, port and zone; null for anything else. */
export function parseIp(text: string): IpAddress | null {
  const octets = parseIpv4(text);
  if (octets !== null) {
    const [a, b, c, d] = octets as [number, number, number, number];
    return { version: 4, groups: [a * 256 + b, c * 256 + d] };
  }
  const groups = parseIpv6(text);
  if (groups === null) return null;
  const mapped = groups[5] === 0xffff && groups.every((group, i) => i >= 5 || group === 0);
  return mapped ? { version: 4, groups: groups.slice(6) } : { version: 6, groups };
}

/** `address/bits`, or an address alone; null for anything else. Bits behind the network are none. */
export function parseNetwork(text: string): IpNetwork | null {
  const slash = text.indexOf('/');
  const address = slash < 0 ? text : text.slice(0, slash);
  const base = parseIp(address);
  if (base === null) return null;
  const longest = base.groups.length * 16;
  if (slash < 0) return { base, bits: longest };
  const written = text.slice(slash + 1);
  if (!/^(?:0|[1-9]\d{0,2})$/.test(written)) return null;
  // Written as IPv6, the bits of a mapped network count from the front of the IPv6 address.
  const isMapped = base.version === 4 && address.includes(':');
  const bits = Number(written) - (isMapped ? MAPPED_BITS : 0);
  if (bits < 0 || bits > longest) return null;
  const groups = base.groups.map((_, i) => maskGroup(base, i, bits));
  return { base: { version: base.version, groups }, bits };
}

export function contains({ base, bits }: IpNetwork, address: IpAddress): boolean {
  if (address.version !== base.version) return false;
  for (let i = 0; i < base.groups.length; i++) {
    if (maskGroup(address, i, bits) !== base.groups[i]) return false;
  }
  return true;
}

/** The usual form: dotted, or as in RFC 5952 §4. */
export function formatIp({ version, groups }: IpAddress): string {
  if (version === 4) {
    const [high, low] = groups as [number, number];
    return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  }
  const { start, length } = longestZeros(groups);
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}

/** Who an address belongs to: itself for IPv4, the network of its first `ipv6Bits` for IPv6. */
export function networkKey(address: IpAddress, ipv6Bits: number): string {
  if (address.version === 4) return formatIp(address);
  const groups = address.groups.map((_, i) => maskGroup(address, i, ipv6Bits));
  return formatIp({ version: 6, groups });
}

/** A group with what lies behind the first `bits` of the address set to zero. */
function maskGroup({ groups }: IpAddress, index: number, bits: number): number {
  const own = Math.min(16, Math.max(0, bits - index * 16));
  return groups[index]! & (0xffff << (16 - own)) & 0xffff;
}

/** The first of the longest runs of zero groups. */
function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (let i = 0; i <= groups.length; i++) {
    if (groups[i] === 0) continue;
    if (i - start > best.length) best = { start, length: i - start };
    start = i + 1;
  }
  return best;
}

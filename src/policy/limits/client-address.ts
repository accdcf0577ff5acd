/**
 * The address of the client behind the proxies that are trusted.
 *
 * Every proxy adds the address it was called from to the right end of `X-Forwarded-For`, and what
 * stands further left was there before it: only the part that trusted proxies added is believed.
 * So the list is walked from the right, and the first address that is no trusted proxy is the
 * client. Without a trusted peer the field is not read at all.
 *
 * @module
 */

import type { GuardedHead } from '../../exchange/guard.ts';
import {
  contains,
  formatIp,
  type IpAddress,
  type IpNetwork,
  parseIp,
  parseNetwork,
} from './ip-prefix.ts';

/** More proxies than that stand in no honest row. */
const MAX_HOPS = 32;

/** Longest entry: an IPv6 address in brackets with a port. */
const MAX_ENTRY_CHARS = 64;

/** Peers that are remembered: the same few call again and again. */
const MAX_KNOWN_PEERS = 512;

export class ClientAddresses {
  readonly #trusted: readonly IpNetwork[];
  readonly #peers: Map<string, Peer> = new Map();

  /** @throws {TypeError} naming the first entry that is no network */
  constructor(trustedProxies: readonly string[]) {
    this.#trusted = trustedProxies.map((entry) => {
      const network = parseNetwork(entry);
      if (network !== null) return network;
      throw new TypeError(
        `Trusted proxy ${JSON.stringify(entry)} is not understood: expected a network such as 10.0.0.0/8`,
      );
    });
  }

  /** In its usual form; null where the runtime does not tell the peer, or none that has one. */
  find(head: GuardedHead): string | null {
    if (head.peer === null) return null;
    const { address, text, isTrusted } = this.#peer(head.peer);
    return address !== null && isTrusted ? formatIp(this.#walk(head, address)) : text;
  }

  /** From the last entry of the last field on, to the left. */
  #walk({ names, headers }: GuardedHead, peer: IpAddress): IpAddress {
    let nearest = peer;
    let hops = 0;
    for (let field = names.length - 1; field >= 0; field--) {
      if (names[field] !== 'x-forwarded-for') continue;
      const value = headers[2 * field + 1]!;
      for (let end = value.length; end >= 0; ) {
        const comma = value.lastIndexOf(',', end - 1);
        const start = end === 0 ? 0 : comma + 1;
        const address = parseEntry(value, start, end);
        // What a trusted proxy could not say may hide anybody; it is the last that is known.
        if (address === null || ++hops > MAX_HOPS) return nearest;
        nearest = address;
        if (!this.#isTrusted(address)) return address;
        end = start - 1;
      }
    }
    return nearest;
  }

  #isTrusted(address: IpAddress): boolean {
    for (const network of this.#trusted) if (contains(network, address)) return true;
    return false;
  }

  #peer(written: string): Peer {
    const known = this.#peers.get(written);
    if (known !== undefined) return known;
    // A zone names an interface of this machine, not a client (RFC 4007 §11).
    const zone = written.indexOf('%');
    const address = parseIp(zone < 0 ? written : written.slice(0, zone));
    const text = address && formatIp(address);
    const peer = { address, text, isTrusted: address !== null && this.#isTrusted(address) };
    if (this.#peers.size >= MAX_KNOWN_PEERS) this.#peers.clear();
    this.#peers.set(written, peer);
    return peer;
  }
}

/** A peer as it was understood. */
interface Peer {
  readonly address: IpAddress | null;
  readonly text: string | null;
  readonly isTrusted: boolean;
}

/** `v4`, `v4:port`, `v6`, `[v6]` or `[v6]:port`, with spaces around. */
function parseEntry(value: string, start: number, end: number): IpAddress | null {
  if (end - start > MAX_ENTRY_CHARS) return null;
  const entry = value.slice(start, end).trim();
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(entry);
  if (bracketed !== null) return parseIp(bracketed[1]!);
  return parseIp(entry) ?? parseIp(entry.replace(/^([^:]*):\d{1,5}$/, '$1'));
}

/**
 * Who a budget belongs to.
 *
 * @module
 */

import type { Principal } from '../../exchange/guard.ts';
import { networkKey, parseIp } from './ip-prefix.ts';
import { boundName } from './names.ts';

/** Stands for every client whose address is not known: they share what they are given. */
const UNKNOWN_ADDRESS = 'unknown';

/** Addresses that are remembered: the same few call again and again. */
const MAX_KNOWN_ADDRESSES = 512;

/** Whose address it is, for budgets by address. */
export class AddressKeys {
  readonly #ipv6PrefixBits: number;
  readonly #known: Map<string, string> = new Map();

  constructor(ipv6PrefixBits: number) {
    this.#ipv6PrefixBits = ipv6PrefixBits;
  }

  of(text: string | null): string {
    if (text === null) return UNKNOWN_ADDRESS;
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const address = parseIp(text);
    const key = address === null ? UNKNOWN_ADDRESS : networkKey(address, this.#ipv6PrefixBits);
    if (this.#known.size >= MAX_KNOWN_ADDRESSES) this.#known.clear();
    this.#known.set(text, key);
    return key;
  }
}

/** Of principals that are still about: authentication hands out the same one again and again. */
const nameKeys: WeakMap<Principal, string> = new WeakMap();

/** A principal's name, or the address of one that has none. */
export function callerKey(principal: Principal | null, fallback: { address: string }): string {
  if (!isNamed(principal)) return `address:${fallback.address}`;
  let key = nameKeys.get(principal);
  if (key === undefined) {
    key = nameKey(principal);
    nameKeys.set(principal, key);
  }
  return key;
}

/**
 * Lengths stand before what others chose, so that nobody can be called what somebody else's name
 * and tool make together.
 */
function nameKey(principal: Principal): string {
  const issuer = boundName(principal.issuer ?? '');
  const subject = boundName(principal.subject);
  return `${principal.kind}:${issuer.length}:${issuer}:${subject.length}:${subject}`;
}

export function isNamed(principal: Principal | null): principal is Principal {
  return principal !== null && principal.kind !== 'anonymous';
}

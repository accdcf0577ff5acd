/**
 * Whose each session is.
 *
 * @module
 */

import type { Principal } from '../../exchange/guard.ts';
import { BoundedCache } from '../auth/bounded-cache.ts';

/** Owners whose name is kept once for all of their sessions. */
const MAX_SHARED_NAMES = 1_000;

/** What tells a principal from every other, whoever chose its subject. */
export function ownerName({ kind, issuer, subject }: Principal): string {
  return JSON.stringify([kind, issuer, subject]);
}

/**
 * Owners by a digest of the session's id, at most so many. Beyond that the session that has gone
 * unused longest is forgotten, and belongs to nobody until it is bound anew.
 */
export class SessionOwners {
  readonly #owners: BoundedCache<string>;
  /** One copy of each name: one owner with many sessions takes little for each. */
  readonly #names: BoundedCache<string> = new BoundedCache(MAX_SHARED_NAMES);

  constructor(maxSessions: number) {
    this.#owners = new BoundedCache(maxSessions);
  }

  /** Whether a session is another's. */
  isAnothers(digest: string, owner: string): boolean {
    const bound = this.#owners.get(digest);
    return bound !== undefined && bound !== owner;
  }

  /**
   * Binds a session, or notes that it is in use. A session that is another's stays so, even when
   * the server gives it out again: whoever may have taken it first, nobody gets what another put
   * into it.
   */
  bind(digest: string, owner: string): void {
    const bound = this.#owners.get(digest);
    if (bound === undefined) this.#owners.set(digest, this.#shared(owner));
    else if (bound === owner) this.#owners.set(digest, bound);
  }

  /** The owner has ended the session. */
  release(digest: string, owner: string): void {
    if (this.#owners.get(digest) === owner) this.#owners.delete(digest);
  }

  #shared(name: string): string {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    this.#names.set(name, name);
    return name;
  }
}

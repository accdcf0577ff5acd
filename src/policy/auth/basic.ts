/**
 * User names and passwords (RFC 7617).
 *
 * A password hash is slow on purpose, so what was found right is remembered for a while, under a
 * hash with a key that exists in this process only: neither a dump of the cache nor the time a
 * lookup takes says anything about passwords. What was found wrong is not remembered, and only a
 * few are computed at a time. Unknown names cost as much as known ones.
 *
 * @module
 */

import type { GuardedExchange } from '../../exchange/guard.ts';
import {
  type Accepted,
  type AuthMethod,
  accept,
  knownPrincipal,
  type Outcome,
} from './accepted.ts';
import { encodeBase64Url, tryDecodeBase64 } from './base64.ts';
import { BoundedCache } from './bounded-cache.ts';
import type { Presented } from './credentials.ts';
import { type PasswordHash, parsePasswordHash, verifyPassword } from './password.ts';
import type { BasicSettings } from './settings.ts';
import { WorkGate } from './work-gate.ts';

/** Credentials remembered as right. */
const MAX_REMEMBERED = 1_000;

/** How long they are remembered. */
const REMEMBER_MS = 300_000;

/** Passwords computed at one time. More would only make each slower, and starve other work. */
const MAX_ACTIVE = 2;

/** Passwords that may wait for their turn. */
const MAX_WAITING = 32;

const COLON = 0x3a;

interface User {
  readonly accepted: Accepted;
  readonly password: PasswordHash;
}

interface Remembered {
  readonly accepted: Accepted;
  /** On the monotonic clock. */
  readonly until: number;
}

export interface BasicOptions {
  readonly settings: BasicSettings;
  readonly now: () => number;
  /** See `AuthPorts`. */
  readonly isolatedRequests: boolean;
}

export class BasicMethod implements AuthMethod {
  readonly #users: Map<string, User> = new Map();
  /** Stands in for users that do not exist. */
  readonly #decoy: PasswordHash;
  readonly #now: () => number;
  readonly #isolatedRequests: boolean;
  readonly #remembered: BoundedCache<Remembered> = new BoundedCache(MAX_REMEMBERED);
  readonly #pending: Map<string, Promise<Outcome>> = new Map();
  readonly #gate: WorkGate;
  #cacheKey: Promise<CryptoKey> | null = null;

  /** @throws {TypeError} when there is no user, one is there twice or has no usable hash */
  constructor({ settings, now, isolatedRequests }: BasicOptions) {
    for (const user of settings.users) {
      if (this.#users.has(user.subject)) {
        throw new TypeError('Cannot tell users apart: a name is given twice');
      }
      this.#users.set(user.subject, {
        accepted: accept(knownPrincipal('basic', user.subject, user), null),
        password: parsePasswordHash(user.passwordHash),
      });
    }
    const hashes = [...this.#users.values()].map(({ password }) => password);
    const slowest = hashes.sort((a, b) => b.iterations - a.iterations)[0];
    if (slowest === undefined) throw new TypeError('Cannot authenticate without any user');
    this.#decoy = slowest;
    this.#now = now;
    this.#isolatedRequests = isolatedRequests;
    // Where requests cannot wait for each other, each computes on a budget of its own.
    this.#gate = isolatedRequests
      ? new WorkGate(Number.POSITIVE_INFINITY, 0)
      : new WorkGate(MAX_ACTIVE, MAX_WAITING);
  }

  authenticate(presented: Presented, _exchange: GuardedExchange): null | Promise<Outcome> {
    return presented.kind === 'basic' ? this.#judge(presented.value) : null;
  }

  async #judge(credential: string): Promise<Outcome> {
    const pair = readPair(credential);
    if (pair === null) return 'malformed';
    const key = await this.#hash(credential);
    const remembered = this.#remembered.get(key);
    if (remembered !== undefined) {
      if (this.#now() < remembered.until) return remembered.accepted;
      this.#remembered.delete(key);
    }
    // Clients open with several requests at once: one computation answers them all.
    const pending = this.#pending.get(key);
    if (pending !== undefined) return pending;
    const outcome = this.#gate.run(() => this.#verify(pair, key));
    if (outcome === null) return 'overloaded';
    if (this.#isolatedRequests) return outcome;
    this.#pending.set(key, outcome);
    try {
      return await outcome;
    } finally {
      this.#pending.delete(key);
    }
  }

  async #verify({ name, password }: Pair, key: string): Promise<Outcome> {
    const user = this.#users.get(name);
    const isRight = await verifyPassword(password, user?.password ?? this.#decoy);
    if (user === undefined || !isRight) return 'wrong_password';
    this.#remembered.set(key, { accepted: user.accepted, until: this.#now() + REMEMBER_MS });
    return user.accepted;
  }

  async #hash(credential: string): Promise<string> {
    // Made late: not every runtime has random numbers while modules load.
    this.#cacheKey ??= crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, false, [
      'sign',
    ]) as Promise<CryptoKey>;
    const bytes = new TextEncoder().encode(credential);
    const mac = await crypto.subtle.sign('HMAC', await this.#cacheKey, bytes);
    return encodeBase64Url(new Uint8Array(mac));
  }
}

interface Pair {
  readonly name: string;
  readonly password: Uint8Array<ArrayBuffer>;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** `name:password` in base64, UTF-8, without control characters; null for anything else. */
function readPair(credential: string): Pair | null {
  const bytes = tryDecodeBase64(credential);
  const colon = bytes?.indexOf(COLON) ?? -1;
  if (bytes === null || colon < 1 || colon === bytes.length - 1) return null;
  if (bytes.some((byte) => byte < 0x20 || byte === 0x7f)) return null;
  try {
    utf8.decode(bytes);
    return { name: utf8.decode(bytes.subarray(0, colon)), password: bytes.slice(colon + 1) };
  } catch {
    return null;
  }
}

/**
 * API keys, known by their digests.
 *
 * What a lookup costs is one SHA-256 of what was presented and a comparison with every digest there
 * is, see {@link DigestTable}. Nothing about presented keys is kept between requests.
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
import type { Presented } from './credentials.ts';
import { DigestTable, sha256Hex } from './digest.ts';
import { isJwtShaped } from './jwt-shape.ts';
import { isApiKey, MIN_BEARER_KEY_CHARS, MIN_KEY_CHARS } from './key-format.ts';
import type { ApiKeySettings } from './settings.ts';

interface Key {
  readonly accepted: Accepted;
  readonly expiresAt: number;
}

export interface ApiKeyOptions {
  readonly settings: ApiKeySettings;
  /** Bearer tokens that look like a JWT belong to another method. */
  readonly leavesJwts: boolean;
  readonly sha256?: ((text: string) => string | Promise<string>) | undefined;
}

export class ApiKeyMethod implements AuthMethod {
  readonly #keys: readonly Key[];
  readonly #table: DigestTable;
  readonly #bearer: boolean;
  readonly #leavesJwts: boolean;
  readonly #sha256: (text: string) => string | Promise<string>;

  /** @throws {TypeError} when a digest is none, or is given twice */
  constructor({ settings, leavesJwts, sha256 = sha256Hex }: ApiKeyOptions) {
    const digests: string[] = [];
    const keys: Key[] = [];
    for (const client of settings.clients) {
      const principal = knownPrincipal('api_key', client.subject, client);
      for (const { digest, expiresAt, label } of client.keys) {
        digests.push(digest);
        keys.push({
          accepted: accept(principal, label),
          expiresAt: expiresAt ?? Number.POSITIVE_INFINITY,
        });
      }
    }
    this.#keys = keys;
    this.#table = new DigestTable(digests);
    this.#bearer = settings.bearer;
    this.#leavesJwts = leavesJwts;
    this.#sha256 = sha256;
  }

  authenticate(presented: Presented, exchange: GuardedExchange): Outcome | null | Promise<Outcome> {
    const isBearer = presented.kind === 'bearer';
    if (isBearer) {
      if (!this.#bearer || (this.#leavesJwts && isJwtShaped(presented.value))) return null;
    } else if (presented.kind !== 'key') return null;
    if (!isApiKey(presented.value, isBearer ? MIN_BEARER_KEY_CHARS : MIN_KEY_CHARS)) {
      return 'malformed';
    }
    const digest = this.#sha256(presented.value);
    if (typeof digest === 'string') return this.#judge(digest, exchange.startedAt);
    return digest.then((hex) => this.#judge(hex, exchange.startedAt));
  }

  #judge(digest: string, now: number): Outcome {
    const key = this.#keys[this.#table.indexOf(digest)];
    if (key === undefined) return 'unknown_key';
    return now < key.expiresAt ? key.accepted : 'expired';
  }
}

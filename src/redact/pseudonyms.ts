/**
 * Names for people that tell two of them apart and do not tell who they are: HMAC-SHA-256
 * (RFC 2104) under a key that stays here, cut to 128 bits. The same key gives the same names, on
 * every replica and after every restart.
 *
 * @module
 */

import type { Principal } from '../exchange/decision.ts';
import { toHex } from './hex.ts';

/** Bits that are kept are 4 times this: enough that no two of any number of users meet. */
const PSEUDONYM_HEX_DIGITS = 32;

/** Pseudonyms that are remembered; the oldest is forgotten first. */
const MAX_REMEMBERED = 4096;
/** Longest text whose pseudonym is remembered, in UTF-16 code units. */
const MAX_REMEMBERED_CHARS = 512;

/** Shortest key, in bytes: shorter ones can be searched for, and every subject with them. */
export const MIN_PSEUDONYM_KEY_BYTES = 16;

/**
 * What comes before a subject, and a NUL, in the text a pseudonym is made of: the same subject of
 * another issuer is somebody else.
 */
export function userRealm({ kind, issuer }: Pick<Principal, 'kind' | 'issuer'>): string {
  return `${kind}\0${issuer ?? ''}`;
}

export class Pseudonyms {
  readonly #secret: Uint8Array<ArrayBuffer>;
  /** Made when first needed: Workers allow no cryptography outside of a request. */
  #key: CryptoKey | null = null;
  readonly #remembered: Map<string, string> = new Map();

  /** @throws {RangeError} when the key is too short */
  constructor(secret: string) {
    this.#secret = new TextEncoder().encode(secret);
    if (this.#secret.length < MIN_PSEUDONYM_KEY_BYTES) {
      throw new RangeError(
        `the key for pseudonyms must be at least ${MIN_PSEUDONYM_KEY_BYTES} bytes long`,
      );
    }
  }

  /** 32 hexadecimal digits: at once when it is remembered, later otherwise. */
  of(text: string): string | Promise<string> {
    return this.#remembered.get(text) ?? this.#make(text);
  }

  async #make(text: string): Promise<string> {
    this.#key ??= await crypto.subtle.importKey(
      'raw',
      this.#secret,
      { name: 'HMAC', hash: 'SHA-256' },
      false,
      ['sign'],
    );
    const mac = await crypto.subtle.sign('HMAC', this.#key, new TextEncoder().encode(text));
    const pseudonym = toHex(new Uint8Array(mac)).slice(0, PSEUDONYM_HEX_DIGITS);
    if (text.length <= MAX_REMEMBERED_CHARS) this.#remember(text, pseudonym);
    return pseudonym;
  }

  #remember(text: string, pseudonym: string): void {
    if (this.#remembered.size >= MAX_REMEMBERED) {
      for (const oldest of this.#remembered.keys()) {
        this.#remembered.delete(oldest);
        break;
      }
    }
    this.#remembered.set(text, pseudonym);
  }
}

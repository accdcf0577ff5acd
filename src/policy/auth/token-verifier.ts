/**
 * Verifies JSON Web Tokens. Brings the JOSE library along, so it is loaded when the first token
 * comes and not before.
 *
 * Cheap looks come first: form, issuer, algorithm, claims. Only what could pass costs a signature.
 * The key is chosen from the issuer's own set by `kid`, which is compared and nothing else; what
 * the header says of keys (`jku`, `x5u`, `jwk`, `x5c`) is not read.
 *
 * @module
 */

import { decodeProtectedHeader } from 'jose/decode/protected_header';
import {
  JOSEAlgNotAllowed,
  JOSENotSupported,
  JWKSMultipleMatchingKeys,
  JWKSNoMatchingKey,
  JWSInvalid,
} from 'jose/errors';
import { createLocalJWKSet } from 'jose/jwks/local';
import { compactVerify } from 'jose/jws/compact/verify';
import { decodeJwt } from 'jose/jwt/decode';
import { type Accepted, accept } from './accepted.ts';
import { type ClaimRules, type Claims, judgeClaims, toPrincipal } from './claims.ts';
import { KeySet } from './key-set.ts';
import type { AuthPorts } from './ports.ts';
import type { AuthReason } from './reasons.ts';
import type { JwtSettings } from './settings.ts';

type Keys = ReturnType<typeof createLocalJWKSet>;

/** Most keys of a set that are kept. */
const MAX_KEYS = 100;

/** A token without `kid` may fit several keys; more are not tried. */
const MAX_KEYS_TRIED = 4;

const MAX_KEY_ID_CHARS = 256;

/** A token whose signature is right. Its claims are to be judged again whenever it comes. */
export interface VerifiedToken {
  readonly accepted: Accepted;
  readonly claims: Claims;
  readonly issuer: TokenIssuer;
  /** The keys it was verified with. */
  readonly keys: Keys;
}

export type TokenPorts = Required<Pick<AuthPorts, 'fetch' | 'now' | 'isolatedRequests'>> &
  Pick<AuthPorts, 'onKeySetFailure'>;

export class TokenVerifier {
  readonly #issuers: Map<string, TokenIssuer> = new Map();

  constructor(issuers: readonly JwtSettings[], ports: TokenPorts) {
    for (const settings of issuers) {
      this.#issuers.set(settings.issuer, new TokenIssuer(settings, ports));
    }
  }

  async verify(token: string, nowMs: number): Promise<VerifiedToken | AuthReason> {
    let header: Readonly<Record<string, unknown>>;
    let claims: Claims;
    try {
      header = decodeProtectedHeader(token);
      claims = decodeJwt(token);
    } catch {
      return 'malformed';
    }
    const issuer = typeof claims.iss === 'string' ? this.#issuers.get(claims.iss) : undefined;
    return issuer === undefined ? 'wrong_issuer' : issuer.verify(token, header, claims, nowMs);
  }

  close(): void {
    for (const issuer of this.#issuers.values()) issuer.close();
  }
}

export class TokenIssuer {
  readonly #settings: JwtSettings;
  readonly #rules: ClaimRules;
  readonly #keySet: KeySet<Keys>;

  constructor(settings: JwtSettings, ports: TokenPorts) {
    this.#settings = settings;
    this.#rules = { ...settings, audience: new Set(settings.audience) };
    this.#keySet = new KeySet({
      url: settings.jwksUrl,
      settings: settings.jwks,
      fetch: ports.fetch,
      now: ports.now,
      isolatedRequests: ports.isolatedRequests,
      parse: parseKeys,
      onFailure: (failure) => ports.onKeySetFailure?.(settings.issuer, failure),
    });
  }

  async verify(
    token: string,
    header: Readonly<Record<string, unknown>>,
    claims: Claims,
    nowMs: number,
  ): Promise<VerifiedToken | AuthReason> {
    const early = judgeHeader(header, this.#settings) ?? judgeClaims(claims, this.#rules, nowMs);
    if (early !== null) return early;
    const principal = toPrincipal(claims, this.#settings);
    if (principal === null) return 'claims';
    let keys = await this.#keySet.current();
    if (keys === null) return 'unavailable';
    let reason = await this.#checkSignature(token, keys);
    if (reason === 'unknown_key') {
      keys = await this.#keySet.newerThan(keys);
      if (keys === null) return this.#keySet.isAway ? 'unavailable' : 'unknown_key';
      reason = await this.#checkSignature(token, keys);
    }
    if (reason !== null) return reason;
    return { accepted: accept(principal, null), claims, issuer: this, keys };
  }

  /** Whether what was verified with these keys may be taken without looking at keys again. */
  stillTrusts(keys: Keys): boolean {
    return this.#keySet.settled === keys;
  }

  judge(claims: Claims, nowMs: number): AuthReason | null {
    return judgeClaims(claims, this.#rules, nowMs);
  }

  close(): void {
    this.#keySet.close();
  }

  async #checkSignature(token: string, keys: Keys): Promise<AuthReason | null> {
    const options = { algorithms: [...this.#settings.algorithms] };
    try {
      await compactVerify(token, keys, options);
      return null;
    } catch (error) {
      if (!(error instanceof JWKSMultipleMatchingKeys)) return toReason(error);
      let tried = 0;
      for await (const key of error) {
        if (++tried > MAX_KEYS_TRIED) break;
        try {
          await compactVerify(token, key, options);
          return null;
        } catch (failure) {
          if (toReason(failure) !== 'bad_signature') return toReason(failure);
        }
      }
      return 'bad_signature';
    }
  }
}

function judgeHeader(
  header: Readonly<Record<string, unknown>>,
  { algorithms, tokenType }: JwtSettings,
): AuthReason | null {
  if (!algorithms.some((algorithm) => algorithm === header.alg)) return 'algorithm';
  // Nothing critical is understood here, and an unencoded payload is no JWT (RFC 7797 §7).
  if (header.crit !== undefined || header.b64 !== undefined) return 'malformed';
  const { kid, typ } = header;
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > MAX_KEY_ID_CHARS)) {
    return 'malformed';
  }
  if (tokenType !== null && (typeof typ !== 'string' || !isSameType(typ, tokenType))) {
    return 'claims';
  }
  return null;
}

/** Media types may leave out `application/` and are compared without case (RFC 7515 §4.1.9). */
function isSameType(a: string, b: string): boolean {
  return bareType(a) === bareType(b);
}

function bareType(type: string): string {
  return type.toLowerCase().replace(/^application\//, '');
}

function toReason(error: unknown): AuthReason {
  if (error instanceof JWKSNoMatchingKey) return 'unknown_key';
  if (error instanceof JOSEAlgNotAllowed || error instanceof JOSENotSupported) return 'algorithm';
  return error instanceof JWSInvalid ? 'malformed' : 'bad_signature';
}

/** Families of public keys. `oct`, a shared secret, has no place in a set that anybody can read. */
const PUBLIC_KEY_TYPES: ReadonlySet<unknown> = new Set(['RSA', 'EC', 'OKP']);

/** @throws when the text is no key set */
function parseKeys(text: string): Keys | null {
  const set = JSON.parse(text) as { keys?: unknown } | null;
  if (!Array.isArray(set?.keys)) throw new TypeError('not a JSON Web Key Set');
  const keys = (set.keys as unknown[]).filter(isPublicKey).slice(0, MAX_KEYS);
  return keys.length === 0 ? null : createLocalJWKSet({ keys });
}

function isPublicKey(key: unknown): key is { readonly kty: string } {
  if (typeof key !== 'object' || key === null || Array.isArray(key)) return false;
  return 'kty' in key && PUBLIC_KEY_TYPES.has(key.kty) && !('d' in key);
}

/**
 * Bearer tokens of OpenID providers and OAuth authorization servers.
 *
 * A token whose signature was right is remembered under its SHA-256, so that it costs no signature
 * again; issuer, audience, times and required claims are judged every time all the same, and so is
 * whether the keys it was verified with are still those of the issuer. The digest stands for the
 * token: what a lookup's time may tell of it says nothing about a signature.
 *
 * @module
 */

import type { GuardedExchange } from '../../exchange/guard.ts';
import type { AuthMethod, Outcome } from './accepted.ts';
import { BoundedCache } from './bounded-cache.ts';
import type { Presented } from './credentials.ts';
import { sha256Hex } from './digest.ts';
import { isJwtShaped } from './jwt-shape.ts';
import type { JwtSettings } from './settings.ts';
import type { TokenPorts, TokenVerifier, VerifiedToken } from './token-verifier.ts';
import { isSecureUrl } from './urls.ts';

/** Tokens remembered. Only good ones are, so strangers cannot fill the cache. */
const MAX_REMEMBERED = 500;

export interface JwtOptions {
  /** One per issuer, with their audiences. */
  readonly issuers: readonly JwtSettings[];
  /** Bearer tokens that do not look like a JWT belong to another method. */
  readonly leavesOthers: boolean;
  readonly ports: TokenPorts;
  readonly sha256?: ((text: string) => string | Promise<string>) | undefined;
}

export class JwtMethod implements AuthMethod {
  readonly #options: JwtOptions;
  readonly #sha256: (text: string) => string | Promise<string>;
  readonly #remembered: BoundedCache<VerifiedToken> = new BoundedCache(MAX_REMEMBERED);
  #verifier: Promise<TokenVerifier> | null = null;
  #isClosed = false;

  /** @throws {TypeError} when an issuer's settings would let anything pass */
  constructor(options: JwtOptions) {
    const names = new Set(options.issuers.map(({ issuer }) => issuer));
    if (names.size !== options.issuers.length) {
      throw new TypeError('Cannot tell issuers apart: one is given twice');
    }
    for (const settings of options.issuers) checkSettings(settings);
    this.#options = options;
    this.#sha256 = options.sha256 ?? sha256Hex;
  }

  authenticate(presented: Presented, exchange: GuardedExchange): Outcome | null | Promise<Outcome> {
    if (presented.kind !== 'bearer') return null;
    const token = presented.value;
    if (!isJwtShaped(token)) return this.#options.leavesOthers ? null : 'malformed';
    const digest = this.#sha256(token);
    if (typeof digest === 'string') return this.#judge(token, digest, exchange.startedAt);
    return digest.then((hex) => this.#judge(token, hex, exchange.startedAt));
  }

  close(): void {
    this.#isClosed = true;
    void this.#verifier?.then(
      (verifier) => verifier.close(),
      () => {},
    );
  }

  #judge(token: string, digest: string, nowMs: number): Outcome | Promise<Outcome> {
    const known = this.#remembered.get(digest);
    if (known?.issuer.stillTrusts(known.keys)) {
      const reason = known.issuer.judge(known.claims, nowMs);
      if (reason === null) return known.accepted;
      this.#remembered.delete(digest);
      return reason;
    }
    return this.#verify(token, digest, nowMs);
  }

  async #verify(token: string, digest: string, nowMs: number): Promise<Outcome> {
    this.#verifier ??= this.#load();
    const result = await (await this.#verifier).verify(token, nowMs);
    if (typeof result === 'string') {
      this.#remembered.delete(digest);
      return result;
    }
    this.#remembered.set(digest, result);
    return result.accepted;
  }

  async #load(): Promise<TokenVerifier> {
    const { TokenVerifier } = await import('./token-verifier.ts');
    const verifier = new TokenVerifier(this.#options.issuers, this.#options.ports);
    if (this.#isClosed) verifier.close();
    return verifier;
  }
}

const ASYMMETRIC = /^(?:RS|PS|ES)(?:256|384|512)$|^EdDSA$/;

function checkSettings({ issuer, jwksUrl, audience, algorithms }: JwtSettings): void {
  if (issuer === '') throw new TypeError('Cannot verify tokens without an issuer');
  if (audience.length === 0 || audience.includes('')) {
    throw new TypeError('Cannot verify tokens without an audience');
  }
  if (algorithms.length === 0 || !algorithms.every((algorithm) => ASYMMETRIC.test(algorithm))) {
    throw new TypeError('Cannot verify tokens with other than public-key algorithms');
  }
  if (!isSecureUrl(jwksUrl)) {
    throw new TypeError('Cannot fetch keys over plain HTTP from another machine');
  }
}

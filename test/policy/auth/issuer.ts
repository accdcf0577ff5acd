/**
 * An issuer of tokens: makes keys, signs, and serves its key set through a `fetch` that counts.
 *
 * @module
 */

import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTHeaderParameters,
  SignJWT,
} from 'jose';
import type { AuthPorts } from '../../../src/policy/auth/ports.ts';
import { AUDIENCE, ISSUER, NOW_MS } from './settings.ts';

export const NOW_SECONDS: number = NOW_MS / 1_000;

export interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly jwk: JWK;
}

export async function makeKey(kid: string, alg = 'ES256'): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
  return { kid, alg, privateKey, publicKey, jwk };
}

export const GOOD_CLAIMS = {
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'alice',
  exp: NOW_SECONDS + 300,
} as const;

export async function sign(
  key: SigningKey,
  claims: Readonly<Record<string, unknown>> = {},
  header: Partial<JWTHeaderParameters> = {},
): Promise<string> {
  const all: Record<string, unknown> = { ...GOOD_CLAIMS, ...claims };
  for (const name of Object.keys(all)) if (all[name] === undefined) delete all[name];
  return new SignJWT(all)
    .setProtectedHeader({ alg: key.alg, kid: key.kid, ...header })
    .sign(key.privateKey);
}

export function base64url(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString(
    'base64url',
  );
}

/** A key set behind a URL, and a clock. */
export class FakeIssuer {
  jwks: JWK[];
  /** What the next fetches do instead of answering with the key set. */
  fault: (() => Response | Promise<Response>) | null = null;
  nowMs = 1_000_000;
  readonly urls: string[] = [];
  readonly inits: RequestInit[] = [];
  readonly failures: string[] = [];

  constructor(...keys: SigningKey[]) {
    this.jwks = keys.map(({ jwk }) => jwk);
  }

  get fetches(): number {
    return this.urls.length;
  }

  readonly ports: AuthPorts = {
    fetch: async (url, init) => {
      this.urls.push(url);
      this.inits.push(init);
      await Promise.resolve();
      return this.fault === null ? Response.json({ keys: this.jwks }) : this.fault();
    },
    now: () => this.nowMs,
    onKeySetFailure: (issuer, failure) => this.failures.push(`${issuer} ${failure}`),
  };
}

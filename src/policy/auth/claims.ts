/**
 * What the claims of a token must say, and what they say of its holder. Checked anew for every
 * request, also when the signature was checked before.
 *
 * @module
 */

import type { Principal } from '../../exchange/guard.ts';
import type { AuthReason } from './reasons.ts';
import type { JwtSettings, RequiredClaim } from './settings.ts';

/** The payload of a token, as JSON.parse gave it. */
export type Claims = Readonly<Record<string, unknown>>;

export interface ClaimRules {
  readonly issuer: string;
  readonly audience: ReadonlySet<string>;
  readonly clockSkewMs: number;
  readonly requiredClaims: readonly RequiredClaim[];
}

/** Longest subject, in UTF-16 code units. It ends up in audit records. */
const MAX_SUBJECT_CHARS = 256;

const MS_PER_SECOND = 1_000;

/** Null when the claims may pass now. The order is that of usefulness to whoever reads a counter. */
export function judgeClaims(claims: Claims, rules: ClaimRules, nowMs: number): AuthReason | null {
  const { iss, aud, exp, nbf } = claims;
  if (iss !== rules.issuer) return 'wrong_issuer';
  if (!namesAudience(aud, rules.audience)) return 'wrong_audience';
  if (typeof exp !== 'number' || !Number.isFinite(exp)) return 'claims';
  if (exp * MS_PER_SECOND <= nowMs - rules.clockSkewMs) return 'expired';
  if (nbf !== undefined) {
    if (typeof nbf !== 'number' || !Number.isFinite(nbf)) return 'claims';
    if (nbf * MS_PER_SECOND > nowMs + rules.clockSkewMs) return 'not_yet_valid';
  }
  for (const required of rules.requiredClaims) {
    if (!hasRequired(claims, required)) return 'claims';
  }
  return null;
}

/** A text, or a list of nothing but texts (RFC 7519 §4.1.3), equal to the last character. */
function namesAudience(aud: unknown, audience: ReadonlySet<string>): boolean {
  if (typeof aud === 'string') return audience.has(aud);
  if (!Array.isArray(aud)) return false;
  let found = false;
  for (const one of aud as unknown[]) {
    if (typeof one !== 'string') return false;
    if (audience.has(one)) found = true;
  }
  return found;
}

function hasRequired(claims: Claims, { path, anyOf }: RequiredClaim): boolean {
  const value = claimAt(claims, path);
  if (value === undefined || value === null) return false;
  if (anyOf.length === 0) return true;
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return anyOf.some((allowed) => values.includes(allowed));
}

/**
 * The claim at a path. The whole path may be one name, as of claims that are named by a URL;
 * otherwise a dot leads into an object. Only what is the claims' own counts.
 */
export function claimAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  let value: unknown = claims;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    if (!Object.hasOwn(value, name)) return undefined;
    value = (value as Claims)[name];
  }
  return value;
}

/** Who the claims speak of; null when they do not name anybody. */
export function toPrincipal(claims: Claims, settings: JwtSettings): Principal | null {
  const subject = claimAt(claims, settings.subjectClaim);
  if (typeof subject !== 'string' || !isName(subject)) return null;
  return {
    kind: 'jwt',
    subject,
    issuer: settings.issuer,
    scopes: collectWords(claims, settings.scopeClaims),
    roles: collectWords(claims, settings.roleClaims),
    claims: expose(claims, settings.exposedClaims),
  };
}

function isName(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  return text !== '' && text.length <= MAX_SUBJECT_CHARS && !/[\x00-\x1f\x7f-\x9f]/.test(text);
}

function collectWords(claims: Claims, paths: readonly string[]): ReadonlySet<string> {
  const words = new Set<string>();
  for (const path of paths) {
    const value = claimAt(claims, path);
    const list: readonly unknown[] =
      typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? value : [];
    for (const word of list) if (typeof word === 'string' && word !== '') words.add(word);
  }
  return words;
}

function expose(claims: Claims, paths: readonly string[]): Claims {
  const exposed = Object.create(null) as Record<string, unknown>;
  for (const path of paths) {
    const value = claimAt(claims, path);
    if (value !== undefined) exposed[path] = value;
  }
  return Object.freeze(exposed);
}

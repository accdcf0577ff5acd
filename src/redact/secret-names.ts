/**
 * Tells by its name that a member, a header field or a query parameter holds a secret.
 *
 * Names are compared as letters and digits: `apiKey`, `API_KEY`, `api-key` and `x.api key` are one.
 *
 * @module
 */

import { AffixMatcher } from './affix-matcher.ts';

/** What is hidden everywhere, in the spelling of {@link normalizeName}, with `*` at either end. */
export const SECRET_NAMES: readonly string[] = [
  '*password*',
  '*passwd*',
  '*passphrase*',
  '*passcode*',
  'pass',
  'pwd',
  '*secret*',
  '*token*',
  '*authorization*',
  'auth',
  '*apikey*',
  '*accesskey*',
  '*privatekey*',
  '*signingkey*',
  '*encryptionkey*',
  '*credential*',
  '*cookie*',
  '*sessionid*',
  'sid',
  '*bearer*',
  '*jwt*',
  '*signature*',
  'sig',
  '*connectionstring*',
  '*dsn',
  'pin',
  'otp',
  'totp',
  'cvv',
  'cvc',
  '*cardnumber*',
  // What a modern server gives a client to carry (MCP 2026-07-28, basic/patterns/mrtr): opaque.
  'requeststate',
];

/** Longest name that is looked at, in UTF-16 code units. A longer one is a secret: it may hide one. */
export const MAX_NAME_CHARS = 256;

/** Names whose answer is remembered, and the longest of them. Beyond, all are forgotten. */
const MAX_REMEMBERED = 2048;
const MAX_REMEMBERED_CHARS = 64;

export class SecretNames {
  readonly #matcher: AffixMatcher;
  readonly #remembered: Map<string, boolean> = new Map();

  /** @param more patterns besides {@link SECRET_NAMES}, in any spelling */
  constructor(more: readonly string[] = []) {
    this.#matcher = new AffixMatcher([...SECRET_NAMES, ...more.flatMap(normalizePattern)]);
  }

  /** Whether what is called so must not be shown. */
  has(name: string): boolean {
    if (name.length > MAX_NAME_CHARS) return true;
    const remembered = this.#remembered.get(name);
    if (remembered !== undefined) return remembered;
    const answer = this.#matcher.matches(normalizeName(name));
    if (name.length <= MAX_REMEMBERED_CHARS) {
      if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
      this.#remembered.set(name, answer);
    }
    return answer;
  }
}

/** Lower-case letters and digits; accents, wide forms, separators and invisible characters go. */
export function normalizeName(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

/** A pattern of nothing but separators names nothing; `*` alone names everything. */
function normalizePattern(pattern: string): string[] {
  const text = normalizeName(pattern);
  if (text === '') return /^\*+$/.test(pattern) ? ['*'] : [];
  return [`${pattern.startsWith('*') ? '*' : ''}${text}${pattern.endsWith('*') ? '*' : ''}`];
}

/**
 * What of telemetry attributes may leave: content and tokens never, users under a pseudonym.
 *
 * @module
 */

import { AffixMatcher } from './affix-matcher.ts';
import type { Pseudonyms } from './pseudonyms.ts';

/** Attributes that are left out, in lower case, with `*` at either end. */
export const DROPPED_ATTRIBUTES: readonly string[] = ['prompt', 'message.content', '*token*'];

/** Attributes that name a person, in lower case. */
export const HASHED_ATTRIBUTES: readonly string[] = ['user.id', 'user.account_uuid'];

const dropped = new AffixMatcher(DROPPED_ATTRIBUTES);
const hashed = new AffixMatcher(HASHED_ATTRIBUTES);

/**
 * The attributes that may be exported, in their order. Without pseudonyms those that name a person
 * are left out.
 */
export async function sanitizeAttributes<Value>(
  attributes: Iterable<readonly [string, Value]>,
  pseudonyms: Pseudonyms | null,
): Promise<[string, Value | string][]> {
  const kept: [string, Value | string][] = [];
  for (const [name, value] of attributes) {
    const lowerName = name.toLowerCase();
    if (dropped.matches(lowerName)) continue;
    if (!hashed.matches(lowerName)) kept.push([name, value]);
    else if (pseudonyms !== null) kept.push([name, await pseudonyms.of(String(value))]);
  }
  return kept;
}

/** What `Pseudonyms` makes. */
const PSEUDONYM = /^[0-9a-f]{32}$/;

/**
 * Whether an attribute may be exported as it is: it is neither content nor a token, and where it
 * names a person it does so under a pseudonym.
 */
export function isExportable(name: string, value: unknown): boolean {
  const lowerName = name.toLowerCase();
  if (dropped.matches(lowerName)) return false;
  return !hashed.matches(lowerName) || (typeof value === 'string' && PSEUDONYM.test(value));
}

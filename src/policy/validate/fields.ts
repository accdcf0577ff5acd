/**
 * Header fields by name, each with the number of times it was sent.
 *
 * @module
 */

import type { GuardedHead } from '../../exchange/guard.ts';

const NONE: readonly string[] = Object.freeze([]);

/** The values of a field, one for each time it was sent. */
export function fieldValues(head: GuardedHead, lowerName: string): readonly string[] {
  const first = head.names.indexOf(lowerName);
  if (first === -1) return NONE;
  const values = [head.headers[2 * first + 1] as string];
  for (let i = first + 1; i < head.names.length; i++) {
    if (head.names[i] === lowerName) values.push(head.headers[2 * i + 1] as string);
  }
  return values;
}

/** Whether a field was sent more than once. */
export function isRepeated(head: GuardedHead, lowerName: string): boolean {
  const first = head.names.indexOf(lowerName);
  return first !== -1 && head.names.indexOf(lowerName, first + 1) !== -1;
}

/** Whether a field whose name begins with `lowerPrefix` was sent. */
export function hasFieldWithPrefix(head: GuardedHead, lowerPrefix: string): boolean {
  for (const name of head.names) {
    if (name.startsWith(lowerPrefix)) return true;
  }
  return false;
}

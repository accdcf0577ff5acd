/**
 * Three-valued answers: what cannot be judged is neither valid nor invalid, and stays so through
 * `not`, `anyOf` and the rest (Kleene's logic). Numbers, so that "and" is the lesser and "or" the
 * greater.
 *
 * @module
 */

export const INVALID = 0;
export const UNKNOWN = 1;
export const VALID = 2;

export type Verdict = typeof INVALID | typeof UNKNOWN | typeof VALID;

export function both(one: Verdict, other: Verdict): Verdict {
  return one < other ? one : other;
}

export function either(one: Verdict, other: Verdict): Verdict {
  return one > other ? one : other;
}

export function opposite(verdict: Verdict): Verdict {
  return (VALID - verdict) as Verdict;
}

/**
 * Equality of JSON values: of numbers by value, of objects without regard to order (JSON Schema
 * Core 2020-12, §4.2.2).
 *
 * @module
 */

import { isObject } from '../json-object.ts';
import type { Budget } from './budget.ts';

/** @throws {TooComplex} as all work is paid for */
export function isEqual(one: unknown, other: unknown, budget: Budget): boolean {
  budget.spend(1);
  if (typeof one === 'string' && typeof other === 'string' && one.length === other.length) {
    budget.spend(one.length >> 8);
  }
  if (one === other) return true;
  if (Array.isArray(one)) {
    if (!Array.isArray(other) || one.length !== other.length) return false;
    return one.every((item, index) => isEqual(item, other[index], budget));
  }
  if (!isObject(one) || !isObject(other)) return false;
  const names = Object.keys(one);
  const others = Object.keys(other).length;
  budget.spend((names.length + others) >> 2);
  if (names.length !== others) return false;
  return names.every(
    (name) => Object.hasOwn(other, name) && isEqual(one[name], other[name], budget),
  );
}

/**
 * A text that two values have in common exactly when they are equal, so that equal ones among
 * many are found without comparing each with each.
 *
 * @throws {TooComplex} as all work is paid for
 */
export function canonicalText(value: unknown, budget: Budget): string {
  budget.spend(1);
  if (Array.isArray(value)) {
    return `[${value.map((item) => canonicalText(item, budget)).join()}]`;
  }
  if (isObject(value)) {
    const names = Object.keys(value).sort();
    budget.spend(names.length);
    return `{${names
      .map((name) => `${JSON.stringify(name)}:${canonicalText(value[name], budget)}`)
      .join()}}`;
  }
  if (typeof value === 'string') budget.spend(value.length >> 6);
  // `-0` is 0, in JSON.stringify as in JSON Schema.
  return JSON.stringify(value);
}

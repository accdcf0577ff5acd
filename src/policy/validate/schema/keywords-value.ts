/**
 * Keywords about a value as such, about numbers and about texts (JSON Schema Validation 2020-12,
 * §6.1 to §6.3). A keyword whose own value is malformed is unknown.
 *
 * @module
 */

import { isEqual } from './equality.ts';
import type { Judging, Keyword } from './keyword.ts';
import { isExact, isMultipleOf } from './numbers.ts';
import type { Place } from './place.ts';
import { UNKNOWN, VALID, type Verdict } from './verdict.ts';

const TYPES: ReadonlySet<unknown> = new Set([
  'null',
  'boolean',
  'object',
  'array',
  'number',
  'string',
  'integer',
]);

const type: Keyword = {
  name: 'type',
  judge(asked, place, _schema, judging) {
    const names: readonly unknown[] = Array.isArray(asked) ? asked : [asked];
    judging.budget.spend(names.length);
    if (!names.every((name) => TYPES.has(name))) return UNKNOWN;
    return judging.require(
      names.some((name) => isOfType(place.value, name)),
      place,
    );
  },
};

function isOfType(value: unknown, name: unknown): boolean {
  switch (name) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    // Beyond the range of a double a number has been read as infinite: it is not what was written.
    case 'number':
      return typeof value === 'number' && Number.isFinite(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === name;
  }
}

const constant: Keyword = {
  name: 'const',
  judge: (asked, place, _schema, judging) => isAmong([asked], place, judging),
};

const enumeration: Keyword = {
  name: 'enum',
  judge: (asked, place, _schema, judging) =>
    Array.isArray(asked) ? isAmong(asked, place, judging) : UNKNOWN,
};

function isAmong(values: readonly unknown[], place: Place, judging: Judging): Verdict {
  for (const value of values) {
    if (!isEqual(value, place.value, judging.budget)) continue;
    // Large integers have been rounded, and may be equal for that reason alone.
    return typeof place.value === 'number' && !isExact(place.value) ? UNKNOWN : VALID;
  }
  return judging.fail(place);
}

/** A keyword about numbers: by default they obey, unless they have been rounded onto the bound. */
function numberKeyword(name: string, obeys: (value: number, asked: number) => boolean): Keyword {
  return {
    name,
    judge(asked, place, _schema, judging) {
      const { value } = place;
      if (typeof value !== 'number') return VALID;
      if (typeof asked !== 'number') return UNKNOWN;
      if (value === asked && !isExact(value)) return UNKNOWN;
      return judging.require(obeys(value, asked), place);
    },
  };
}

const multipleOf: Keyword = {
  name: 'multipleOf',
  judge(asked, place, _schema, judging) {
    const { value } = place;
    if (typeof value !== 'number') return VALID;
    if (typeof asked !== 'number' || !(asked > 0) || !isExact(value)) return UNKNOWN;
    judging.budget.spend(10);
    return judging.require(isMultipleOf(value, asked), place);
  },
};

/** A keyword about the length of texts in code points. */
function lengthKeyword(name: string, obeys: (length: number, asked: number) => boolean): Keyword {
  return {
    name,
    judge(asked, place, _schema, judging) {
      const { value } = place;
      if (typeof value !== 'string') return VALID;
      if (typeof asked !== 'number') return UNKNOWN;
      judging.budget.spend(value.length >> 6);
      return judging.require(obeys(countCodePoints(value), asked), place);
    },
  };
}

function countCodePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

const pattern: Keyword = {
  name: 'pattern',
  judge(asked, place, _schema, judging) {
    const { value } = place;
    if (typeof value !== 'string') return VALID;
    const compiled = typeof asked === 'string' ? judging.document.pattern(asked) : null;
    if (compiled === null) return UNKNOWN;
    return judging.require(compiled.matches(value, judging.budget), place);
  },
};

export const VALUE_KEYWORDS: readonly Keyword[] = [
  type,
  constant,
  enumeration,
  numberKeyword('minimum', (value, asked) => value >= asked),
  numberKeyword('maximum', (value, asked) => value <= asked),
  numberKeyword('exclusiveMinimum', (value, asked) => value > asked),
  numberKeyword('exclusiveMaximum', (value, asked) => value < asked),
  multipleOf,
  lengthKeyword('minLength', (length, asked) => length >= asked),
  lengthKeyword('maxLength', (length, asked) => length <= asked),
  pattern,
];

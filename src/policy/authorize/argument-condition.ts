/**
 * Conditions on arguments.
 *
 * A condition is written for one type of value, and servers convert types: `"5"` for 5, a list of
 * one for its item, or take `Amount` for `amount`. So a value that the condition has no opinion of is met by a rule that denies
 * and not by one that allows, as is a text that could be read in more than one way.
 *
 * @module
 */

import type { ArgumentScalar, ArgumentSettings } from './settings.ts';
import { type ArgumentMap, hasVariantOf, memberOf } from './subject.ts';
import { TextPattern } from './text-pattern.ts';

export type ConditionResult =
  | 'met'
  | 'unmet'
  /** The value is not of the condition's type, or can be read in more than one way. */
  | 'unclear';

type Test = (value: unknown) => ConditionResult;

export class ArgumentTest {
  readonly #path: readonly string[];
  readonly #test: Test;
  /** The result where there is no value. */
  readonly #absent: ConditionResult;

  /** @throws TypeError naming a pattern that is not understood */
  constructor({ path, condition }: ArgumentSettings) {
    this.#path = path;
    this.#absent = condition.kind === 'present' && !condition.present ? 'met' : 'unmet';
    switch (condition.kind) {
      case 'in':
        this.#test = testValues(condition.values);
        break;
      case 'glob':
        this.#test = testGlobs(condition.patterns);
        break;
      case 'range':
        this.#test = testRange(condition.min, condition.max);
        break;
      case 'present': {
        const result = condition.present ? 'met' : 'unmet';
        this.#test = () => result;
        break;
      }
    }
  }

  check(values: ArgumentMap): ConditionResult {
    let value: unknown = values;
    for (const name of this.#path) {
      // What is inside of a text or a number only the server knows.
      if (typeof value !== 'object' || value === null) return 'unclear';
      if (hasVariantOf(value, name)) return 'unclear';
      value = Array.isArray(value) ? itemOf(value, name) : memberOf(value, name);
      if (value === undefined) return this.#absent;
    }
    return this.#test(value);
  }
}

function itemOf(list: readonly unknown[], position: string): unknown {
  return /^(?:0|[1-9]\d{0,8})$/.test(position) ? list[Number(position)] : undefined;
}

function testValues(values: readonly ArgumentScalar[]): Test {
  const wanted = new Set<unknown>(values);
  const types = new Set(values.map((value) => typeof value));
  return (value) => {
    if (wanted.has(value)) return 'met';
    return types.has(typeof value as never) && typeof value !== 'object' ? 'unmet' : 'unclear';
  };
}

function testRange(min: number | null, max: number | null): Test {
  return (value) => {
    if (typeof value !== 'number' || !Number.isFinite(value)) return 'unclear';
    return (min === null || value >= min) && (max === null || value <= max) ? 'met' : 'unmet';
  };
}

function testGlobs(patterns: readonly string[]): Test {
  const wanted = patterns.map((pattern) => new TextPattern(pattern));
  return (value) => {
    if (typeof value !== 'string') return 'unclear';
    let result: ConditionResult = 'unmet';
    for (const pattern of wanted) {
      const answer = pattern.answer(value);
      if (answer === 'match') return 'met';
      if (answer === 'unclear') result = 'unclear';
    }
    return result;
  };
}

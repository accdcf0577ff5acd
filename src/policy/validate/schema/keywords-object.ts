/**
 * Keywords about objects (JSON Schema Core 2020-12, §10.2.2.4, §10.3.2 and §11.3; Validation §6.5;
 * for the earlier drafts `dependencies`).
 *
 * The members are the caller's and may be called anything; all look-ups are for own members.
 *
 * @module
 */

import { isObject, type JsonObject } from '../json-object.ts';
import type { Judging, Keyword } from './keyword.ts';
import { type Place, UNNAMED } from './place.ts';
import { both, either, INVALID, UNKNOWN, VALID, type Verdict } from './verdict.ts';

function countKeyword(name: string, obeys: (members: number, asked: number) => boolean): Keyword {
  return {
    name,
    judge(asked, place, _schema, judging) {
      if (!isObject(place.value)) return VALID;
      if (typeof asked !== 'number') return UNKNOWN;
      return judging.require(obeys(judging.namesOf(place.value).length, asked), place);
    },
  };
}

const required: Keyword = {
  name: 'required',
  judge(asked, place, _schema, judging) {
    return isObject(place.value) ? requireAll(asked, place, place.value, judging) : VALID;
  },
};

function requireAll(names: unknown, place: Place, value: JsonObject, judging: Judging): Verdict {
  if (!Array.isArray(names)) return UNKNOWN;
  let verdict: Verdict = VALID;
  for (const name of names) {
    judging.budget.spend(1);
    if (typeof name !== 'string') verdict = UNKNOWN;
    else if (!Object.hasOwn(value, name)) return judging.fail(place.inside(undefined, name));
  }
  return verdict;
}

const properties: Keyword = {
  name: 'properties',
  judge(asked, place, _schema, judging) {
    const { value } = place;
    if (!isObject(value)) return VALID;
    if (!isObject(asked)) return UNKNOWN;
    let verdict: Verdict = VALID;
    for (const name of judging.namesOf(value)) {
      judging.budget.spend(1);
      if (!Object.hasOwn(asked, name)) continue;
      verdict = both(verdict, judging.judge(asked[name], place.inside(value[name], name)));
      if (verdict === INVALID) return INVALID;
      place.judged?.add(name);
    }
    return verdict;
  },
};

const patternProperties: Keyword = {
  name: 'patternProperties',
  judge(asked, place, _schema, judging) {
    const { value } = place;
    if (!isObject(value)) return VALID;
    if (!isObject(asked)) return UNKNOWN;
    const names = judging.namesOf(value);
    let verdict: Verdict = VALID;
    for (const source of judging.namesOf(asked)) {
      const pattern = judging.document.pattern(source);
      judging.budget.spend(1 + names.length);
      if (pattern === null) {
        if (names.length > 0) verdict = UNKNOWN;
        continue;
      }
      for (const name of names) {
        if (!pattern.matches(name, judging.budget)) continue;
        const inside = place.inside(value[name], UNNAMED);
        verdict = both(verdict, judging.judge(asked[source], inside));
        if (verdict === INVALID) return INVALID;
        place.judged?.add(name);
      }
    }
    return verdict;
  },
};

const additionalProperties: Keyword = {
  name: 'additionalProperties',
  judge(asked, place, schema, judging) {
    const { value } = place;
    if (!isObject(value)) return VALID;
    const named = Object.hasOwn(schema, 'properties') ? schema.properties : undefined;
    const patterns = Object.hasOwn(schema, 'patternProperties')
      ? schema.patternProperties
      : undefined;
    let verdict: Verdict = VALID;
    for (const name of judging.namesOf(value)) {
      judging.budget.spend(1);
      if (isObject(named) && Object.hasOwn(named, name)) continue;
      const matched = matchesAny(patterns, name, judging);
      if (matched === VALID) continue;
      const one = judging.judge(asked, place.inside(value[name], UNNAMED));
      // If a pattern takes the name in, it is not additional, and anything may be its value.
      verdict = both(verdict, matched === UNKNOWN ? either(one, UNKNOWN) : one);
      if (verdict === INVALID) return INVALID;
    }
    place.judged?.addAll();
    return verdict;
  },
};

/** Whether a pattern takes the name in; unknown when one that cannot be matched may. */
function matchesAny(patterns: unknown, name: string, judging: Judging): Verdict {
  if (!isObject(patterns)) return INVALID;
  let verdict: Verdict = INVALID;
  for (const source of judging.namesOf(patterns)) {
    const pattern = judging.document.pattern(source);
    judging.budget.spend(1);
    if (pattern === null) verdict = UNKNOWN;
    else if (pattern.matches(name, judging.budget)) return VALID;
  }
  return verdict;
}

const propertyNames: Keyword = {
  name: 'propertyNames',
  judge(asked, place, _schema, judging) {
    if (!isObject(place.value)) return VALID;
    let verdict: Verdict = VALID;
    for (const name of judging.namesOf(place.value)) {
      judging.budget.spend(1);
      verdict = both(verdict, judging.judge(asked, place.inside(name, UNNAMED)));
      if (verdict === INVALID) break;
    }
    return verdict;
  },
};

/** What a member calls for by being there: further members, or a schema for the whole object. */
function dependencyKeyword(
  name: string,
  notIn: 'draft7' | 'draft2020',
  judgeOne: (asked: unknown, place: Place, value: JsonObject, judging: Judging) => Verdict,
): Keyword {
  return {
    name,
    notIn,
    judge(asked, place, _schema, judging) {
      const { value } = place;
      if (!isObject(value)) return VALID;
      if (!isObject(asked)) return UNKNOWN;
      let verdict: Verdict = VALID;
      for (const member of judging.namesOf(asked)) {
        judging.budget.spend(1);
        if (!Object.hasOwn(value, member)) continue;
        verdict = both(verdict, judgeOne(asked[member], place, value, judging));
        if (verdict === INVALID) break;
      }
      return verdict;
    },
  };
}

const judgeSchema = (asked: unknown, place: Place, _value: JsonObject, judging: Judging): Verdict =>
  judging.judgeApart(asked, place);

const dependencies: readonly Keyword[] = [
  dependencyKeyword('dependentRequired', 'draft7', requireAll),
  dependencyKeyword('dependentSchemas', 'draft7', judgeSchema),
  dependencyKeyword('dependencies', 'draft2020', (asked, place, value, judging) =>
    Array.isArray(asked)
      ? requireAll(asked, place, value, judging)
      : judging.judgeApart(asked, place),
  ),
];

export const OBJECT_KEYWORDS: readonly Keyword[] = [
  countKeyword('minProperties', (members, asked) => members >= asked),
  countKeyword('maxProperties', (members, asked) => members <= asked),
  required,
  properties,
  patternProperties,
  additionalProperties,
  propertyNames,
  ...dependencies,
];

export const UNEVALUATED_PROPERTIES: Keyword = {
  name: 'unevaluatedProperties',
  notIn: 'draft7',
  judge(asked, place, _schema, judging) {
    const { value, judged } = place;
    if (!isObject(value) || judged === null) return VALID;
    let verdict: Verdict = VALID;
    for (const name of judging.namesOf(value)) {
      judging.budget.spend(1);
      if (judged.has(name)) continue;
      const one = judging.judge(asked, place.inside(value[name], UNNAMED));
      verdict = both(verdict, judged.uncertain ? either(one, UNKNOWN) : one);
      if (verdict === INVALID) return INVALID;
    }
    judged.addAll();
    return verdict;
  },
};

/**
 * Keywords about arrays (JSON Schema Core 2020-12, §10.3.1 and §11.2; Validation §6.4; for the
 * earlier drafts, `items` as a list, with `additionalItems`).
 *
 * @module
 */

import { canonicalText } from './equality.ts';
import type { Judging, Keyword } from './keyword.ts';
import type { Place } from './place.ts';
import { both, either, INVALID, UNKNOWN, VALID, type Verdict } from './verdict.ts';

const prefixItems: Keyword = {
  name: 'prefixItems',
  notIn: 'draft7',
  judge(asked, place, _schema, judging) {
    if (!Array.isArray(place.value)) return VALID;
    return Array.isArray(asked) ? judgeFirst(asked, place, place.value, judging) : UNKNOWN;
  },
};

const items: Keyword = {
  name: 'items',
  judge(asked, place, schema, judging) {
    const { value } = place;
    if (!Array.isArray(value)) return VALID;
    if (Array.isArray(asked)) {
      return judging.document.dialect === 'draft2020'
        ? UNKNOWN
        : judgeFirst(asked, place, value, judging);
    }
    const first =
      judging.document.dialect !== 'draft7' && Object.hasOwn(schema, 'prefixItems')
        ? schema.prefixItems
        : [];
    return judgeRest(asked, place, value, Array.isArray(first) ? first.length : 0, judging);
  },
};

const additionalItems: Keyword = {
  name: 'additionalItems',
  notIn: 'draft2020',
  judge(asked, place, schema, judging) {
    const first = Object.hasOwn(schema, 'items') ? schema.items : null;
    if (!Array.isArray(place.value) || !Array.isArray(first)) return VALID;
    return judgeRest(asked, place, place.value, first.length, judging);
  },
};

function judgeFirst(
  schemas: readonly unknown[],
  place: Place,
  values: readonly unknown[],
  judging: Judging,
): Verdict {
  const count = Math.min(schemas.length, values.length);
  let verdict: Verdict = VALID;
  for (let i = 0; i < count && verdict !== INVALID; i++) {
    verdict = both(verdict, judging.judge(schemas[i], place.inside(values[i], i)));
  }
  place.judged?.addFirst(count);
  return verdict;
}

function judgeRest(
  schema: unknown,
  place: Place,
  values: readonly unknown[],
  from: number,
  judging: Judging,
): Verdict {
  let verdict: Verdict = VALID;
  for (let i = from; i < values.length && verdict !== INVALID; i++) {
    judging.budget.spend(1);
    verdict = both(verdict, judging.judge(schema, place.inside(values[i], i)));
  }
  place.judged?.addAll();
  return verdict;
}

/** Also judges `minContains` and `maxContains`. */
const contains: Keyword = {
  name: 'contains',
  judge(asked, place, schema, judging) {
    const { value } = place;
    if (!Array.isArray(value)) return VALID;
    const counts = judging.document.dialect !== 'draft7';
    const least = counts ? numberOr(schema, 'minContains', 1) : 1;
    const most = counts ? numberOr(schema, 'maxContains', Number.POSITIVE_INFINITY) : Infinity;
    if (least === null || most === null) return UNKNOWN;
    let valid = 0;
    let unknown = 0;
    for (const [i, item] of value.entries()) {
      const verdict = judging.judge(asked, place.inside(item, i));
      judging.budget.spend(1);
      if (verdict === UNKNOWN) unknown++;
      if (verdict !== VALID) continue;
      valid++;
      if (counts) place.judged?.add(i);
    }
    if (valid + unknown < least || valid > most) return judging.fail(place);
    return valid >= least && valid + unknown <= most ? VALID : UNKNOWN;
  },
};

function numberOr(
  schema: Readonly<Record<string, unknown>>,
  name: string,
  otherwise: number,
): number | null {
  const asked = Object.hasOwn(schema, name) ? schema[name] : otherwise;
  return typeof asked === 'number' ? asked : null;
}

function countKeyword(name: string, obeys: (length: number, asked: number) => boolean): Keyword {
  return {
    name,
    judge(asked, place, _schema, judging) {
      if (!Array.isArray(place.value)) return VALID;
      if (typeof asked !== 'number') return UNKNOWN;
      return judging.require(obeys(place.value.length, asked), place);
    },
  };
}

const uniqueItems: Keyword = {
  name: 'uniqueItems',
  judge(asked, place, _schema, judging) {
    if (!Array.isArray(place.value) || asked === false) return VALID;
    if (asked !== true) return UNKNOWN;
    const seen = new Set<string>();
    for (const item of place.value) seen.add(canonicalText(item, judging.budget));
    return judging.require(seen.size === place.value.length, place);
  },
};

export const ARRAY_KEYWORDS: readonly Keyword[] = [
  countKeyword('minItems', (length, asked) => length >= asked),
  countKeyword('maxItems', (length, asked) => length <= asked),
  uniqueItems,
  prefixItems,
  items,
  additionalItems,
  contains,
];

export const UNEVALUATED_ITEMS: Keyword = {
  name: 'unevaluatedItems',
  notIn: 'draft7',
  judge(asked, place, _schema, judging) {
    const { value, judged } = place;
    if (!Array.isArray(value) || judged === null) return VALID;
    let verdict: Verdict = VALID;
    for (const [i, item] of value.entries()) {
      judging.budget.spend(1);
      if (judged.has(i)) continue;
      const one = judging.judge(asked, place.inside(item, i));
      verdict = both(verdict, judged.uncertain ? either(one, UNKNOWN) : one);
      if (verdict === INVALID) return INVALID;
    }
    judged.addAll();
    return verdict;
  },
};

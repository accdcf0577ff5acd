/**
 * Keywords that apply further schemas to the same value (JSON Schema Core 2020-12, §8.2.3 and
 * §10.2).
 *
 * @module
 */

import type { Judging, Keyword } from './keyword.ts';
import type { Place } from './place.ts';
import { both, either, INVALID, opposite, UNKNOWN, VALID, type Verdict } from './verdict.ts';

const reference: Keyword = {
  name: '$ref',
  judge(asked, place, _schema, judging) {
    const schema = judging.document.resolve(asked);
    return schema === undefined ? UNKNOWN : judging.judgeApart(schema, place);
  },
};

const allOf: Keyword = {
  name: 'allOf',
  judge(asked, place, _schema, judging) {
    if (!Array.isArray(asked)) return UNKNOWN;
    let verdict: Verdict = VALID;
    for (const schema of asked) {
      verdict = both(verdict, judging.judgeApart(schema, place));
      if (verdict === INVALID) break;
    }
    return verdict;
  },
};

const anyOf: Keyword = {
  name: 'anyOf',
  judge(asked, place, _schema, judging) {
    if (!Array.isArray(asked)) return UNKNOWN;
    let verdict: Verdict = INVALID;
    for (const schema of asked) {
      verdict = either(verdict, judging.judgeApart(schema, place));
      // One will do, unless somebody wants to know what each of them has judged.
      if (verdict === VALID && place.judged === null) break;
    }
    return verdict === INVALID ? judging.fail(place) : verdict;
  },
};

const oneOf: Keyword = {
  name: 'oneOf',
  judge(asked, place, _schema, judging) {
    if (!Array.isArray(asked)) return UNKNOWN;
    let valid = 0;
    let unknown = 0;
    for (const schema of asked) {
      const verdict = judging.judgeApart(schema, place);
      if (verdict === VALID) valid++;
      if (verdict === UNKNOWN) unknown++;
      if (valid > 1) break;
    }
    if (valid > 1 || valid + unknown === 0) return judging.fail(place);
    return unknown > 0 ? UNKNOWN : VALID;
  },
};

const not: Keyword = {
  name: 'not',
  judge(asked, place, _schema, judging) {
    const verdict = opposite(judging.judge(asked, place.again()));
    return verdict === INVALID ? judging.fail(place) : verdict;
  },
};

/** Also judges `then` and `else`. */
const condition: Keyword = {
  name: 'if',
  judge(asked, place, schema, judging) {
    const holds = judging.judgeApart(asked, place);
    if (holds === VALID) return judgeBranch(schema, 'then', place, judging);
    if (holds === INVALID) return judgeBranch(schema, 'else', place, judging);
    // Whichever it is: what both branches say is known.
    const then = judgeBranch(schema, 'then', place, judging);
    const otherwise = judgeBranch(schema, 'else', place, judging);
    return then === otherwise ? then : UNKNOWN;
  },
};

function judgeBranch(
  schema: Readonly<Record<string, unknown>>,
  name: 'then' | 'else',
  place: Place,
  judging: Judging,
): Verdict {
  return Object.hasOwn(schema, name) ? judging.judgeApart(schema[name], place) : VALID;
}

export const COMBINING_KEYWORDS: readonly Keyword[] = [
  reference,
  allOf,
  anyOf,
  oneOf,
  not,
  condition,
];

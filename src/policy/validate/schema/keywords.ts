/**
 * The keywords there are, in the order in which they are judged: cheap ones first, and those that
 * ask what the others have judged last.
 *
 * @module
 */

import type { JsonObject } from '../json-object.ts';
import type { Keyword } from './keyword.ts';
import { ARRAY_KEYWORDS, UNEVALUATED_ITEMS } from './keywords-array.ts';
import { COMBINING_KEYWORDS } from './keywords-combining.ts';
import { OBJECT_KEYWORDS, UNEVALUATED_PROPERTIES } from './keywords-object.ts';
import { VALUE_KEYWORDS } from './keywords-value.ts';
import type { Dialect } from './schema-document.ts';
import { UNKNOWN } from './verdict.ts';

/** References whose meaning depends on the way by which a schema was reached. */
const DYNAMIC_KEYWORDS: readonly Keyword[] = ['$dynamicRef', '$recursiveRef'].map((name) => ({
  name,
  notIn: 'draft7',
  judge: () => UNKNOWN,
}));

const KEYWORDS: readonly Keyword[] = [
  ...VALUE_KEYWORDS,
  ...ARRAY_KEYWORDS,
  ...OBJECT_KEYWORDS,
  ...COMBINING_KEYWORDS,
  ...DYNAMIC_KEYWORDS,
  UNEVALUATED_ITEMS,
  UNEVALUATED_PROPERTIES,
];

const ONLY_REFERENCE: readonly Keyword[] = KEYWORDS.filter(({ name }) => name === '$ref');

/** What a schema asks in each dialect, found out once. */
const found: Readonly<Record<Dialect, WeakMap<JsonObject, readonly Keyword[]>>> = {
  draft7: new WeakMap(),
  draft2020: new WeakMap(),
  any: new WeakMap(),
};

export function keywordsOf(schema: JsonObject, dialect: Dialect): readonly Keyword[] {
  let keywords = found[dialect].get(schema);
  if (keywords === undefined) {
    keywords = findKeywords(schema, dialect);
    found[dialect].set(schema, keywords);
  }
  return keywords;
}

function findKeywords(schema: JsonObject, dialect: Dialect): readonly Keyword[] {
  // Up to draft 7 a reference stands alone: what is beside it says nothing.
  if (dialect === 'draft7' && Object.hasOwn(schema, '$ref')) return ONLY_REFERENCE;
  return KEYWORDS.filter(({ name, notIn }) => notIn !== dialect && Object.hasOwn(schema, name));
}

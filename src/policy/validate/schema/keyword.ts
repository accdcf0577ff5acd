/**
 * What a keyword is, and what it may ask of the judgement it is part of.
 *
 * @module
 */

import type { JsonObject } from '../json-object.ts';
import type { Budget } from './budget.ts';
import type { Place } from './place.ts';
import type { Dialect, SchemaDocument } from './schema-document.ts';
import type { INVALID, Verdict } from './verdict.ts';

/** A judgement under way. */
export interface Judging {
  readonly document: SchemaDocument;
  readonly budget: Budget;
  /** Judges a value by a further schema. */
  judge(schema: unknown, place: Place): Verdict;
  /**
   * Judges the same value by a further schema. What that has judged of the value's members counts
   * if it is valid, and may count if that cannot be known.
   */
  judgeApart(schema: unknown, place: Place): Verdict;
  /** The names of an object's members; listing them is work as well. */
  namesOf(value: JsonObject): readonly string[];
  /** Notes where it went wrong. */
  fail(place: Place): typeof INVALID;
  /** Valid when `holds`, else a failure at this place. */
  require(holds: boolean, place: Place): Verdict;
}

export interface Keyword {
  readonly name: string;
  /** Dialects that do not have it; it asks nothing there. */
  readonly notIn?: Dialect;
  /**
   * @param asked the value of the keyword, which may be anything
   * @param schema the whole schema, for keywords that depend on their neighbours
   */
  judge(asked: unknown, place: Place, schema: JsonObject, judging: Judging): Verdict;
}

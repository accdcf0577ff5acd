/**
 * Judges a value by a JSON Schema that comes from a stranger: within a budget, without `eval`,
 * without fetching anything, and without patterns that could run away.
 *
 * What a schema asks beyond that is unknown, and only counts where it decides. `format` and the
 * other annotations ask nothing, as 2020-12 has it by default.
 *
 * @module
 */

import { isObject, type JsonObject } from '../json-object.ts';
import { Budget, TooComplex } from './budget.ts';
import type { Judging } from './keyword.ts';
import { keywordsOf } from './keywords.ts';
import { Judged, Place } from './place.ts';
import type { SchemaDocument } from './schema-document.ts';
import { both, INVALID, UNKNOWN, VALID, type Verdict } from './verdict.ts';

export type Judgement =
  | { readonly kind: 'valid' }
  /** `path` is a JSON pointer into the value that holds nothing of the value. */
  | { readonly kind: 'invalid'; readonly path: string }
  /** The schema asks what is not judged here. */
  | { readonly kind: 'unknown' }
  /** The value and the schema together are too much work. */
  | { readonly kind: 'too_complex' };

const IS_VALID: Judgement = { kind: 'valid' };
const IS_UNKNOWN: Judgement = { kind: 'unknown' };
const IS_TOO_COMPLEX: Judgement = { kind: 'too_complex' };

export function judgeInstance(document: SchemaDocument, instance: unknown): Judgement {
  const evaluation = new Evaluation(document);
  try {
    switch (evaluation.judgeRoot(instance)) {
      case VALID:
        return IS_VALID;
      case UNKNOWN:
        return IS_UNKNOWN;
      case INVALID:
        return { kind: 'invalid', path: evaluation.failedAt };
    }
  } catch (error) {
    if (error instanceof TooComplex) return IS_TOO_COMPLEX;
    throw error;
  }
}

class Evaluation implements Judging {
  readonly document: SchemaDocument;
  readonly budget: Budget = new Budget();
  #failed: Place | null = null;

  constructor(document: SchemaDocument) {
    this.document = document;
  }

  /** Where it went wrong, as {@link Place.path}: of use only when it did. */
  get failedAt(): string {
    return this.#failed?.path() ?? '';
  }

  judgeRoot(instance: unknown): Verdict {
    const judged = this.document.usesUnevaluated ? new Judged() : null;
    return this.judge(this.document.root, new Place(instance, judged, null, null));
  }

  judge(schema: unknown, place: Place): Verdict {
    this.budget.spend(1);
    if (schema === true) return VALID;
    if (schema === false) return this.fail(place);
    if (!isObject(schema)) return UNKNOWN;
    this.budget.enter();
    let verdict: Verdict = VALID;
    for (const keyword of keywordsOf(schema, this.document.dialect)) {
      verdict = both(verdict, keyword.judge(schema[keyword.name], place, schema, this));
      if (verdict === INVALID) break;
    }
    this.budget.leave();
    if (verdict === UNKNOWN && place.judged !== null) place.judged.uncertain = true;
    return verdict;
  }

  judgeApart(schema: unknown, place: Place): Verdict {
    const apart = place.again();
    const verdict = this.judge(schema, apart);
    if (place.judged !== null && apart.judged !== null) {
      if (verdict === VALID) {
        this.budget.spend(apart.judged.size);
        place.judged.merge(apart.judged);
      }
      if (verdict === UNKNOWN) place.judged.uncertain = true;
    }
    return verdict;
  }

  namesOf(value: JsonObject): readonly string[] {
    const names = Object.keys(value);
    this.budget.spend(names.length >> 2);
    return names;
  }

  fail(place: Place): typeof INVALID {
    this.#failed = place;
    return INVALID;
  }

  require(holds: boolean, place: Place): Verdict {
    return holds ? VALID : this.fail(place);
  }
}

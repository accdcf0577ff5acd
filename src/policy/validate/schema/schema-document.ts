/**
 * A JSON Schema as a server sent it, read within bounds: its dialect, what its references mean,
 * and its patterns.
 *
 * References lead to places in the same document only. Nothing is ever fetched (MCP 2026-07-28,
 * basic/index).
 *
 * @module
 */

import { isObject, type JsonObject, memberOf } from '../json-object.ts';
import { LinearPattern } from '../pattern/linear-pattern.ts';

/**
 * Which keywords there are: those of drafts 6 and 7, those of 2020-12, or both, as for 2019-09
 * and for schemas that name no dialect.
 */
export type Dialect = 'draft7' | 'draft2020' | 'any';

const DIALECTS: ReadonlyMap<string, Dialect> = new Map([
  ['https://json-schema.org/draft/2020-12/schema', 'draft2020'],
  ['https://json-schema.org/draft/2019-09/schema', 'any'],
  ['http://json-schema.org/draft-07/schema', 'draft7'],
  ['http://json-schema.org/draft-06/schema', 'draft7'],
]);

/** Most values of all kinds in one schema. */
const MAX_NODES = 20_000;
/** Longest text of one schema, in UTF-16 code units: all member names and texts together. */
const MAX_CHARS = 512 * 1024;
/** Deepest nesting of arrays and objects in one schema. */
const MAX_DEPTH = 64;
/** Longest patterns of one schema, in instructions of their programs, all together. */
const MAX_PATTERN_INSTRUCTIONS = 10_000;

export class SchemaDocument {
  readonly root: unknown;
  readonly dialect: Dialect;
  /** Some schema needs to know what others have judged. */
  readonly usesUnevaluated: boolean;
  readonly #survey: Survey;
  readonly #patterns: Map<string, LinearPattern | null> = new Map();
  #patternInstructions = 0;
  readonly #references: Map<string, unknown> = new Map();

  private constructor(root: unknown, dialect: Dialect, survey: Survey) {
    this.root = root;
    this.dialect = dialect;
    this.usesUnevaluated = survey.usesUnevaluated;
    this.#survey = survey;
  }

  /** Null when it is no schema, too large, or written in an unknown dialect. */
  static tryRead(root: unknown): SchemaDocument | null {
    if (typeof root !== 'boolean' && !isObject(root)) return null;
    const named = memberOf(root, '$schema');
    const dialect = named === undefined ? 'any' : DIALECTS.get(String(named).replace(/#$/, ''));
    const survey = new Survey();
    return dialect !== undefined && survey.visit(root)
      ? new SchemaDocument(root, dialect, survey)
      : null;
  }

  /** The schema that a `$ref` means; undefined for one elsewhere, and for none at all. */
  resolve(reference: unknown): unknown {
    // A schema with a name of its own changes what the references inside of it mean.
    if (typeof reference !== 'string' || this.#survey.hasInnerIds) return undefined;
    if (!this.#references.has(reference)) this.#references.set(reference, this.#follow(reference));
    return this.#references.get(reference);
  }

  #follow(reference: string): unknown {
    const hash = reference.indexOf('#');
    const resource = hash === -1 ? reference : reference.slice(0, hash);
    if (resource !== '' && resource !== withoutHash(memberOf(this.root, '$id'))) return undefined;
    const fragment = hash === -1 ? '' : tryDecode(reference.slice(hash + 1));
    if (fragment === '') return this.root;
    if (fragment === null) return undefined;
    return fragment.startsWith('/') ? this.#find(fragment) : this.#survey.anchors.get(fragment);
  }

  /** The pattern, or null for one that cannot be matched in linear time, or is one too many. */
  pattern(source: string): LinearPattern | null {
    let pattern = this.#patterns.get(source);
    if (pattern === undefined) {
      pattern = this.#compile(source);
      this.#patterns.set(source, pattern);
    }
    return pattern;
  }

  #compile(source: string): LinearPattern | null {
    if (this.#patternInstructions > MAX_PATTERN_INSTRUCTIONS) return null;
    const pattern = LinearPattern.tryCompile(source);
    this.#patternInstructions += pattern?.size ?? 0;
    return pattern;
  }

  /** RFC 6901. */
  #find(pointer: string): unknown {
    let value = this.root;
    for (const part of pointer.slice(1).split('/')) {
      const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
      value = Array.isArray(value) ? itemOf(value, name) : memberOf(value, name);
    }
    return value;
  }
}

function itemOf(list: readonly unknown[], index: string): unknown {
  return /^(?:0|[1-9]\d{0,8})$/.test(index) ? list[Number(index)] : undefined;
}

/**
 * One walk over a schema: how large it is, and what in it has a name. What is data in it, as below
 * `const`, is taken for schemas as well: at worst a reference is not followed for it.
 */
class Survey {
  usesUnevaluated = false;
  /** A schema below the root has an `$id` that is more than an anchor. */
  hasInnerIds = false;
  /** By name; an anchor that is there twice leads nowhere. */
  readonly anchors: Map<string, unknown> = new Map();
  #nodes = 0;
  #chars = 0;

  /** Returns false when the schema is beyond the bounds. */
  visit(root: unknown): boolean {
    let level: unknown[] = [root];
    for (let depth = 0; level.length > 0; depth++) {
      if (depth > MAX_DEPTH) return false;
      const below: unknown[] = [];
      for (const value of level) {
        if (++this.#nodes > MAX_NODES) return false;
        if (typeof value === 'string') this.#chars += value.length;
        else if (Array.isArray(value)) {
          for (const item of value) below.push(item);
        } else if (isObject(value)) this.#visitObject(value, value === root, below);
        if (this.#chars > MAX_CHARS || below.length > MAX_NODES) return false;
      }
      level = below;
    }
    return true;
  }

  #visitObject(schema: JsonObject, isRoot: boolean, below: unknown[]): void {
    for (const [keyword, value] of Object.entries(schema)) {
      this.#chars += keyword.length;
      below.push(value);
      if (keyword.startsWith('unevaluated')) this.usesUnevaluated = true;
      if (typeof value !== 'string') continue;
      if (keyword === '$anchor' || keyword === '$dynamicAnchor') this.#name(value, schema);
      else if (keyword === '$id' && value.startsWith('#')) this.#name(value.slice(1), schema);
      else if (keyword === '$id' && !isRoot) this.hasInnerIds = true;
    }
  }

  #name(anchor: string, schema: JsonObject): void {
    this.anchors.set(anchor, this.anchors.has(anchor) ? undefined : schema);
  }
}

function withoutHash(id: unknown): string | null {
  return typeof id === 'string' ? id.replace(/#$/, '') : null;
}

function tryDecode(fragment: string): string | null {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return null;
  }
}

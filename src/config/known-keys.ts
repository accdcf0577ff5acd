/**
 * Which keys a map of a schema may have: what to suggest to who has misspelled one.
 *
 * @module
 */

import type * as z from 'zod/mini';

type Schema = z.core.$ZodType;

/** The keys at a path, over all forms that what stands there may have; empty where any may be. */
export function knownKeys(schema: Schema, path: readonly PropertyKey[]): ReadonlySet<string> {
  let forms: readonly Schema[] = unwrap(schema);
  for (const step of path) forms = forms.flatMap((form) => memberOf(form, step).flatMap(unwrap));
  const keys = new Set<string>();
  for (const form of forms) {
    const { def } = form._zod as { def: { type: string; shape?: Record<string, unknown> } };
    if (def.type === 'object') for (const key of Object.keys(def.shape ?? {})) keys.add(key);
  }
  return keys;
}

/** The parts of zod's definitions that schemas of ours are made of. */
interface Definition {
  readonly type: string;
  readonly innerType?: Schema;
  readonly in?: Schema;
  readonly options?: readonly Schema[];
  readonly shape?: Readonly<Record<string, Schema>>;
  readonly element?: Schema;
  readonly valueType?: Schema;
}

function definitionOf(schema: Schema): Definition {
  return schema._zod.def as unknown as Definition;
}

/** What a value is compared with, without defaults, transformations and choices around it. */
function unwrap(schema: Schema): readonly Schema[] {
  const { innerType, in: input, options } = definitionOf(schema);
  const inner = innerType ?? input;
  if (inner !== undefined) return unwrap(inner);
  return options === undefined ? [schema] : options.flatMap(unwrap);
}

function memberOf(schema: Schema, step: PropertyKey): readonly Schema[] {
  const { type, shape, element, valueType } = definitionOf(schema);
  if (type === 'array' && element !== undefined) return [element];
  if (type === 'record' && valueType !== undefined) return [valueType];
  if (shape === undefined || !Object.hasOwn(shape, String(step))) return [];
  return [shape[String(step)] as Schema];
}

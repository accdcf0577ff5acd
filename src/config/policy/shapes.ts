/**
 * What the schemas of the policies' sections are built with.
 *
 * @module
 */

import * as z from 'zod/mini';

/** The error of a group of settings that is none, or has members it should not have. */
export const GROUP: { readonly error: string } = { error: 'must be a group of settings' };

/** A setting that may stay unset, and is null then. */
export function orNull<Schema extends z.ZodMiniType>(
  schema: Schema,
): z.ZodMiniDefault<z.ZodMiniNullable<Schema>> {
  return z._default(z.nullable(schema), null);
}

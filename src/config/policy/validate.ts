/**
 * The section `validate` of weir.yaml.
 *
 * @module
 */

import * as z from 'zod/mini';
import type { CheckName, ValidateMode, ValidateSettings } from '../../policy/validate/settings.ts';
import { choice, integer, listOf, text } from '../kinds.ts';
import { InvalidValueError } from '../problem.ts';
import { size } from './limits-values.ts';
import { GROUP } from './shapes.ts';
import { VALIDATE_CHECKS, VALIDATE_DEFAULTS } from './validate-defaults.ts';

export { checkValidate, type ValidateContext, type ValidateProblem } from './validate-check.ts';

const mode: z.ZodMiniType<ValidateMode, ValidateMode> = choice(['off', 'report', 'enforce']).schema;

const checkShape = Object.fromEntries(
  Object.keys(VALIDATE_CHECKS).map((name) => [name, z.optional(mode)]),
) as Record<CheckName, z.ZodMiniOptional<typeof mode>>;

/** The scanner reads no deeper, so that more would allow nothing. */
const MAX_DEPTH = 128;

/** A list of at least one text of a certain form. */
function list(form: RegExp, error: string): z.ZodMiniType<string[], string[]> {
  const item = text({
    placeholder: 'text',
    allowed: 'text',
    check(value) {
      if (!form.test(value)) throw new InvalidValueError(error);
    },
  });
  return listOf(item).schema.check(
    z.minLength(1, { error: 'must not be an empty list: leave it out for the default' }),
  );
}

const httpMethods = list(/^[A-Z]{1,32}$/, 'must be an HTTP method in upper case, such as "POST"');
const versions = list(
  /^\d{4}-\d{2}-\d{2}$/,
  'must be a protocol version, which is a date such as "2026-07-28"',
);
const methods = list(/^[\x21-\x7e]{1,256}$/, 'must be a method without spaces, as "tools/call"');

const defaults = VALIDATE_DEFAULTS;

/** The section as written in weir.yaml. Left out, nothing is validated. */
export const validateSchema: z.ZodMiniType<ValidateSettings, unknown> = z.strictObject(
  {
    mode: z._default(mode, defaults.mode),
    checks: z.prefault(
      z.strictObject(checkShape, { error: 'must name checks, such as "methods: enforce"' }),
      {},
    ),
    httpMethods: z._default(httpMethods, [...defaults.httpMethods]),
    versions: z._default(z.nullable(versions), null),
    methods: z._default(z.nullable(methods), null),
    maxMessageBytes: z._default(size, defaults.maxMessageBytes),
    maxDepth: z._default(integer(2, MAX_DEPTH).schema, defaults.maxDepth),
    unjudged: z._default(choice(['refuse', 'pass']).schema, defaults.unjudged),
  },
  GROUP,
);

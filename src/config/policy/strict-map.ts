/**
 * How a map of settings says that it is none, or has a key that is not known.
 *
 * @module
 */

import type * as z from 'zod/mini';
import { printableName } from '../problem.ts';

/** The second argument of `z.strictObject`. */
export const STRICT_MAP: { error: (issue: z.core.$ZodRawIssue) => string } = {
  error(issue) {
    if (issue.code !== 'unrecognized_keys') return 'must be a map of settings';
    const keys = issue.keys.map(printableName).join(', ');
    return `has unknown ${issue.keys.length === 1 ? 'key' : 'keys'} ${keys}`;
  },
};

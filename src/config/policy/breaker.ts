/**
 * The section `breaker` of weir.yaml: when the upstream is left alone.
 *
 * @module
 */

import * as z from 'zod/mini';
import type { BreakerSettings, StatusRange } from '../../policy/breaker/settings.ts';
import { formatDuration } from '../duration.ts';
import { duration, integer } from '../kinds.ts';
import { GROUP } from './shapes.ts';

const NOT_A_STATUS = 'must be a status such as 503, or a class of them such as "5xx"';
const MAX_STATUSES = 100;

const status: z.ZodMiniType<StatusRange, unknown> = z.union(
  [
    z.pipe(
      z.int().check(z.minimum(400), z.maximum(599)),
      z.transform((code): StatusRange => ({ from: code, to: code })),
    ),
    z.pipe(
      z.string().check(z.regex(/^(?:[45]xx|[45]\d\d)$/)),
      z.transform(
        (text): StatusRange => ({
          from: Number(text.replace('xx', '00')),
          to: Number(text.replace('xx', '99')),
        }),
      ),
    ),
  ],
  { error: NOT_A_STATUS },
);

/** The section as written; its output is what the policy takes. */
export const breakerSchema: z.ZodMiniType<BreakerSettings, unknown> = z.pipe(
  z.strictObject(
    {
      failures: z._default(integer(1, 10_000).schema, 5),
      openFor: z.prefault(duration().schema, '30s'),
      probes: z._default(integer(1, 1_000).schema, 3),
      failureStatuses: z.prefault(
        z
          .array(status, { error: 'must be a list, such as [5xx]' })
          .check(z.maxLength(MAX_STATUSES, { error: `must have at most ${MAX_STATUSES} entries` })),
        ['5xx'],
      ),
    },
    GROUP,
  ),
  z.transform(({ openFor, ...rest }): BreakerSettings => ({ ...rest, openMs: openFor })),
);

/** What the check has to know of the rest of the configuration; times in milliseconds, 0 for none. */
export interface BreakerContext {
  readonly timeouts: { readonly responseHead: number; readonly total: number };
}

export interface BreakerContradiction {
  /** From the section on: `breaker.probes`. */
  readonly path: string;
  /** One line: what, why, what to do. */
  readonly message: string;
}

/** Settings that are each in order and make no sense together. */
export function checkBreaker(
  { openMs, failureStatuses }: BreakerSettings,
  { timeouts }: BreakerContext,
): BreakerContradiction[] {
  const found: BreakerContradiction[] = [];
  if (timeouts.responseHead === 0 && timeouts.total === 0) {
    found.push({
      path: 'breaker',
      message:
        'cannot notice an upstream that accepts calls and never answers: set timeouts.responseHead',
    });
  }
  if (timeouts.responseHead > openMs) {
    found.push({
      path: 'breaker.openFor',
      message: `ends before a probe may time out (timeouts.responseHead is ${formatDuration(timeouts.responseHead)}): make it longer`,
    });
  }
  if (failureStatuses.some(({ from }) => from < 500)) {
    found.push({
      path: 'breaker.failureStatuses',
      message:
        'counts 4xx, which any caller can bring about and so shut everybody out: keep to 5xx',
    });
  }
  return found;
}

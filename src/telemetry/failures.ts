/**
 * Which outcomes count as failures, wherever errors are counted or shown.
 *
 * @module
 */

import type { Outcome } from '../exchange/record.ts';

/** A refusal is one: a client did not get what it wanted. */
const FAILURES: ReadonlySet<Outcome> = new Set<Outcome>([
  'tool_error',
  'rpc_error',
  'http_error',
  'denied',
  'upstream_unreachable',
  'upstream_timeout',
  'upstream_aborted',
]);

/** Whether what was asked for has failed. A client that left has not seen a failure. */
export function isFailure(outcome: Outcome): boolean {
  return FAILURES.has(outcome);
}

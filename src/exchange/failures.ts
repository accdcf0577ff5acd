/**
 * What the client is told when there is no answer to pass on.
 *
 * @module
 */

import { WEIR_ERROR } from '../protocol/jsonrpc/errors.ts';
import type { PolicyDecision } from './decision.ts';
import type { Outcome } from './record.ts';

/** Why the upstream leg failed. */
export type UpstreamFailure = 'unreachable' | 'timeout' | 'aborted';

/** An answer in the upstream's place, and what it makes of the exchange. */
export interface FailureAnswer {
  readonly status: number;
  readonly code: number;
  readonly outcome: Outcome;
  readonly message: string;
}

export const FAILURES: Readonly<Record<UpstreamFailure, FailureAnswer>> = {
  unreachable: {
    status: 502,
    code: WEIR_ERROR.UPSTREAM_UNREACHABLE,
    outcome: 'upstream_unreachable',
    message: 'The MCP server behind this proxy could not be reached',
  },
  timeout: {
    status: 504,
    code: WEIR_ERROR.UPSTREAM_TIMEOUT,
    outcome: 'upstream_timeout',
    message: 'The MCP server behind this proxy did not answer in time',
  },
  aborted: {
    status: 502,
    code: WEIR_ERROR.UPSTREAM_ABORTED,
    outcome: 'upstream_aborted',
    message: 'The MCP server behind this proxy broke off its answer',
  },
};

/** What the client is told of an answer that must not pass. */
export const REFUSED_ANSWER: FailureAnswer = {
  status: 502,
  code: WEIR_ERROR.OVER_LIMIT,
  outcome: 'denied',
  message: 'The answer of the MCP server behind this proxy is not allowed to pass',
};

/** Of an answer that could not be judged. */
export const UNJUDGED_RESPONSE: PolicyDecision = {
  policy: 'validate',
  decision: 'deny',
  rule: null,
  reason: 'response_failed',
};

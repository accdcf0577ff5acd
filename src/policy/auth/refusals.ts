/**
 * The answers to those who are not let in. They tell callers apart by what the callers themselves
 * wrote (nothing, a token, two credentials), never by what the proxy knows.
 *
 * @module
 */

import type { Refusal } from '../../exchange/guard.ts';
import { WEIR_ERROR } from '../../protocol/jsonrpc/errors.ts';
import type { BearerError, Challenges } from './challenges.ts';
import type { AuthReason } from './reasons.ts';

const RETRY_AFTER_SECONDS = '5';

/** The credential is nowhere to be judged: a client's mistake that no other token would mend. */
const INVALID_REQUESTS: ReadonlySet<AuthReason> = new Set(['ambiguous', 'misplaced']);

/** The proxy cannot judge. */
const OUTAGES: ReadonlySet<AuthReason> = new Set([
  'overloaded',
  'unavailable',
  'upstream_credential',
]);

export class Refusals {
  readonly #challenges: Challenges;
  /** There are few reasons, so each answer is made once. */
  readonly #made: Map<string, Refusal> = new Map();

  constructor(challenges: Challenges) {
    this.#challenges = challenges;
  }

  /** @param sentToken the caller sent a bearer token */
  for(reason: AuthReason, sentToken: boolean): Refusal {
    const key = sentToken ? `${reason} token` : reason;
    let refusal = this.#made.get(key);
    if (refusal === undefined) {
      refusal = this.#make(reason, sentToken);
      this.#made.set(key, refusal);
    }
    return refusal;
  }

  #make(reason: AuthReason, sentToken: boolean): Refusal {
    const decision = { policy: 'auth', decision: 'deny', rule: null, reason } as const;
    if (OUTAGES.has(reason)) {
      return {
        kind: 'refuse',
        decision,
        status: 503,
        code: WEIR_ERROR.POLICY_UNAVAILABLE,
        message: 'Authentication is not possible for the moment',
        headers: ['Retry-After', RETRY_AFTER_SECONDS],
      };
    }
    const isInvalid = INVALID_REQUESTS.has(reason);
    const error: BearerError | null = isInvalid
      ? 'invalid_request'
      : sentToken
        ? 'invalid_token'
        : null;
    return {
      kind: 'refuse',
      decision,
      status: isInvalid ? 400 : 401,
      code: WEIR_ERROR.UNAUTHENTICATED,
      message: isInvalid
        ? 'Expected one credential in one place'
        : 'Authentication required: no credential that is accepted here',
      headers: this.#challenges.fields(error),
    };
  }
}

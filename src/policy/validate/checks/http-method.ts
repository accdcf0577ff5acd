/**
 * Which HTTP methods may pass (RFC 9110 §15.5.6).
 *
 * @module
 */

import type { GuardedExchange } from '../../../exchange/guard.ts';
import { WEIR_ERROR } from '../../../protocol/jsonrpc/errors.ts';
import type { Check, Finding } from '../check.ts';

export class HttpMethodCheck implements Check {
  readonly name = 'httpMethod';
  readonly stage = 'head';
  readonly #allowed: ReadonlySet<string>;
  readonly #refused: Finding;

  constructor(allowed: readonly string[]) {
    this.#allowed = new Set(allowed);
    this.#refused = {
      reason: 'http_method_not_allowed',
      status: 405,
      code: WEIR_ERROR.INVALID_MESSAGE,
      message: 'This HTTP method is not allowed here: Allow names those that are',
      headers: ['Allow', allowed.join(', ')],
    };
  }

  judge({ head }: GuardedExchange): Finding | null {
    return this.#allowed.has(head.httpMethod) ? null : this.#refused;
  }
}

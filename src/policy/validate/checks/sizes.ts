/**
 * How long a message may be, and how deeply nested.
 *
 * @module
 */

import type { GuardedExchange, GuardedMessage } from '../../../exchange/guard.ts';
import { WEIR_ERROR } from '../../../protocol/jsonrpc/errors.ts';
import type { Check, Finding } from '../check.ts';

/** The limit, and what is said of what is beyond it. */
abstract class SizeCheck {
  readonly name = 'messageSize';
  readonly #maxBytes: number;
  readonly #refused: Finding;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#refused = {
      reason: 'message_too_long',
      status: 413,
      code: WEIR_ERROR.OVER_LIMIT,
      message: `The message is too long: at most ${maxBytes} bytes are allowed`,
    };
  }

  protected judgeBytes(bytes: number): Finding | null {
    return bytes > this.#maxBytes ? this.#refused : null;
  }
}

/** Judges the declared length, before anything is read. */
export class DeclaredSizeCheck extends SizeCheck implements Check {
  readonly stage = 'head';

  judge({ head }: GuardedExchange): Finding | null {
    return this.judgeBytes(head.fields.contentLength ?? 0);
  }
}

/** Judges what has come: the body as sent, and its messages, which may have been compressed. */
export class MessageSizeCheck extends SizeCheck implements Check {
  readonly stage = 'body';

  judge({ requestBytes }: GuardedExchange): Finding | null {
    return this.judgeBytes(requestBytes);
  }

  judgeMessage({ envelope }: GuardedMessage): Finding | null {
    return this.judgeBytes(envelope.end - envelope.start);
  }
}

export class DepthCheck implements Check {
  readonly name = 'depth';
  readonly stage = 'body';
  readonly #maxDepth: number;
  readonly #refused: Finding;

  constructor(maxDepth: number) {
    this.#maxDepth = maxDepth;
    this.#refused = {
      reason: 'too_deep',
      status: 400,
      code: WEIR_ERROR.OVER_LIMIT,
      message: `The message is nested too deeply: at most ${maxDepth} levels are allowed`,
    };
  }

  judgeMessage(message: GuardedMessage): Finding | null {
    return isDeeperThan(message.json(), this.#maxDepth) ? this.#refused : null;
  }
}

/** Level by level, so that no recursion can be run out of. */
function isDeeperThan(value: unknown, maxDepth: number): boolean {
  let level: object[] = typeof value === 'object' && value !== null ? [value] : [];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > maxDepth) return true;
    const below: object[] = [];
    for (const container of level) {
      for (const inner of Object.values(container)) {
        if (typeof inner === 'object' && inner !== null) below.push(inner);
      }
    }
    level = below;
  }
  return false;
}

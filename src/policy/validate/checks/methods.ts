/**
 * Which JSON-RPC methods may pass.
 *
 * @module
 */

import type { GuardedMessage } from '../../../exchange/guard.ts';
import { RPC_ERROR } from '../../../protocol/jsonrpc/errors.ts';
import { lookupMethod } from '../../../protocol/mcp/methods.ts';
import { type Check, callStatus, type Finding } from '../check.ts';

export class MethodsCheck implements Check {
  readonly name = 'methods';
  readonly stage = 'body';
  readonly #allowed: ReadonlySet<string> | null;

  /** @param allowed null for what the era of the message has clients send */
  constructor(allowed: readonly string[] | null) {
    this.#allowed = allowed && new Set(allowed);
  }

  judgeMessage(message: GuardedMessage): Finding | null {
    const { method } = message.envelope;
    if (method === null) return null;
    const allowed = this.#allowed?.has(method) ?? isForClients(method, message);
    return allowed ? null : refused(message);
  }
}

/** Whether clients of the era send it, and as what it is sent: a request or a notification. */
function isForClients(method: string, { envelope, era }: GuardedMessage): boolean {
  const info = lookupMethod(method);
  if (info === null || info.kind !== envelope.kind) return false;
  const direction = era === 'modern' ? info.modernDirection : info.legacyDirection;
  return direction === 'client-to-server' || direction === 'both';
}

function refused(message: GuardedMessage): Finding {
  return {
    reason: 'method_not_allowed',
    status: callStatus(message, 404),
    code: RPC_ERROR.METHOD_NOT_FOUND,
    message: 'Method not found',
  };
}

/**
 * Messages that two parsers read as two different ones: a member that is there twice, or text that
 * no encoding carries unharmed.
 *
 * @module
 */

import type { GuardedMessage } from '../../../exchange/guard.ts';
import { RPC_ERROR } from '../../../protocol/jsonrpc/errors.ts';
import type { Check, Finding } from '../check.ts';
import { hasDuplicateKey } from '../duplicate-keys.ts';

const utf8 = new TextDecoder();

/** Those that decide are named; elsewhere, as in tool arguments, the name is the caller's. */
export const duplicateKeysCheck: Check = {
  name: 'duplicateKeys',
  stage: 'body',
  judgeMessage(message: GuardedMessage): Finding | null {
    const [first] = message.envelope.duplicates;
    if (first !== undefined) return duplicated(`"${first}"`, ', or in other letter case');
    return hasDuplicateKey(utf8.decode(message.bytes())) ? SOMEWHERE : null;
  },
};

function duplicated(what: string, how = ''): Finding {
  return {
    reason: 'duplicate_key',
    status: 400,
    code: RPC_ERROR.INVALID_REQUEST,
    message: `Invalid request: ${what} appears more than once${how}`,
  };
}

const SOMEWHERE = duplicated('a member of an object');

const ILL_FORMED: Finding = {
  reason: 'ill_formed_text',
  status: 400,
  code: RPC_ERROR.INVALID_REQUEST,
  message: 'Invalid request: a name, method, version or id is not well-formed Unicode',
};

/**
 * Lone surrogates survive `JSON.parse` and become something else when they are written out again.
 * Bytes that are no UTF-8 have been read as U+FFFD; as nobody names a tool with that character,
 * it is taken for them.
 */
export const textCheck: Check = {
  name: 'text',
  stage: 'body',
  judgeMessage({ envelope }: GuardedMessage): Finding | null {
    const { id, method, name, uri, taskId, protocolVersion, requestId, meta } = envelope;
    const wellFormed =
      isSound(id) &&
      isSound(method) &&
      isSound(name) &&
      isSound(uri) &&
      isSound(taskId) &&
      isSound(protocolVersion) &&
      isSound(requestId) &&
      isSound(meta.protocolVersion) &&
      isSound(meta.progressToken);
    return wellFormed ? null : ILL_FORMED;
  },
};

function isSound(text: string | null): boolean {
  return text === null || (text.isWellFormed() && !text.includes('\ufffd'));
}

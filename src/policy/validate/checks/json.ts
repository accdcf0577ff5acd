/**
 * The body is JSON-RPC, whole and readable (JSON-RPC 2.0 §4 to §6; RFC 8259).
 *
 * Anything the scanner could not read means that not every message is known, so that nothing of
 * the body may pass.
 *
 * @module
 */

import type { GuardedExchange, GuardedMessage } from '../../../exchange/guard.ts';
import { RPC_ERROR, WEIR_ERROR } from '../../../protocol/jsonrpc/errors.ts';
import { lookupMethod } from '../../../protocol/mcp/methods.ts';
import { type Check, callStatus, type Finding } from '../check.ts';
import { isObject } from '../json-object.ts';

const notJson = (reason: string, message: string): Finding => ({
  reason,
  message,
  status: 400,
  code: RPC_ERROR.PARSE_ERROR,
});

const notRpc = (reason: string, message: string): Finding => ({
  reason,
  message,
  status: 400,
  code: RPC_ERROR.INVALID_REQUEST,
});

const MALFORMED = notJson('malformed', 'Parse error: the body is not JSON');

const PROBLEMS: ReadonlyMap<string, Finding> = new Map([
  ['malformed', MALFORMED],
  ['invalid_utf8', notJson('invalid_utf8', 'Parse error: the body is not UTF-8')],
  ['charset', notJson('charset', 'Parse error: the Content-Type says that the body is not UTF-8')],
  [
    'unexpected_body',
    notRpc('unexpected_body', 'Invalid request: only a POST may have a body here'),
  ],
  ['truncated', notJson('truncated', 'Parse error: the body ends inside a JSON value')],
  ['too_deep', notRpc('too_deep', 'Invalid request: the body is nested too deeply')],
  [
    'capture_too_long',
    notRpc('member_too_long', 'Invalid request: a name or a value that decides is too long'),
  ],
  ['not_a_message', notRpc('not_a_message', 'Invalid request: the body is no JSON-RPC message')],
  ['batch_too_long', notRpc('batch_too_long', 'Invalid request: the batch is too long')],
]);

const UNREADABLE: Finding = {
  reason: 'unreadable',
  status: 400,
  code: WEIR_ERROR.INVALID_MESSAGE,
  message: 'The body could not be read',
};

const EMPTY = notJson('empty', 'Parse error: a POST must have a JSON-RPC message for its body');
const NOT_A_MESSAGE = notRpc(
  'not_a_message',
  'Invalid request: neither a request, nor a notification, nor a response',
);
const NO_VERSION = notRpc('jsonrpc_version', 'Invalid request: "jsonrpc" must be "2.0"');
const NULL_ID = notRpc('null_id', 'Invalid request: the id of a request cannot be null');
const PARAMS = notRpc('params_not_object', 'Invalid request: "params" must be an object');

export const jsonCheck: Check = {
  name: 'json',
  stage: 'body',

  judge({ head, messages, problems }: GuardedExchange): Finding | null {
    const [problem] = problems;
    if (problem !== undefined) return PROBLEMS.get(problem.reason) ?? UNREADABLE;
    return messages.length === 0 && head.httpMethod === 'POST' ? EMPTY : null;
  },

  judgeMessage(message: GuardedMessage): Finding | null {
    const { kind, id, method } = message.envelope;
    if (kind === 'invalid') return NOT_A_MESSAGE;
    const { jsonrpc, params } = message.json();
    if (jsonrpc !== '2.0') return NO_VERSION;
    if (params !== undefined && !isObject(params)) return PARAMS;
    if (kind !== 'request' || method === null) return null;
    if (id === 'null') return NULL_ID;
    const source = lookupMethod(method)?.target ?? null;
    return source === null || message.target !== null ? null : targetless(message, source.member);
  },
};

function targetless(message: GuardedMessage, member: string): Finding {
  return {
    reason: 'target_missing',
    status: callStatus(message),
    code: RPC_ERROR.INVALID_PARAMS,
    message: `Invalid params: "${member}" must be a string`,
  };
}

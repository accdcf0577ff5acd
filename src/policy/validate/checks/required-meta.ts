/**
 * What `params._meta` of a modern request must hold (MCP 2026-07-28, basic/index).
 *
 * @module
 */

import type { GuardedMessage } from '../../../exchange/guard.ts';
import { RPC_ERROR } from '../../../protocol/jsonrpc/errors.ts';
import type { Check, Finding } from '../check.ts';
import { isObject, memberOf } from '../json-object.ts';

const VERSION = 'io.modelcontextprotocol/protocolVersion';
const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';
const CLIENT = 'io.modelcontextprotocol/clientInfo';

const invalid = (reason: string, message: string): Finding => ({
  reason,
  message: `Invalid params: ${message}`,
  status: 400,
  code: RPC_ERROR.INVALID_PARAMS,
});

const NOT_AN_OBJECT = invalid('meta_malformed', '"_meta" must be an object');
const NO_VERSION = invalid('version_claim_missing', `"_meta" must have a text "${VERSION}"`);
const NO_CAPABILITIES = invalid(
  'capabilities_missing',
  `"_meta" must have an object "${CAPABILITIES}"`,
);
const BAD_CLIENT = invalid('client_info_malformed', `"${CLIENT}" must be an object where present`);

export const requiredMetaCheck: Check = {
  name: 'requiredMeta',
  stage: 'body',
  judgeMessage(message: GuardedMessage): Finding | null {
    const { kind } = message.envelope;
    if (kind !== 'request' && kind !== 'notification') return null;
    const meta = memberOf(message.json().params, '_meta');
    if (meta !== undefined && !isObject(meta)) return NOT_AN_OBJECT;
    const claim = memberOf(meta, VERSION);
    // A claim that is no text leaves the era to the header: it must not make a request legacy.
    if (claim !== undefined && typeof claim !== 'string') return NO_VERSION;
    // Of notifications the revision asks nothing.
    if (message.era !== 'modern' || kind !== 'request') return null;
    if (claim === undefined) return NO_VERSION;
    if (!isObject(memberOf(meta, CAPABILITIES))) return NO_CAPABILITIES;
    const client = memberOf(meta, CLIENT);
    return client === undefined || isObject(client) ? null : BAD_CLIENT;
  },
};

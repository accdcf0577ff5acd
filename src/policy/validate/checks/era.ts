/**
 * What one era has and the other has not (MCP 2026-07-28, basic/transports/streamable-http).
 *
 * @module
 */

import type { GuardedExchange, GuardedMessage } from '../../../exchange/guard.ts';
import { RPC_ERROR, WEIR_ERROR } from '../../../protocol/jsonrpc/errors.ts';
import { MCP_PARAM_HEADER_PREFIX } from '../../../protocol/mcp/headers.ts';
import { isModernVersion } from '../../../protocol/mcp/revisions.ts';
import { decodeHeaderValue } from '../../../protocol/mcp/sentinel.ts';
import type { Check, Finding } from '../check.ts';
import { hasFieldWithPrefix } from '../fields.ts';
import { isMetadataPath } from '../metadata-path.ts';

const NO_SUCH_STREAM: Finding = {
  reason: 'method_not_in_era',
  status: 405,
  code: WEIR_ERROR.INVALID_MESSAGE,
  message: 'Protocol versions from 2026-07-28 on have neither GET streams nor sessions: use POST',
  headers: ['Allow', 'POST'],
};

/** Sessions and GET streams ended with the legacy era. */
export const eraHeadCheck: Check = {
  name: 'era',
  stage: 'head',
  judge({ head }: GuardedExchange): Finding | null {
    if (head.httpMethod !== 'GET' && head.httpMethod !== 'DELETE') return null;
    const version = head.fields.protocolVersion;
    if (version === null || !isModernVersion(version) || isMetadataPath(head.path)) return null;
    return NO_SUCH_STREAM;
  },
};

const POSTED_RESPONSE: Finding = {
  reason: 'response_not_in_era',
  status: 400,
  code: RPC_ERROR.INVALID_REQUEST,
  message: 'Invalid request: clients send no responses from protocol version 2026-07-28 on',
};

/** Servers stopped asking clients, so that there is nothing to respond to. */
export const eraBodyCheck: Check = {
  name: 'era',
  stage: 'body',
  judge({ head, messages }: GuardedExchange): Finding | null {
    const version = head.fields.protocolVersion;
    if (version === null || !isModernVersion(version)) return null;
    for (const { envelope } of messages) {
      if (envelope.kind === 'result' || envelope.kind === 'error') return POSTED_RESPONSE;
    }
    return null;
  },
};

const UNVALIDATED: Finding = {
  reason: 'unvalidated_headers',
  status: 400,
  code: RPC_ERROR.HEADER_MISMATCH,
  message:
    'Mcp-Method and Mcp-Name must say what the body says, and Mcp-Param-* needs protocol version 2026-07-28 or later',
};

/**
 * Mirrored fields beside a message of a version that does not have them validated: whoever goes by
 * the fields, in front of weir or behind it, would be led past the body by an older version, or by
 * none at all. Fields that only repeat the body lead nobody anywhere, and clients send them before
 * they know what the server speaks.
 */
export const headerTrustCheck: Check = {
  name: 'headerTrust',
  stage: 'body',
  judge({ head, messages }: GuardedExchange): Finding | null {
    const { mcpMethod, mcpName } = head.fields;
    const hasParams = hasFieldWithPrefix(head, MCP_PARAM_HEADER_PREFIX);
    if (mcpMethod === null && mcpName === null && !hasParams) return null;
    for (const message of messages) {
      if (message.era === 'modern') continue;
      if (hasParams || !repeats(mcpMethod, mcpName, message)) return UNVALIDATED;
    }
    return null;
  },
};

/** Whether the fields say what the body says: then it is nobody's loss who goes by which. */
function repeats(
  mcpMethod: string | null,
  mcpName: string | null,
  { envelope, target }: GuardedMessage,
): boolean {
  if (mcpMethod !== null && mcpMethod !== envelope.method) return false;
  if (mcpName === null) return true;
  const named = decodeHeaderValue(mcpName);
  return target !== null && named.kind !== 'invalid' && named.value === target.name;
}

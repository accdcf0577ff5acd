/**
 * Mirrored header fields say what the body says (MCP 2026-07-28, basic/transports/streamable-http,
 * header validation).
 *
 * @module
 */

import type { GuardedExchange, GuardedMessage } from '../../../exchange/guard.ts';
import { RPC_ERROR } from '../../../protocol/jsonrpc/errors.ts';
import type { HeaderMismatch } from '../../../protocol/mcp/header-agreement.ts';
import {
  MCP_METHOD_HEADER,
  MCP_NAME_HEADER,
  MCP_PROTOCOL_VERSION_HEADER,
  nameHeaderMember,
} from '../../../protocol/mcp/headers.ts';
import { lookupMethod } from '../../../protocol/mcp/methods.ts';
import type { Check, Finding } from '../check.ts';
import { isRepeated } from '../fields.ts';

const mismatch = (reason: string, message: string): Finding => ({
  reason,
  message: `Header mismatch: ${message}`,
  status: 400,
  code: RPC_ERROR.HEADER_MISMATCH,
});

const FINDINGS: Readonly<Record<HeaderMismatch, Finding>> = {
  version_header_missing: mismatch(
    'version_header_missing',
    'MCP-Protocol-Version is missing, and the body names a version',
  ),
  version_header_mismatch: mismatch(
    'version_header_mismatch',
    'MCP-Protocol-Version and the body name different versions',
  ),
  // Of the two, the body is what is incomplete.
  version_claim_missing: {
    reason: 'version_claim_missing',
    status: 400,
    code: RPC_ERROR.INVALID_PARAMS,
    message:
      'Invalid params: "_meta" lacks "io.modelcontextprotocol/protocolVersion", which MCP-Protocol-Version calls for',
  },
  initialize_under_modern_header: mismatch(
    'initialize_under_modern_header',
    'initialize does not exist in the version that MCP-Protocol-Version names',
  ),
  method_header_missing: mismatch('method_header_missing', 'Mcp-Method is missing'),
  method_header_mismatch: mismatch(
    'method_header_mismatch',
    'Mcp-Method and the body name different methods',
  ),
  name_header_missing: mismatch('name_header_missing', 'Mcp-Name is missing'),
  name_header_mismatch: mismatch(
    'name_header_mismatch',
    'Mcp-Name and the body name different targets',
  ),
  name_header_invalid: mismatch('name_header_invalid', 'Mcp-Name is not base64 where it says so'),
};

const REPEATED = mismatch('header_repeated', 'a mirrored field was sent more than once');
const UNEXPECTED = mismatch('name_header_unexpected', 'Mcp-Name has nothing to mirror in the body');

const FIELDS = [MCP_PROTOCOL_VERSION_HEADER, MCP_METHOD_HEADER, MCP_NAME_HEADER];

export const headerAgreementCheck: Check = {
  name: 'headerAgreement',
  stage: 'body',

  /** Two lines of a field and one with a comma in it are the same to some readers only. */
  judge({ head, messages }: GuardedExchange): Finding | null {
    if (messages.length === 0) return null;
    for (const field of FIELDS) {
      if (isRepeated(head, field)) return REPEATED;
    }
    // Runtimes that have no lines join them; no version has a comma.
    return head.fields.protocolVersion?.includes(',') ? REPEATED : null;
  },

  judgeMessage(message: GuardedMessage, { head }: GuardedExchange): Finding | null {
    const [first] = message.mismatches;
    if (first !== undefined) return FINDINGS[first];
    if (head.fields.mcpName === null || message.era !== 'modern') return null;
    return mirrorsNothing(message) ? UNEXPECTED : null;
  },
};

/** Of methods that no revision names, nobody here can say what they mirror. */
function mirrorsNothing({ envelope }: GuardedMessage): boolean {
  const { kind, method } = envelope;
  if (kind !== 'request' || method === null || lookupMethod(method) === null) return false;
  const member = nameHeaderMember(method);
  return member === null || envelope[member] === null;
}

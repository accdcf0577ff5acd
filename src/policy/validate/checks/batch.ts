/**
 * Batches by revision: 2025-03-26 has them, and no other (MCP 2025-03-26, basic; changelog of
 * 2025-06-18). Servers take them on more versions than that; whoever judges messages one by one
 * had better not.
 *
 * @module
 */

import type { GuardedExchange } from '../../../exchange/guard.ts';
import { RPC_ERROR } from '../../../protocol/jsonrpc/errors.ts';
import { stripWhiteSpace } from '../../../protocol/mcp/white-space.ts';
import type { Check, Finding } from '../check.ts';

const BATCH_REVISION = '2025-03-26';

const refused = (reason: string, message: string): Finding => ({
  reason,
  message,
  status: 400,
  code: RPC_ERROR.INVALID_REQUEST,
});

const NOT_IN_REVISION = refused(
  'batch_not_in_revision',
  `Invalid request: batches exist in protocol version ${BATCH_REVISION} only`,
);
const INITIALIZE = refused('initialize_in_batch', 'Invalid request: initialize cannot be batched');

export const batchCheck: Check = {
  name: 'batch',
  stage: 'body',
  judge({ head, batch, messages }: GuardedExchange): Finding | null {
    if (!batch) return null;
    // Clients of that revision send no version header, and later ones must.
    const version = head.fields.protocolVersion;
    if (version !== null && stripWhiteSpace(version) !== BATCH_REVISION) return NOT_IN_REVISION;
    for (const { envelope, era } of messages) {
      if (era === 'modern' || envelope.meta.protocolVersion !== null) return NOT_IN_REVISION;
      if (envelope.method === 'initialize') return INITIALIZE;
    }
    return null;
  },
};

/**
 * `Mcp-Param-*` fields say what the tool's arguments say (MCP 2026-07-28,
 * basic/transports/streamable-http; SEP-2243).
 *
 * Only fields that the tool declares are compared: the others pass, as the protocol asks of
 * intermediaries. So do all of them for a tool that was not learned, which is written down.
 *
 * @module
 */

import type { GuardedExchange, GuardedMessage, ToolCatalog } from '../../../exchange/guard.ts';
import { RPC_ERROR } from '../../../protocol/jsonrpc/errors.ts';
import {
  findParamMismatch,
  type HeaderParam,
  type ParamMismatch,
  readHeaderParams,
} from '../../../protocol/mcp/header-params.ts';
import { MCP_PARAM_HEADER_PREFIX } from '../../../protocol/mcp/headers.ts';
import type { Check, Finding } from '../check.ts';
import { fieldValues, hasFieldWithPrefix } from '../fields.ts';
import { memberOf } from '../json-object.ts';
import { ToolMemory } from '../tool-memory.ts';

const FAULTS: Readonly<Record<ParamMismatch, string>> = {
  param_header_missing: 'is missing, and the argument is there',
  param_header_mismatch: 'and the argument have different values',
  param_header_invalid: 'is not base64 where it says so',
  param_header_unexpected: 'has no argument to mirror',
  param_header_repeated: 'was sent more than once',
};

export class ParamHeadersCheck implements Check {
  readonly name = 'paramHeaders';
  readonly stage = 'tool';
  readonly #tools: ToolCatalog;
  readonly #params: ToolMemory<readonly HeaderParam[] | null> = new ToolMemory(({ inputSchema }) =>
    readHeaderParams(inputSchema),
  );

  constructor(tools: ToolCatalog) {
    this.#tools = tools;
  }

  judgeMessage(message: GuardedMessage, { head }: GuardedExchange): Finding | null {
    const { kind, method, name } = message.envelope;
    if (kind !== 'request' || method !== 'tools/call' || message.era !== 'modern') return null;
    const tool = name === null ? undefined : this.#tools.get(name);
    const params = tool === undefined ? null : this.#params.get(tool);
    if (params === null) {
      if (!hasFieldWithPrefix(head, MCP_PARAM_HEADER_PREFIX)) return null;
      return tool === undefined ? NOT_LEARNED : BROKEN_DECLARATION;
    }
    if (params.length === 0) return null;
    const args = memberOf(message.json().params, 'arguments');
    for (const param of params) {
      const mismatch = findParamMismatch(param, args, fieldValues(head, param.header));
      if (mismatch !== null) return disagreement(param, mismatch);
    }
    return null;
  }
}

function disagreement(param: HeaderParam, reason: ParamMismatch): Finding {
  return {
    reason,
    status: 400,
    code: RPC_ERROR.HEADER_MISMATCH,
    // The name is the schema's, and a token.
    message: `Header mismatch: ${param.header} ${FAULTS[reason]}`,
  };
}

const unjudged = (reason: string): Finding => ({
  reason,
  status: 400,
  code: RPC_ERROR.HEADER_MISMATCH,
  message: 'Header mismatch: Mcp-Param-* cannot be compared',
  advisory: true,
});

const NOT_LEARNED = unjudged('tool_not_learned');
const BROKEN_DECLARATION = unjudged('tool_headers_invalid');

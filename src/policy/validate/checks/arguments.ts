/**
 * Tool arguments obey the tool's own `inputSchema`, as the upstream's `tools/list` gave it (MCP
 * 2026-07-28, server/tools).
 *
 * The schema is the upstream's: it is read within bounds, its `$ref` are followed inside of it
 * only, and what it asks beyond that is not judged. The caller is told where the arguments are
 * wrong, in the schema's own names, and never what was there.
 *
 * @module
 */

import type { GuardedMessage, ToolCatalog } from '../../../exchange/guard.ts';
import { RPC_ERROR } from '../../../protocol/jsonrpc/errors.ts';
import { type Check, callStatus, type Finding } from '../check.ts';
import { memberOf } from '../json-object.ts';
import { judgeInstance } from '../schema/evaluation.ts';
import { SchemaDocument } from '../schema/schema-document.ts';
import type { ValidateSettings } from '../settings.ts';
import { ToolMemory } from '../tool-memory.ts';

/** A call without arguments has none: the same as an empty object. */
const NO_ARGUMENTS: Readonly<Record<string, unknown>> = Object.freeze({});

export class ArgumentsCheck implements Check {
  readonly name = 'arguments';
  readonly stage = 'tool';
  readonly #tools: ToolCatalog;
  readonly #passesUnjudged: boolean;
  readonly #schemas: ToolMemory<SchemaDocument | null> = new ToolMemory(({ inputSchema }) =>
    SchemaDocument.tryRead(inputSchema),
  );

  constructor(tools: ToolCatalog, unjudged: ValidateSettings['unjudged']) {
    this.#tools = tools;
    this.#passesUnjudged = unjudged === 'pass';
  }

  judgeMessage(message: GuardedMessage): Finding | null {
    const { kind, method, name } = message.envelope;
    if (method !== 'tools/call' || (kind !== 'request' && kind !== 'notification')) return null;
    const tool = name === null ? undefined : this.#tools.get(name);
    if (tool === undefined) return this.#unjudged(message, 'tool_not_learned', NOT_LEARNED);
    const schema = this.#schemas.get(tool);
    if (schema === null) return this.#unjudged(message, 'schema_unusable', NOT_JUDGED);
    const args = memberOf(message.json().params, 'arguments');
    const judgement = judgeInstance(schema, args === undefined ? NO_ARGUMENTS : args);
    switch (judgement.kind) {
      case 'valid':
        return null;
      case 'invalid':
        return invalid(message, 'arguments_invalid', whereIs(judgement.path));
      case 'too_complex':
        // The caller's doing, whatever is done about what cannot be judged.
        return invalid(message, 'arguments_too_complex', 'the arguments are too much to judge');
      case 'unknown':
        return this.#unjudged(message, 'schema_not_judged', NOT_JUDGED);
    }
  }

  #unjudged(message: GuardedMessage, reason: string, detail: string): Finding {
    const finding = invalid(message, reason, detail);
    return this.#passesUnjudged ? { ...finding, advisory: true } : finding;
  }
}

const NOT_LEARNED = 'the tool is not known here yet: list the tools, then call again';
const NOT_JUDGED = 'the schema of the tool cannot be judged here';

function whereIs(path: string): string {
  return `the arguments do not fit the schema of the tool at "${path === '' ? '/' : path}"`;
}

function invalid(message: GuardedMessage, reason: string, detail: string): Finding {
  return {
    reason,
    status: callStatus(message),
    code: RPC_ERROR.INVALID_PARAMS,
    message: `Invalid params: ${detail}`,
  };
}

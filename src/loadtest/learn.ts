/**
 * Finds out what can be asked of a server before the clock starts: which tool can be called, which
 * resources can be read, and what it does not have at all.
 *
 * @module
 */

import type { Attempt } from './ask.ts';
import type { Caller } from './caller.ts';
import { describeFailure, type Failure } from './failure.ts';
import { elementsOf, type JsonObject, memberOf } from './json.ts';
import type { LegacySession } from './messages.ts';
import type { LoadEra, Operation } from './mix.ts';
import { sampleArguments } from './sample-arguments.ts';
import { chooseTools, type ToolCall } from './tool-choice.ts';

/** Pages of a list that are read, tools that are tried, resources that are read: learning is short. */
const MAX_PAGES = 10;
const MAX_TOOLS_TRIED = 5;
const MAX_RESOURCES = 5;

/** The tool to call, when the user names one. */
export interface ToolWish {
  readonly name: string;
  /** Null: to be made up from its schema. */
  readonly arguments: JsonObject | null;
}

/** What one era of a server offers. */
export interface Offer {
  readonly era: LoadEra;
  readonly operations: readonly Operation[];
  readonly tool: ToolCall | null;
  /** URIs that can be read. */
  readonly resources: readonly string[];
  /** What is left out, and why: one line each. */
  readonly notes: readonly string[];
  /** The session that was opened for learning; null in the modern era. */
  readonly session: LegacySession | null;
}

/** The wish cannot be granted: the command line is wrong. The message is one line. */
export class ToolWishError extends Error {
  override readonly name = 'ToolWishError';
}

/** Whether the other side understood, and said no: it does not have what was asked for. */
export function isRefusal({ kind, detail }: Failure): boolean {
  return kind === 'rpc_error' || (kind === 'http_status' && detail.startsWith('4'));
}

/** @throws ToolWishError when the tool named is not there, or its arguments cannot be made up */
export async function learnOffer(
  caller: Caller,
  era: LoadEra,
  session: LegacySession | null,
  wish: ToolWish | null,
): Promise<Offer> {
  const operations: Operation[] = ['open'];
  const notes: string[] = [];

  const tools = await readList(caller, session, 'tools');
  let tool: ToolCall | null = null;
  if (tools.failure !== null && isRefusal(tools.failure)) {
    notes.push(`${era}: no tools/list and no tools/call: ${describeFailure(tools.failure)}`);
  } else {
    operations.push('tools/list');
    tool =
      wish === null
        ? await findTool(caller, session, tools.items)
        : grantWish(wish, tools.items, tools.failure === null);
    if (tool !== null) operations.push('tools/call');
    else if (tools.items.length === 0) notes.push(`${era}: no tools/call: it lists no tools`);
    else {
      notes.push(
        `${era}: no tools/call: none of its tools answers made-up arguments without an error; name one with --tool and --arguments`,
      );
    }
  }

  const listed = await readList(caller, session, 'resources');
  let resources: readonly string[] = [];
  if (listed.failure !== null && isRefusal(listed.failure)) {
    notes.push(
      `${era}: no resources/list and no resources/read: ${describeFailure(listed.failure)}`,
    );
  } else {
    operations.push('resources/list');
    resources = await findResources(caller, session, listed.items);
    if (resources.length > 0) operations.push('resources/read');
    else notes.push(`${era}: no resources/read: it lists no resource that can be read`);
  }
  return { era, operations, tool, resources, notes, session };
}

interface List {
  readonly items: readonly unknown[];
  readonly failure: Failure | null;
}

async function readList(
  caller: Caller,
  session: LegacySession | null,
  what: 'tools' | 'resources',
): Promise<List> {
  const items: unknown[] = [];
  let cursor: unknown;
  for (let page = 0; page < MAX_PAGES; page++) {
    const params = typeof cursor === 'string' ? { cursor } : {};
    const attempt = await caller.call({ method: `${what}/list`, params }, session, true);
    if (attempt.failure !== null) return { items, failure: attempt.failure };
    const result = resultOf(attempt);
    // Not spread: the server decides how many there are.
    for (const item of elementsOf(memberOf(result, what))) items.push(item);
    cursor = memberOf(result, 'nextCursor');
    if (typeof cursor !== 'string') break;
  }
  return { items, failure: null };
}

function resultOf({ text }: Attempt): unknown {
  // The answer was checked to be JSON; without text it was too long to be kept.
  return text === null ? undefined : memberOf(JSON.parse(text), 'result');
}

async function findTool(
  caller: Caller,
  session: LegacySession | null,
  tools: readonly unknown[],
): Promise<ToolCall | null> {
  for (const tool of chooseTools(tools).slice(0, MAX_TOOLS_TRIED)) {
    const attempt = await caller.call(toolCall(tool), session);
    // A tool that asks back has not been called.
    const resultType = attempt.answer?.resultType ?? 'complete';
    if (attempt.failure === null && resultType === 'complete') return tool;
  }
  return null;
}

/** A wish is granted untried: its errors are what the user wants to see. */
function grantWish(wish: ToolWish, tools: readonly unknown[], listed: boolean): ToolCall {
  const found = tools.find((tool) => memberOf(tool, 'name') === wish.name);
  if (found === undefined && listed) {
    throw new ToolWishError(`the server lists no tool of the name ${JSON.stringify(wish.name)}`);
  }
  const inputSchema = memberOf(found, 'inputSchema');
  const args = wish.arguments ?? sampleArguments(inputSchema);
  if (args === null) {
    throw new ToolWishError(
      `arguments for the tool ${JSON.stringify(wish.name)} cannot be made up from its inputSchema: give them with --arguments`,
    );
  }
  return { name: wish.name, arguments: args, inputSchema };
}

async function findResources(
  caller: Caller,
  session: LegacySession | null,
  resources: readonly unknown[],
): Promise<readonly string[]> {
  const readable: string[] = [];
  for (const resource of resources.slice(0, MAX_RESOURCES)) {
    const uri = memberOf(resource, 'uri');
    if (typeof uri !== 'string' || !uri.isWellFormed()) continue;
    const { failure } = await caller.call(readCall(uri), session);
    if (failure === null) readable.push(uri);
  }
  return readable;
}

export function toolCall(tool: ToolCall): {
  method: string;
  params: JsonObject;
  inputSchema: unknown;
} {
  return {
    method: 'tools/call',
    params: { name: tool.name, arguments: tool.arguments },
    inputSchema: tool.inputSchema,
  };
}

export function readCall(uri: string): { method: string; params: JsonObject } {
  return { method: 'resources/read', params: { uri } };
}

/**
 * Which of a server's tools a load test may call without being told: one whose arguments can be
 * made up, and rather one that says it only reads.
 *
 * @module
 */

import { type JsonObject, memberOf } from './json.ts';
import { sampleArguments } from './sample-arguments.ts';

export interface ToolCall {
  readonly name: string;
  readonly arguments: JsonObject;
  readonly inputSchema: unknown;
}

/** The calls worth trying, best first. `tools` are elements of a `tools/list` result. */
export function chooseTools(tools: readonly unknown[]): readonly ToolCall[] {
  const rated: { call: ToolCall; rank: number }[] = [];
  for (const tool of tools) {
    const name = memberOf(tool, 'name');
    const inputSchema = memberOf(tool, 'inputSchema');
    const sample = sampleArguments(inputSchema);
    // A lone surrogate can be written in JSON and nowhere else.
    if (typeof name !== 'string' || !name.isWellFormed()) continue;
    if (sample === null || mustNotBeGuessed(tool)) continue;
    const reads = memberOf(memberOf(tool, 'annotations'), 'readOnlyHint') === true;
    const needsNothing = Object.keys(sample).length === 0;
    rated.push({
      call: { name, arguments: sample, inputSchema },
      rank: (reads ? 0 : 2) + (needsNothing ? 0 : 1),
    });
  }
  // Sorting is stable: the server's own order decides among equals.
  return rated.sort((a, b) => a.rank - b.rank).map(({ call }) => call);
}

/** A tool that says it destroys, or that can only be run as a task. */
function mustNotBeGuessed(tool: unknown): boolean {
  return (
    memberOf(memberOf(tool, 'annotations'), 'destructiveHint') === true ||
    memberOf(memberOf(tool, 'execution'), 'taskSupport') === 'required'
  );
}

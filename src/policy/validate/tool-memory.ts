/**
 * What was worked out from the description of a tool, kept until the tool is described anew.
 *
 * @module
 */

import type { LearnedTool } from '../../exchange/guard.ts';

/** Most tools remembered; the one that was worked out first makes room. */
const MAX_TOOLS = 500;

export class ToolMemory<Known> {
  readonly #work: (tool: LearnedTool) => Known;
  readonly #known: Map<string, { readonly revision: number; readonly value: Known }> = new Map();

  constructor(work: (tool: LearnedTool) => Known) {
    this.#work = work;
  }

  get(tool: LearnedTool): Known {
    const known = this.#known.get(tool.name);
    if (known !== undefined && known.revision === tool.revision) return known.value;
    const value = this.#work(tool);
    if (known === undefined && this.#known.size >= MAX_TOOLS) {
      const [oldest] = this.#known.keys();
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    this.#known.set(tool.name, { revision: tool.revision, value });
    return value;
  }
}

/**
 * Calls, errors and durations of each tool since the start.
 *
 * @module
 */

import { LATENCY_BUCKETS, latencyBucket, type SparseCounts, toSparse } from './latency.ts';

/** Tools counted by name; further ones share `_other`. */
export const MAX_TOOLS = 200;
/** Longest name that is kept, in UTF-16 code units: a client may call a tool whatever it likes. */
const MAX_NAME_CHARS = 128;

/** A tool as counted so far. */
export interface ToolCounts {
  readonly name: string;
  readonly calls: number;
  readonly errors: number;
  readonly latency: SparseCounts;
}

class Tool {
  calls = 0;
  errors = 0;
  readonly latency: Uint32Array = new Uint32Array(LATENCY_BUCKETS);
  /** Value of the table's own counter when this changed last. */
  changedAt = 0;
}

export class ToolTable {
  readonly #tools: Map<string, Tool> = new Map();
  #changes = 0;

  /** Grows with every call counted: what {@link read} continues from. */
  get changes(): number {
    return this.#changes;
  }

  count(name: string, durationMs: number, isError: boolean): void {
    const tool = this.#tools.get(name) ?? this.#add(name);
    tool.calls++;
    if (isError) tool.errors++;
    tool.latency[latencyBucket(durationMs)]!++;
    tool.changedAt = ++this.#changes;
  }

  /** The tools that have been called since `changes` had that value. */
  read(since: number): ToolCounts[] {
    const counts: ToolCounts[] = [];
    if (since === this.#changes) return counts;
    for (const [name, { calls, errors, latency, changedAt }] of this.#tools) {
      if (changedAt > since) counts.push({ name, calls, errors, latency: toSparse(latency) });
    }
    return counts;
  }

  #add(name: string): Tool {
    let key = name;
    if (name.length > MAX_NAME_CHARS) key = `${name.slice(0, MAX_NAME_CHARS).toWellFormed()}…`;
    if (this.#tools.size >= MAX_TOOLS) key = '_other';
    const known = this.#tools.get(key);
    if (known !== undefined) return known;
    const tool = new Tool();
    this.#tools.set(key, tool);
    return tool;
  }
}

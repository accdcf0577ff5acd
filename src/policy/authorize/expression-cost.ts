/**
 * How much work an expression can be made to do, known before it runs: how deep its loops are
 * nested, and over how many items.
 *
 * @module
 */

import type { ExpressionInput } from './expression-port.ts';

/** Text this long counts as one more item: the library's own string functions are that fast. */
const CHARS_PER_ITEM = 64;

/** Macros that go through a list or the keys of a map. */
const LOOPS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

const REFUSED: ReadonlyMap<string, string> = new Map([
  ['matches', 'must not use matches(): regular expressions can take forever; use glob("a*b")'],
  ['json', 'must not use json(): it would read texts that nothing has checked'],
]);

export interface ExpressionCost {
  /** Why the expression must not be used, or null. Completes "this expression …". */
  readonly refused: string | null;
  /** The names it reads, variables of its own loops included. */
  readonly variables: ReadonlySet<string>;
  /** The most steps its loops can take on this input. */
  stepsFor(input: ExpressionInput): number;
}

/** A node of the library's syntax tree, as far as it is looked at. */
interface Node {
  readonly op: string;
  readonly args: unknown;
}

/** @param ast the syntax tree as parsed, its macros not yet expanded */
export function measureExpression(ast: unknown): ExpressionCost {
  const survey = new Survey();
  const depth = survey.depthOf(ast);
  const { refused, variables } = survey;
  return {
    refused,
    variables,
    stepsFor(input) {
      if (depth === 0) return 0;
      return countItems(input, survey.splits ? 1 : CHARS_PER_ITEM) ** depth;
    },
  };
}

class Survey {
  refused: string | null = null;
  /** Texts are turned into lists. */
  splits = false;
  readonly variables: Set<string> = new Set();

  /** How many loops are nested at the deepest. The tree is as deep as the parser allows. */
  depthOf(part: unknown): number {
    if (Array.isArray(part)) return this.#deepest(part);
    if (!isNode(part)) return 0;
    if (part.op === 'id') this.variables.add(String(part.args));
    if (part.op !== 'call' && part.op !== 'rcall') return this.depthOf(part.args);
    const [name, ...operands] = part.args as [string, ...unknown[]];
    this.refused ??= REFUSED.get(name) ?? null;
    if (name === 'split') this.splits = true;
    if (part.op === 'call' || !LOOPS.has(name)) return this.#deepest(operands);
    const [list, body] = operands;
    return Math.max(this.depthOf(list), 1 + this.depthOf(body));
  }

  #deepest(parts: readonly unknown[]): number {
    let deepest = 0;
    for (const part of parts) deepest = Math.max(deepest, this.depthOf(part));
    return deepest;
  }
}

function isNode(part: unknown): part is Node {
  return typeof part === 'object' && part !== null && 'op' in part && 'args' in part;
}

/** Items of everything a client can make large. */
function countItems(input: ExpressionInput, charsPerItem: number): number {
  const { args, principal, resource } = input;
  let items = 1 + resource.length / charsPerItem;
  const waiting: unknown[] = [args, principal.claims, principal.scopes, principal.roles];
  while (waiting.length > 0) {
    const value = waiting.pop();
    items++;
    if (typeof value === 'string') items += value.length / charsPerItem;
    if (typeof value !== 'object' || value === null) continue;
    for (const key of Object.keys(value)) {
      items += key.length / charsPerItem;
      waiting.push((value as Readonly<Record<string, unknown>>)[key]);
    }
  }
  return items;
}

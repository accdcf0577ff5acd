/**
 * Puts a counter on every branch of a module, so that a fuzzer sees which ways an input went.
 *
 * @module
 */

import { parseSync, Visitor } from 'oxc-parser';

/** Where instrumented modules look for their counters: a property of the global object. */
export const COUNTERS = '__weirFuzzCounters';

export interface Instrumented {
  code: string;
  /** Counters of this module: `firstCounter` to `firstCounter + counters - 1`. */
  counters: number;
  /** Text the module compares with or looks for: what a mutator would hardly guess. */
  words: string[];
}

/** Words of the source outside of this length are no use in an input. */
const MIN_WORD_CHARS = 2;
const MAX_WORD_CHARS = 64;

/** A node of the tree, as far as this file looks at nodes. */
interface Span {
  type: string;
  start: number;
  end: number;
}

/**
 * Instruments one TypeScript module. The meaning of the code stays the same: only statements that
 * count are added.
 *
 * @throws {Error} when the source does not parse
 */
export function instrument(file: string, source: string, firstCounter: number): Instrumented {
  const { program, errors } = parseSync(file, source, { lang: 'ts', sourceType: 'module' });
  if (errors[0] !== undefined) throw new Error(`Cannot parse ${file}: ${errors[0].message}`);

  const edits: { at: number; rank: number; text: string }[] = [];
  const words = new Set<string>();
  let counters = 0;
  const countUp = (): string => `${COUNTERS}[${firstCounter + counters++}]++`;
  /** Inserts around a node. An outer pair encloses an inner one that begins or ends at its edge. */
  const wrap = ({ start, end }: Span, before: string, after: string): void => {
    edits.push({ at: start, rank: -end, text: before });
    edits.push({ at: end, rank: -start, text: after });
  };
  const expression = (node: Span): void => wrap(node, `(${countUp()},`, ')');
  const statement = (node: Span): void => {
    if (node.type === 'BlockStatement') inside(node);
    else wrap(node, `{${countUp()};`, '}');
  };
  const inside = (block: Span): void => {
    edits.push({ at: block.start + 1, rank: 0, text: `${countUp()};` });
  };

  new Visitor({
    FunctionDeclaration: ({ body }) => {
      if (body !== null) inside(body);
    },
    FunctionExpression: ({ body }) => {
      if (body !== null) inside(body);
    },
    ArrowFunctionExpression: ({ body }) => {
      if (body.type === 'BlockStatement') inside(body);
      else expression(body);
    },
    IfStatement: ({ consequent, alternate, start, end }) => {
      statement(consequent);
      if (alternate !== null) statement(alternate);
      // After what closes the consequent, before what closes a pair around the whole statement.
      else edits.push({ at: end, rank: -start - 0.5, text: ` else {${countUp()};}` });
    },
    ForStatement: ({ body }) => statement(body),
    ForOfStatement: ({ body }) => statement(body),
    ForInStatement: ({ body }) => statement(body),
    WhileStatement: ({ body }) => statement(body),
    DoWhileStatement: ({ body }) => statement(body),
    SwitchCase: ({ consequent, end }) => {
      edits.push({ at: consequent[0]?.start ?? end, rank: -Infinity, text: `${countUp()};` });
    },
    CatchClause: ({ body }) => inside(body),
    ConditionalExpression: ({ consequent, alternate }) => {
      expression(consequent);
      expression(alternate);
    },
    LogicalExpression: ({ right }) => expression(right),
    Literal: ({ value }) => {
      if (typeof value !== 'string' || /^\.{0,2}\//.test(value)) return;
      if (value.length >= MIN_WORD_CHARS && value.length <= MAX_WORD_CHARS) words.add(value);
    },
  }).visit(program);

  edits.sort((a, b) => a.at - b.at || a.rank - b.rank);
  const prelude = `const ${COUNTERS} = globalThis.${COUNTERS};\n`;
  return { code: prelude + applyEdits(source, edits), counters, words: [...words] };
}

function applyEdits(source: string, edits: readonly { at: number; text: string }[]): string {
  let code = '';
  let from = 0;
  for (const { at, text } of edits) {
    code += source.slice(from, at) + text;
    from = at;
  }
  return code + source.slice(from);
}

/**
 * Expressions in CEL (https://cel.dev), through a library that interprets them: no code is made
 * from text, so that they run on Workers as well. Loaded by `load-expressions.ts` only.
 *
 * Expressions are written by people who run weir, and fed by people who attack it. So what is
 * written is checked before start, types included; and what is fed cannot make it expensive:
 * loops may be nested over so many items only, and `matches()`, whose regular expressions can take
 * exponential time, is refused in favour of `glob()`.
 *
 * Numbers of JSON are doubles, as in every CEL over JSON: `args.limit <= 10` holds, arithmetic
 * with whole numbers needs `int(args.limit) + 1`.
 *
 * @module
 */

import { Environment } from '@marcbachmann/cel-js/evaluator';
import { measureExpression } from './expression-cost.ts';
import {
  type Expression,
  ExpressionError,
  type ExpressionInput,
  ExpressionPrincipal,
} from './expression-port.ts';
import { TextPattern } from './text-pattern.ts';

/** Longest expression, in UTF-16 code units. */
export const MAX_EXPRESSION_CHARS = 4096;
/** Most steps the loops of an expression may take on one message. */
export const MAX_EXPRESSION_STEPS = 100_000;
/** Deepest nesting and most nodes of an expression. */
const PARSE_LIMITS = { maxDepth: 64, maxAstNodes: 2_000 };
/** Patterns kept compiled: those of the configuration, and a few that are put together. */
const MAX_KEPT_PATTERNS = 256;

const keptPatterns = new Map<string, TextPattern>();

const environment = new Environment({ limits: PARSE_LIMITS, homogeneousAggregateLiterals: false })
  .registerType('Principal', {
    ctor: ExpressionPrincipal,
    fields: {
      kind: 'string',
      subject: 'string',
      issuer: 'string',
      scopes: 'list<string>',
      roles: 'list<string>',
      claims: 'map<string, dyn>',
    },
  })
  .registerVariable('principal', 'Principal')
  .registerVariable('method', 'string')
  .registerVariable('tool', 'string')
  .registerVariable('prompt', 'string')
  .registerVariable('resource', 'string')
  .registerVariable('args', 'map<string, dyn>')
  .registerVariable('server', 'string')
  .registerVariable('address', 'string')
  .registerVariable('now', 'google.protobuf.Timestamp')
  .registerFunction('string.glob(string): bool', (text: string, pattern: string) => {
    const answer = patternOf(pattern).answer(text);
    if (answer === 'unclear') throw new TypeError('text can be read in more than one way');
    return answer === 'match';
  });

/** @throws ExpressionError */
export function compileExpression(text: string): Expression {
  if (text.length > MAX_EXPRESSION_CHARS) {
    throw new ExpressionError(`must be at most ${MAX_EXPRESSION_CHARS} characters long`);
  }
  const run = orExplain(() => environment.parse(text));
  const { ast } = run;
  const cost = measureExpression(ast);
  if (cost.refused !== null) throw new ExpressionError(cost.refused);
  const checked = run.check();
  if (!checked.valid) throw new ExpressionError(explain(checked.error));
  if (checked.type !== 'bool') {
    throw new ExpressionError(
      `must be true or false, and is of type ${checked.type}; compare it, as in "… == true"`,
    );
  }
  return {
    reads: cost.variables,
    evaluate(input: ExpressionInput): boolean | null {
      if (cost.stepsFor(input) > MAX_EXPRESSION_STEPS) return null;
      try {
        const result: unknown = run({ ...input });
        return typeof result === 'boolean' ? result : null;
      } catch {
        return null;
      }
    },
  };
}

function orExplain<Result>(parse: () => Result): Result {
  try {
    return parse();
  } catch (error) {
    throw new ExpressionError(explain(error));
  }
}

/** One line, with the place where the library knows it. */
function explain(error: unknown): string {
  const { summary, message, range } = error as {
    summary?: string;
    message?: string;
    range?: { start: number };
  };
  const what = (summary ?? message ?? 'unknown error').split('\n')[0];
  const where = range === undefined ? '' : ` at character ${range.start + 1}`;
  return `is not understood: ${what}${where}`;
}

function patternOf(text: string): TextPattern {
  const known = keptPatterns.get(text);
  if (known !== undefined) return known;
  const pattern = new TextPattern(text);
  if (keptPatterns.size < MAX_KEPT_PATTERNS) keptPatterns.set(text, pattern);
  return pattern;
}

/**
 * Turns the rules of a configuration into rules that can be asked.
 *
 * @module
 */

import { GlobList } from '../glob.ts';
import { type Expression, type ExpressionCompiler, ExpressionError } from './expression-port.ts';
import { Rule } from './rule.ts';
import type { RuleSettings } from './settings.ts';

/** One thing that is wrong with the rules. */
export interface RuleProblem {
  /** Below the section: `rules[2]`. */
  readonly path: string;
  /** One line: what, why, what to do. */
  readonly message: string;
}

/** Rules that cannot be used, with everything that was found. */
export class RuleError extends Error {
  override readonly name = 'RuleError';
  readonly problems: readonly RuleProblem[];

  constructor(problems: readonly RuleProblem[]) {
    super(problems.map(({ path, message }) => `${path}: ${message}`).join('\n'));
    this.problems = problems;
  }
}

/**
 * Compiles the rules that can ever match: one for other servers cannot.
 *
 * @param expressions null where no rule has an expression
 * @throws RuleError with every problem
 */
export function compileRules(
  rules: readonly RuleSettings[],
  serverName: string | null,
  expressions: ExpressionCompiler | null,
): readonly Rule[] {
  const problems: RuleProblem[] = [];
  const compiled: Rule[] = [];
  rules.forEach((settings, position) => {
    try {
      const rule = new Rule(settings, compileWhen(settings, expressions));
      if (isForServer(settings, serverName)) compiled.push(rule);
    } catch (error) {
      if (!(error instanceof TypeError) && !(error instanceof ExpressionError)) throw error;
      const where = error instanceof ExpressionError ? 'when' : 'a pattern';
      const message = `rule ${JSON.stringify(settings.name)}: ${where} ${error.message}`;
      problems.push({ path: `rules[${position}]`, message });
    }
  });
  if (problems.length > 0) throw new RuleError(problems);
  return compiled;
}

function compileWhen(
  { when }: RuleSettings,
  expressions: ExpressionCompiler | null,
): Expression | null {
  if (when === null) return null;
  if (expressions === null) throw new ExpressionError('cannot be used: no expressions were loaded');
  return expressions(when);
}

function isForServer({ servers }: RuleSettings, serverName: string | null): boolean {
  if (servers === null) return true;
  return serverName !== null && new GlobList(servers).matches(serverName);
}

/**
 * Loads the expression language where a rule needs it, and nowhere else: it is as large as all the
 * rest of authorization, and most configurations have no expression.
 *
 * @module
 */

import type { ExpressionCompiler } from './expression-port.ts';
import type { AuthorizeSettings } from './settings.ts';

/** Null when no rule has an expression. */
export async function loadExpressions(
  settings: AuthorizeSettings,
): Promise<ExpressionCompiler | null> {
  if (!settings.rules.some(({ when }) => when !== null)) return null;
  const { compileExpression } = await import('./expression.ts');
  return compileExpression;
}

/**
 * Reads the titles that a test file gives its tests, without running it.
 *
 * @module
 */

import { type Argument, type Expression, parseSync, Visitor } from 'oxc-parser';

/** Functions that give a title with their first argument, on whatever object. */
const TITLED: ReadonlySet<string> = new Set([
  'contract',
  'contractAtOnce',
  'describe',
  'it',
  'test',
]);

/** What stands in a title for what is filled in. */
export const FILLED_IN = '…';

/** The titles of tests and of groups of tests. */
export function readTitles(file: string, source: string): ReadonlySet<string> {
  const titles = new Set<string>();
  const { program } = parseSync(file, source, { lang: 'ts', sourceType: 'module' });
  new Visitor({
    CallExpression({ callee, arguments: [first] }) {
      const title = isTitled(callee) ? titleOf(first) : null;
      if (title !== null) titles.add(title);
    },
  }).visit(program);
  return titles;
}

/** `it`, `it.fails`, `it.each(table)`, `target.test`. */
function isTitled(callee: Expression): boolean {
  if (callee.type === 'Identifier') return TITLED.has(callee.name);
  if (callee.type === 'CallExpression') return isTitled(callee.callee as Expression);
  if (callee.type !== 'MemberExpression') return false;
  const { property, object } = callee;
  return (
    (property.type === 'Identifier' && TITLED.has(property.name)) || isTitled(object as Expression)
  );
}

function titleOf(argument: Argument | undefined): string | null {
  if (argument?.type === 'Literal' && typeof argument.value === 'string') {
    return argument.value.replaceAll(/%[a-z]/g, FILLED_IN);
  }
  if (argument?.type !== 'TemplateLiteral') return null;
  return argument.quasis.map(({ value }) => value.cooked).join(FILLED_IN);
}

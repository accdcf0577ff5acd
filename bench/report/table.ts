/**
 * Markdown tables that are aligned in the source too: they are read in terminals.
 *
 * @module
 */

/** The first column is text, the others are figures and stand to the right, unless `left` names them. */
export function markdownTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  left: readonly number[] = [0],
): string {
  const cells = [header, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = header.map((_, column) =>
    Math.max(3, ...cells.map((row) => [...(row[column] ?? '')].length)),
  );
  const line = (row: readonly string[]): string =>
    `| ${widths
      .map((width, column) => {
        const cell = row[column] ?? '';
        const padding = ' '.repeat(width - [...cell].length);
        return left.includes(column) ? cell + padding : padding + cell;
      })
      .join(' | ')} |`;
  const rule = `|${widths
    .map((width, column) =>
      left.includes(column) ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`,
    )
    .join('|')}|`;
  const [head = [], ...body] = cells;
  return [line(head), rule, ...body.map(line)].join('\n');
}

/**
 * Markdown that is made from code: what the generators of documents share.
 *
 * @module
 */

/** A file with what it should contain. */
export interface GeneratedFile {
  readonly url: URL;
  readonly content: string;
}

/**
 * Replaces what stands between `<!-- generated: name -->` and `<!-- end: name -->`.
 *
 * @throws {Error} when the text has no such place
 */
export function replaceBetween(text: string, name: string, content: string): string {
  const [start, end] = [`<!-- generated: ${name} -->`, `<!-- end: ${name} -->`];
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the document has no "${start}" … "${end}"`);
  return `${text.slice(0, from + start.length)}\n\n${content}\n\n${text.slice(to)}`;
}

export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [headings, headings.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.map(escapeCell).join(' | ')} |`).join('\n');
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|');
}

export function code(text: string): string {
  return `\`${text}\``;
}

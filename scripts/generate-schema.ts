/**
 * Writes what is derived from the settings schema: docs/schema/weir.schema.json and the option
 * tables of docs/configuration.md. A test compares the files with what this would write.
 *
 *     node scripts/generate-schema.ts
 *
 * @module
 */

import { readFile, writeFile } from 'node:fs/promises';
import { OTHER_ROLE_VARIABLES } from '../src/config/aliases.ts';
import { createJsonSchema } from '../src/config/json-schema.ts';
import type { Option } from '../src/config/option.ts';
import { PROXY_OPTIONS } from '../src/config/schema.ts';

const SCHEMA_FILE = new URL('../docs/schema/weir.schema.json', import.meta.url);
const GUIDE_FILE = new URL('../docs/configuration.md', import.meta.url);

/** A file with what it should contain. */
export interface GeneratedFile {
  readonly url: URL;
  readonly content: string;
}

/** Every generated file. The guide keeps what stands outside its markers. */
export async function generateFiles(): Promise<readonly GeneratedFile[]> {
  const schema = `${JSON.stringify(createJsonSchema(), null, 2)}\n`;
  let guide = await readFile(GUIDE_FILE, 'utf8');
  guide = replaceBetween(guide, 'options', renderOptions());
  guide = replaceBetween(guide, 'aliases', renderAliases());
  guide = replaceBetween(guide, 'other-roles', renderOtherRoles());
  return [
    { url: SCHEMA_FILE, content: schema },
    { url: GUIDE_FILE, content: guide },
  ];
}

/** Replaces what stands between `<!-- generated: name -->` and `<!-- end: name -->`. */
function replaceBetween(text: string, name: string, content: string): string {
  const [start, end] = [`<!-- generated: ${name} -->`, `<!-- end: ${name} -->`];
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/configuration.md has no "${start}" … "${end}"`);
  return `${text.slice(0, from + start.length)}\n\n${content}\n\n${text.slice(to)}`;
}

function renderOptions(): string {
  const groups = Map.groupBy(PROXY_OPTIONS, ({ group }) => group);
  return [...groups]
    .map(([group, options]) => `### ${group}\n\n${table(OPTION_HEADINGS, options.map(optionRow))}`)
    .join('\n\n');
}

const OPTION_HEADINGS = ['weir.yaml', 'flag and variable', 'allowed', 'default', 'meaning'];

function optionRow(option: Option): string[] {
  return [
    code(option.key),
    `${code(`--${option.flag}`)}<br>${code(option.env)}`,
    option.allowed,
    showDefault(option),
    `${option.description}. Example: ${code(option.example)}`,
  ];
}

function showDefault({ required, defaultValue }: Option): string {
  if (required) return '**required**';
  if (defaultValue === null || (Array.isArray(defaultValue) && defaultValue.length === 0)) {
    return 'none';
  }
  return code(String(defaultValue));
}

function renderAliases(): string {
  const rows = PROXY_OPTIONS.flatMap((option) =>
    option.aliases.map(({ names, note }) => [
      names.map(code).join(', '),
      code(option.key),
      code(option.env),
      note,
    ]),
  );
  return table(['variable', 'sets', 'stronger', 'note'], rows);
}

function renderOtherRoles(): string {
  const rows = [...OTHER_ROLE_VARIABLES].map(([name, reason]) => [code(name), reason]);
  return table(['variable', 'why the proxy does not read it'], rows);
}

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [headings, headings.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.map(escapeCell).join(' | ')} |`).join('\n');
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function code(text: string): string {
  return `\`${text}\``;
}

if (import.meta.main) {
  for (const { url, content } of await generateFiles()) await writeFile(url, content);
}

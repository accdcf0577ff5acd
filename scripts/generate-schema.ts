/**
 * Writes what is derived from the settings schema: docs/schema/weir.schema.json and the
 * tables of docs/configuration.md. A test compares the files with what this would write.
 *
 *     node scripts/generate-schema.ts
 *
 * @module
 */

import { readFile, writeFile } from 'node:fs/promises';
import { OTHER_ROLE_VARIABLES } from '../src/config/aliases.ts';
import { createJsonSchema, createSectionSchema } from '../src/config/json-schema.ts';
import type { Option } from '../src/config/option.ts';
import { membersOf, type PolicyMember } from '../src/config/policy-members.ts';
import { POLICY_SECTIONS } from '../src/config/policy-sections.ts';
import { PROXY_OPTIONS } from '../src/config/schema.ts';
import { code, type GeneratedFile, replaceBetween, table } from './markdown.ts';

const SCHEMA_FILE = new URL('../docs/schema/weir.schema.json', import.meta.url);
const GUIDE_FILE = new URL('../docs/configuration.md', import.meta.url);

/** Every generated file. The guide keeps what stands outside its markers. */
export async function generateFiles(): Promise<readonly GeneratedFile[]> {
  const schema = `${JSON.stringify(createJsonSchema(), null, 2)}\n`;
  let guide = await readFile(GUIDE_FILE, 'utf8');
  guide = replaceBetween(guide, 'options', renderOptions());
  guide = replaceBetween(guide, 'policies', renderPolicies());
  guide = replaceBetween(guide, 'aliases', renderAliases());
  guide = replaceBetween(guide, 'other-roles', renderOtherRoles());
  return [
    { url: SCHEMA_FILE, content: schema },
    { url: GUIDE_FILE, content: guide },
  ];
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

const MEMBER_HEADINGS = ['key', 'allowed', 'default', 'meaning'];

function renderPolicies(): string {
  return POLICY_SECTIONS.map((name) => {
    const schema = createSectionSchema(name);
    const rows = membersOf(schema).map(memberRow);
    return `### ${code(name)}\n\n${schema.description}.\n\n${table(MEMBER_HEADINGS, rows)}`;
  }).join('\n\n');
}

function memberRow({ path, schema, required }: PolicyMember): string[] {
  const meaning = `${schema.description}.`;
  return [code(path), allowedBy(schema), required ? '**required**' : defaultOf(schema), meaning];
}

/** What a JSON Schema says of values, in few words. */
function allowedBy(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.map((word) => code(String(word))).join(', ');
  if (schema.anyOf !== undefined) {
    const forms = schema.anyOf.map(allowedBy).filter((form) => form !== '');
    return [...new Set(forms)].join(', or ');
  }
  const types = [schema.type ?? []].flat().filter((type) => type !== 'null');
  if (types.includes('array'))
    return `list of ${allowedBy(schema.items ?? {}).replace(/^(?:group)?$/, 'groups')}`;
  if (types.includes('object')) return 'group';
  if (types.includes('boolean')) return '`true`, `false`';
  if (types.includes('integer')) return `whole number, ${schema.minimum}…${schema.maximum}`;
  // Only sizes are numbers or text.
  if (types.includes('number')) return types.includes('string') ? 'size, such as `4MiB`' : 'number';
  return types.length === 0 ? '' : 'text';
}

function defaultOf({ default: value }: Schema): string {
  if (value === undefined || value === null) return '';
  return Object.keys(value as object).length === 0 && typeof value === 'object'
    ? ''
    : code(typeof value === 'string' ? value : JSON.stringify(value));
}

/** The keywords of a JSON Schema that are told about. */
interface Schema {
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
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

if (import.meta.main) {
  for (const { url, content } of await generateFiles()) await writeFile(url, content);
}

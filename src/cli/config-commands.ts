/**
 * `weir config explain`, `weir config check` and `weir config schema`.
 *
 * @module
 */

import {
  type ExplainedSetting,
  explainSettings,
  explainUnusedVariables,
} from '../config/explain.ts';
import { hasPolicies } from '../config/policy-sections.ts';
import { type Command, EXIT_FAILURE, EXIT_OK, switchFlag } from './command.ts';
import { loadSettings } from './load-settings.ts';

export const configExplainCommand: Command = {
  name: 'config explain',
  summary: 'Show every setting, its value, and where the value came from',
  details:
    'Takes the same flags, environment and file as "weir proxy" and resolves them the same way, ' +
    'without starting anything. Secrets are masked.',
  takesSettings: true,
  flags: [switchFlag('json', 'Print JSON instead of a table')],
  async run({ platform, flags }) {
    const settings = explainSettings(await loadSettings(platform, flags));
    const unused = explainUnusedVariables(platform.env);
    if (flags.values.get('json')?.at(-1) === 'true') {
      platform.writeOut(`${JSON.stringify({ settings, unused }, null, 2)}\n`);
      return EXIT_OK;
    }
    platform.writeOut(renderTable(settings));
    for (const { name, reason } of unused) {
      platform.writeOut(`${name} is set but not read by the proxy: ${reason}\n`);
    }
    return EXIT_OK;
  },
};

export const configCheckCommand: Command = {
  name: 'config check',
  summary: 'Find what contradicts itself in a configuration, without starting anything',
  details:
    'Takes the same flags, environment and file as "weir proxy". Tells what can never work as it ' +
    'is written: rules that are never reached, policies that anybody can walk around, limits that ' +
    'do not hold. Errors would keep weir from starting, and the exit code is then 1; warnings may ' +
    'be meant.',
  takesSettings: true,
  flags: [],
  async run({ platform, flags }) {
    const { settings } = await loadSettings(platform, flags);
    const found = hasPolicies(settings.policies)
      ? await (await import('../runtime/policy-contradictions.ts')).findAllContradictions(
          settings,
          platform.name,
        )
      : [];
    for (const { level, path, message } of found) {
      platform.writeOut(`${level}: ${path} ${message}\n`);
    }
    const errors = found.filter(({ level }) => level === 'error').length;
    platform.writeOut(`${count(errors, 'error')}, ${count(found.length - errors, 'warning')}\n`);
    return errors === 0 ? EXIT_OK : EXIT_FAILURE;
  },
};

export const configSchemaCommand: Command = {
  name: 'config schema',
  summary: 'Print the JSON Schema of weir.yaml',
  details: 'For editors and validators: completion, descriptions and checks while typing.',
  takesSettings: false,
  flags: [],
  async run({ platform }) {
    const { createJsonSchema } = await import('../config/json-schema.ts');
    platform.writeOut(`${JSON.stringify(createJsonSchema(), null, 2)}\n`);
    return EXIT_OK;
  },
};

function count(number: number, what: string): string {
  return `${number === 0 ? 'no' : number} ${what}${number === 1 ? '' : 's'}`;
}

function renderTable(settings: readonly ExplainedSetting[]): string {
  const rows = [
    ['KEY', 'VALUE', 'SOURCE'],
    ...settings.flatMap((setting) =>
      leavesOf(setting.key, setting.value).map(([key, value]) => [
        key,
        showValue(value),
        showSource(setting),
      ]),
    ),
  ];
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map(([key, value, source]) => {
      return `${key!.padEnd(widths[0]!)}  ${value!.padEnd(widths[1]!)}  ${source}\n`;
    })
    .join('');
}

/** Sections member by member; what has no members as it is. */
function leavesOf(key: string, value: unknown): readonly (readonly [string, unknown])[] {
  if (typeof value !== 'object' || value === null) return [[key, value]];
  const isFlat = Array.isArray(value) && value.every((item) => typeof item !== 'object');
  const members = Object.entries(value);
  if (isFlat || members.length === 0) return [[key, value]];
  return members.flatMap(([name, part]) => leavesOf(`${key}.${name}`, part));
}

function showValue(value: unknown): string {
  if (value === null) return '(unset)';
  if (Array.isArray(value)) return value.length === 0 ? '(none)' : value.join(', ');
  if (typeof value === 'object') return '{}';
  return String(value);
}

function showSource({ source, name, overrides }: ExplainedSetting): string {
  const origin = name === '' ? source : `${source} ${name}`;
  return overrides.length === 0 ? origin : `${origin} (over ${overrides.join(', ')})`;
}

/**
 * `weir config explain` and `weir config schema`.
 *
 * @module
 */

import {
  type ExplainedSetting,
  explainSettings,
  explainUnusedVariables,
} from '../config/explain.ts';
import { createJsonSchema } from '../config/json-schema.ts';
import { type Command, EXIT_OK } from './command.ts';
import { loadSettings } from './load-settings.ts';

export const configExplainCommand: Command = {
  name: 'config explain',
  summary: 'Show every setting, its value, and where the value came from',
  details:
    'Takes the same flags, environment and file as "weir proxy" and resolves them the same way, ' +
    'without starting anything. Secrets are masked.',
  takesSettings: true,
  flags: [
    {
      name: 'json',
      boolean: true,
      placeholder: '',
      description: 'Print JSON instead of a table',
      example: 'true',
    },
  ],
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

export const configSchemaCommand: Command = {
  name: 'config schema',
  summary: 'Print the JSON Schema of weir.yaml',
  details: 'For editors and validators: completion, descriptions and checks while typing.',
  takesSettings: false,
  flags: [],
  async run({ platform }) {
    platform.writeOut(`${JSON.stringify(createJsonSchema(), null, 2)}\n`);
    return EXIT_OK;
  },
};

function renderTable(settings: readonly ExplainedSetting[]): string {
  const rows = [
    ['KEY', 'VALUE', 'SOURCE'],
    ...settings.map((setting) => [setting.key, showValue(setting.value), showSource(setting)]),
  ];
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map(([key, value, source]) => {
      return `${key!.padEnd(widths[0]!)}  ${value!.padEnd(widths[1]!)}  ${source}\n`;
    })
    .join('');
}

function showValue(value: unknown): string {
  if (value === null) return '(unset)';
  if (Array.isArray(value)) return value.length === 0 ? '(none)' : value.join(', ');
  return String(value);
}

function showSource({ source, name, overrides }: ExplainedSetting): string {
  const origin = name === '' ? source : `${source} ${name}`;
  return overrides.length === 0 ? origin : `${origin} (over ${overrides.join(', ')})`;
}

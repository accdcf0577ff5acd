/**
 * Help texts, made from the commands and from the settings schema. Fits 100 columns.
 *
 * @module
 */

import type { Option } from '../config/option.ts';
import { PROXY_OPTIONS } from '../config/schema.ts';
import { VERSION } from '../version.ts';
import { type Command, type CommandFlag, switchFlag, valueFlag } from './command.ts';

/** Widest line of any help text, in characters. */
export const HELP_COLUMNS = 100;

export const HELP_FLAG: CommandFlag = switchFlag('help', 'Show this help');

export const CONFIG_FLAG: CommandFlag = valueFlag(
  'config',
  'file',
  'Configuration file in YAML. Without it WEIR_CONFIG names one, else weir.yaml in the working directory is read if it exists',
  'weir.yaml',
);

/** Help of the program, or of a group of commands such as `config`. */
export function renderOverview(commands: readonly Command[], group: string): string {
  const shown = commands.filter(({ name }) => group === '' || name.startsWith(`${group} `));
  const width = Math.max(...shown.map(({ name }) => name.length));
  const list = shown.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  const usage = group === '' ? 'weir <command> [flags]' : `weir ${group} <command> [flags]`;
  return lines([
    `weir ${VERSION}: an MCP proxy that measures what flows through it`,
    '',
    `Usage: ${usage}`,
    '',
    'Commands:',
    ...list,
    '',
    'Flags of a command: weir <command> --help',
    'With flags but no command, weir runs "proxy".',
  ]);
}

/** Help of one command. */
export function renderCommandHelp(command: Command): string {
  const own = [...command.flags, ...(command.takesSettings ? [CONFIG_FLAG] : []), HELP_FLAG];
  const text = [
    `Usage: weir ${command.name} [flags]${command.operands === undefined ? '' : ` ${command.operands}`}`,
    '',
    ...wrap(command.details, 0),
    '',
    'Flags:',
    ...own.flatMap((flag) => [flagLine(flag), ...wrap(flag.description, 6)]),
  ];
  if (command.takesSettings) text.push(...renderSettings());
  return lines(text);
}

function renderSettings(): string[] {
  const text: string[] = [];
  for (const [group, options] of groupOptions(PROXY_OPTIONS)) {
    text.push('', `${group}:`, ...options.flatMap(renderOption));
  }
  text.push(
    '',
    ...wrap(
      'Flags win over environment variables, those over the configuration file, that over the ' +
        'defaults. Flags may be written -name=value, --name=value or --name value; on/off flags ' +
        '--name, --name=false or --no-name; lists are comma separated or repeated. Durations need ' +
        'a unit: 250ms, 10s, 1m30s.',
      0,
    ),
  );
  return text;
}

/** Options by group, groups in the order of their first option. */
export function groupOptions(options: readonly Option[]): ReadonlyMap<string, readonly Option[]> {
  const groups = new Map<string, Option[]>();
  for (const option of options) {
    const group = groups.get(option.group);
    if (group === undefined) groups.set(option.group, [option]);
    else group.push(option);
  }
  return groups;
}

function renderOption(option: Option): string[] {
  const env = [option.env, ...option.aliases.map(showAlias)].join(', ');
  const { heading, isComplete } = optionHeading(option);
  return [
    heading,
    ...wrap(option.description, 6),
    ...(isComplete ? [] : wrap(`allowed: ${option.allowed.replaceAll('`', '')}`, 6)),
    ...wrap(`env: ${env}`, 6),
  ];
}

/** @returns whether it says all that is allowed: a choice shows its words, unless they are many */
function optionHeading(option: Option): { heading: string; isComplete: boolean } {
  const { flag: name, kind, placeholder } = option;
  const withPlaceholder = (text: string): string =>
    `${flagLine({ name, boolean: kind === 'boolean', placeholder: text })}  ${showDefault(option)}`;
  const heading = withPlaceholder(placeholder);
  if (kind !== 'choice' || heading.length <= HELP_COLUMNS) {
    return { heading, isComplete: kind === 'boolean' || kind === 'choice' };
  }
  return { heading: withPlaceholder('choice'), isComplete: false };
}

function showDefault({ required, defaultValue }: Option): string {
  if (required) return '(required)';
  if (defaultValue === null || (Array.isArray(defaultValue) && defaultValue.length === 0)) {
    return '(default: none)';
  }
  return `(default: ${defaultValue})`;
}

function showAlias({ names, note }: Option['aliases'][number]): string {
  const joined = names.join(' and ');
  return note === '' ? joined : `${joined} (${note})`;
}

function flagLine(flag: Pick<CommandFlag, 'name' | 'boolean' | 'placeholder'>): string {
  return flag.boolean ? `  --${flag.name}` : `  --${flag.name} <${flag.placeholder}>`;
}

function wrap(text: string, indent: number): string[] {
  const wrapped: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > HELP_COLUMNS) {
      wrapped.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...wrapped, line].map((content) => ' '.repeat(indent) + content);
}

function lines(content: readonly string[]): string {
  return `${content.join('\n')}\n`;
}

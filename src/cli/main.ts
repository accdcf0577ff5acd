/**
 * The program: finds the command, reads its flags, runs it, and turns what went wrong into lines
 * on standard error and an exit code (0 fine, 1 could not start, 2 wrong usage or configuration).
 *
 * @module
 */

import { type FlagReading, type FlagSpec, readFlags } from '../config/flags.ts';
import { ConfigError, type ConfigProblem, printableName, quoteValue } from '../config/problem.ts';
import { PROXY_OPTIONS } from '../config/schema.ts';
import { settingFlags } from '../config/sources.ts';
import { suggestName } from '../config/suggest.ts';
import { type Platform, StartError } from '../runtime/platform.ts';
import { auditVerifyCommand } from './audit-command.ts';
import { AUTH_COMMANDS } from './auth-commands.ts';
import {
  type Command,
  type CommandFlag,
  type CommandInput,
  EXIT_FAILURE,
  EXIT_OK,
  EXIT_USAGE,
} from './command.ts';
import {
  configCheckCommand,
  configExplainCommand,
  configSchemaCommand,
} from './config-commands.ts';
import { CONFIG_FLAG, HELP_FLAG, renderCommandHelp, renderOverview } from './help.ts';
import { loadSettings } from './load-settings.ts';
import { loadtestCommand } from './loadtest-command.ts';
import { createPolicyCommands } from './policy-command.ts';
import type { RehearsedPolicy } from './policy-rehearsal.ts';
import { createProxyLogger, proxyCommand } from './proxy.ts';
import { versionCommand } from './version-command.ts';

const helpCommand: Command = {
  name: 'help',
  summary: 'Show what a command does and which flags it takes',
  details: 'weir help <command> is the same as weir <command> --help.',
  takesSettings: false,
  flags: [],
  operands: '[command]',
  async run({ platform, flags }) {
    return showHelp(platform, flags.operands);
  },
};

const COMMANDS: readonly Command[] = [
  proxyCommand,
  configExplainCommand,
  configCheckCommand,
  configSchemaCommand,
  ...createPolicyCommands(loadRules),
  ...AUTH_COMMANDS,
  auditVerifyCommand,
  loadtestCommand,
  versionCommand,
  helpCommand,
];

/** @throws ConfigError also where there are no rules to ask */
async function loadRules({ platform, flags }: CommandInput): Promise<RehearsedPolicy> {
  const { settings } = await loadSettings(platform, flags);
  const { authorize } = settings.policies;
  if (authorize === null) {
    const line = 'there are no rules: weir.yaml has no section authorize';
    throw new ConfigError([{ key: null, line }]);
  }
  return { authorize, serverName: settings.upstream.name };
}

/** Runs the program; resolves to its exit code. */
export async function main(platform: Platform): Promise<number> {
  try {
    if (platform.serveAsWorker !== undefined) return await runWorker(platform);
    return await dispatch(platform, platform.args.map(longHelp));
  } catch (error) {
    if (error instanceof ConfigError) {
      for (const { line } of error.problems) platform.writeErr(`weir: ${line}\n`);
      return EXIT_USAGE;
    }
    if (error instanceof StartError) {
      platform.writeErr(`weir: ${error.message}\n`);
      return EXIT_FAILURE;
    }
    // A bug of ours: whoever reports it needs the stack.
    const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
    platform.writeErr(`weir: internal error: ${details}\n`);
    return EXIT_FAILURE;
  }
}

/** One of several workers: its settings come from the weir that has started it. */
async function runWorker(platform: Platform): Promise<number> {
  const served = await platform.serveAsWorker?.((settings) =>
    createProxyLogger(platform, settings),
  );
  return served ? EXIT_OK : EXIT_FAILURE;
}

async function dispatch(platform: Platform, args: readonly string[]): Promise<number> {
  const [first] = args;
  if (first === undefined) {
    platform.writeErr(renderOverview(COMMANDS, ''));
    return EXIT_USAGE;
  }
  if (first === '--help' || first === '-help') return showHelp(platform, []);
  if (first === '--version' || first === '-version') {
    return runCommand(platform, versionCommand, args.slice(1));
  }
  // Operators start the sidecar with its flags alone.
  if (first.startsWith('-')) return runCommand(platform, proxyCommand, args);

  const found = findCommand(args);
  if (found !== null) return runCommand(platform, found.command, args.slice(found.words));
  if (isGroup(first)) {
    const second = args[1];
    if (second === '--help' || second === '-help') return showHelp(platform, [first]);
    if (second === undefined) {
      platform.writeErr(renderOverview(COMMANDS, first));
      return EXIT_USAGE;
    }
    throw unknownCommand(second.startsWith('-') ? first : `${first} ${second}`);
  }
  throw unknownCommand(first);
}

function runCommand(
  platform: Platform,
  command: Command,
  args: readonly string[],
): Promise<number> | number {
  const flags = readFlags(args, flagsOf(command));
  if (flags.values.get('help')?.at(-1) === 'true') {
    platform.writeOut(renderCommandHelp(command));
    return EXIT_OK;
  }
  const checked = command.operands === undefined ? refuseOperands(flags) : flags;
  // Commands with settings report these together with what is wrong elsewhere.
  if (!command.takesSettings && checked.problems.length > 0) {
    throw new ConfigError(checked.problems);
  }
  return command.run({ platform, flags: checked });
}

function flagsOf(command: Command): readonly FlagSpec[] {
  const own = [...command.flags, HELP_FLAG, ...(command.takesSettings ? [CONFIG_FLAG] : [])];
  return [
    ...own.map(({ name, boolean, example }: CommandFlag) => ({
      name,
      boolean,
      example,
      key: null,
    })),
    ...(command.takesSettings ? settingFlags(PROXY_OPTIONS) : []),
  ];
}

function refuseOperands(flags: FlagReading): FlagReading {
  const problems = flags.operands.map((operand): ConfigProblem => {
    const hint = /^(true|false)$/i.test(operand)
      ? `; an on/off flag takes its value after "=", such as --tls-enabled=${operand}`
      : '';
    return { key: null, line: `unexpected argument${quoteValue(operand)}${hint}` };
  });
  return { ...flags, problems: [...flags.problems, ...problems] };
}

function showHelp(platform: Platform, words: readonly string[]): number {
  const found = findCommand(words);
  const [first] = words;
  if (found !== null) platform.writeOut(renderCommandHelp(found.command));
  else if (first === undefined) platform.writeOut(renderOverview(COMMANDS, ''));
  else if (words.length === 1 && isGroup(first)) platform.writeOut(renderOverview(COMMANDS, first));
  else throw unknownCommand(words.join(' '));
  return EXIT_OK;
}

/** The command that `words` begins with, and how many words its name takes. */
function findCommand(words: readonly string[]): { command: Command; words: number } | null {
  for (const count of [2, 1]) {
    const name = words.slice(0, count).join(' ');
    const command = COMMANDS.find((candidate) => candidate.name === name);
    if (command !== undefined) return { command, words: count };
  }
  return null;
}

function isGroup(word: string): boolean {
  return COMMANDS.some(({ name }) => name.startsWith(`${word} `));
}

function unknownCommand(name: string): ConfigError {
  const names = COMMANDS.map((command) => command.name);
  const near = suggestName(name, names);
  const words = new Set(names.map((command) => command.split(' ', 1)[0]));
  const hint =
    near === null ? `the commands are ${[...words].join(', ')}` : `did you mean "${near}"?`;
  return new ConfigError([
    { key: null, line: `unknown command "${printableName(name)}"; ${hint}` },
  ]);
}

function longHelp(arg: string): string {
  return arg === '-h' ? '--help' : arg;
}

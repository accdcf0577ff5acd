/**
 * Flags and variables of `weir loadtest`, read into the options of a load test.
 *
 * @module
 */

import { parseDuration } from '../config/duration.ts';
import type { FlagReading } from '../config/flags.ts';
import {
  ConfigError,
  type ConfigProblem,
  InvalidValueError,
  quoteValue,
} from '../config/problem.ts';
import type { LoadEra } from '../loadtest/mix.ts';
import type { LoadTestOptions } from '../loadtest/run.ts';
import { isLoopbackUrl, parseTargetUrl } from '../loadtest/target.ts';
import type { Platform } from '../runtime/platform.ts';
import { type CommandFlag, switchFlag, valueFlag } from './command.ts';

/** Where `npm start` puts the demo's proxy. */
const DEFAULT_URL = 'http://127.0.0.1:8080/mcp';
const DEFAULT_CONCURRENCY = 50;
const DEFAULT_TOTAL = 1000;
const DEFAULT_TIMEOUT = '30s';

/** Beyond these it is the machine of the load test that is measured. */
const MAX_CONCURRENCY = 10_000;
const MAX_TOTAL = 1_000_000_000;

const ERAS: ReadonlyMap<string, readonly LoadEra[]> = new Map([
  ['modern', ['modern']],
  ['legacy', ['legacy']],
  ['both', ['modern', 'legacy']],
]);

export const LOADTEST_FLAGS: readonly CommandFlag[] = [
  valueFlag(
    'url',
    'url',
    `The MCP endpoint to test, default ${DEFAULT_URL}. Environment: URL`,
    DEFAULT_URL,
  ),
  valueFlag(
    'concurrency',
    'number',
    `Requests under way at the same time, 1 to ${MAX_CONCURRENCY}, default ${DEFAULT_CONCURRENCY}. Environment: CONCURRENCY`,
    String(DEFAULT_CONCURRENCY),
  ),
  valueFlag(
    'total',
    'number',
    `Requests in all, default ${DEFAULT_TOTAL}. Environment: TOTAL`,
    String(DEFAULT_TOTAL),
  ),
  valueFlag(
    'era',
    'modern|legacy|both',
    'Speak as a client of 2026-07-28 (modern), as one with initialize and sessions (legacy), or as each in turn (both, the default; one that the server refuses is left out)',
    'both',
  ),
  valueFlag(
    'tool',
    'name',
    'The tool to call. Default: the first one that answers made-up arguments without an error; tools that say they only read are tried first, those that say they destroy are not tried',
    'add',
  ),
  valueFlag(
    'arguments',
    'json',
    'Arguments for --tool, a JSON object. Default: made up from its inputSchema',
    '{"a":1,"b":2}',
  ),
  valueFlag(
    'timeout',
    'duration',
    `Time for one answer to be complete, default ${DEFAULT_TIMEOUT}`,
    DEFAULT_TIMEOUT,
  ),
  switchFlag('allow-remote', 'Let the target be another machine than this one'),
  switchFlag('json', 'Print the report as JSON; progress goes to standard error'),
];

export interface LoadTestCommandOptions {
  readonly test: LoadTestOptions;
  readonly json: boolean;
}

/** Names the source of a value and its text, for one problem line. */
interface Given {
  readonly source: string;
  readonly text: string;
}

/** @throws ConfigError with every problem found */
export function readLoadTestOptions(
  flags: FlagReading,
  env: Platform['env'],
): LoadTestCommandOptions {
  const problems: ConfigProblem[] = [];
  const given = (flag: string, variable: string | null, otherwise: string): Given => {
    const fromFlag = flags.values.get(flag)?.at(-1);
    if (fromFlag !== undefined) return { source: `--${flag}`, text: fromFlag };
    const fromEnv = variable === null ? undefined : env[variable];
    if (variable !== null && fromEnv) return { source: variable, text: fromEnv };
    return { source: `--${flag}`, text: otherwise };
  };
  const attempt = <T>(value: Given, parse: (text: string) => T): T | undefined => {
    try {
      return parse(value.text);
    } catch (error) {
      if (!(error instanceof InvalidValueError)) throw error;
      problems.push({
        key: null,
        line: `${value.source}${quoteValue(value.text)}: ${error.message}`,
      });
      return undefined;
    }
  };
  const isOn = (flag: string): boolean => flags.values.get(flag)?.at(-1) === 'true';

  const url = attempt(given('url', 'URL', DEFAULT_URL), (text) =>
    parseUrl(text, isOn('allow-remote')),
  );
  const concurrency = attempt(
    given('concurrency', 'CONCURRENCY', String(DEFAULT_CONCURRENCY)),
    (text) => parseCount(text, MAX_CONCURRENCY),
  );
  const total = attempt(given('total', 'TOTAL', String(DEFAULT_TOTAL)), (text) =>
    parseCount(text, MAX_TOTAL),
  );
  const eras = attempt(given('era', null, 'both'), parseEras);
  const timeoutMs = attempt(given('timeout', null, DEFAULT_TIMEOUT), parseTimeout);
  const tool = flags.values.get('tool')?.at(-1);
  const argumentsText = flags.values.get('arguments')?.at(-1);
  const args =
    argumentsText === undefined
      ? null
      : attempt({ source: '--arguments', text: argumentsText }, parseArguments);
  if (argumentsText !== undefined && tool === undefined) {
    problems.push({
      key: null,
      line: '--arguments: needs --tool, which names the tool they are for',
    });
  }

  if (
    problems.length > 0 ||
    url === undefined ||
    concurrency === undefined ||
    total === undefined ||
    eras === undefined ||
    timeoutMs === undefined ||
    args === undefined
  ) {
    throw new ConfigError(problems);
  }
  return {
    test: {
      url,
      concurrency,
      total,
      eras,
      timeoutMs,
      tool: tool === undefined ? null : { name: tool, arguments: args },
    },
    json: isOn('json'),
  };
}

function parseUrl(text: string, allowRemote: boolean): string {
  const url = parseTargetUrl(text);
  if (url === null) {
    throw new InvalidValueError(
      `must be an http(s) URL without credentials, such as ${DEFAULT_URL}`,
    );
  }
  if (!allowRemote && !isLoopbackUrl(url)) {
    throw new InvalidValueError(
      'is not this machine (localhost, 127.0.0.0/8 or [::1]); to test a server that is yours to load, add --allow-remote',
    );
  }
  return url.href;
}

function parseCount(text: string, most: number): number {
  const count = /^[0-9]{1,10}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > most) {
    throw new InvalidValueError(`must be a whole number from 1 to ${most}`);
  }
  return count;
}

function parseEras(text: string): readonly LoadEra[] {
  const eras = ERAS.get(text);
  if (eras === undefined) {
    throw new InvalidValueError(`must be one of ${[...ERAS.keys()].join(', ')}`);
  }
  return eras;
}

function parseTimeout(text: string): number {
  const ms = parseDuration(text);
  if (ms === 0) throw new InvalidValueError('must be longer than 0');
  return ms;
}

function parseArguments(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidValueError('must be a JSON object, such as {"a":1}');
  }
  return value as Readonly<Record<string, unknown>>;
}

/**
 * Where settings come from, and what each source has to say about one option.
 *
 * @module
 */

import { AliasError, type EnvReader } from './aliases.ts';
import { parseBoolean } from './boolean.ts';
import type { FlagReading, FlagSpec } from './flags.ts';
import type { Option } from './option.ts';
import type { Environment, Origin } from './origin.ts';
import { POLICY_VARIABLES, type PolicySection, type WrittenSection } from './policy-sections.ts';
import { type ConfigProblem, printableName, quoteValue } from './problem.ts';
import { suggestName } from './suggest.ts';

/** A value as its source has it, not yet checked. */
export interface Candidate {
  readonly origin: Origin;
  /** In weir.yaml's notation. */
  readonly value: unknown;
  /** What to quote when the value is wrong, if not the value. */
  readonly written?: string | undefined;
}

/** The settings of one configuration file. */
export interface FileReading {
  readonly path: string;
  readonly values: ReadonlyMap<string, { readonly value: unknown; readonly line: number }>;
  /** Policies, as written. */
  readonly sections: ReadonlyMap<PolicySection, WrittenSection>;
  readonly problems: readonly ConfigProblem[];
}

/** The variable that names the configuration file; the command line reads it. */
export const CONFIG_FILE_VARIABLE = 'WEIR_CONFIG';

/**
 * What Kubernetes puts into every pod for a Service whose name begins with "weir":
 * `WEIR_SERVICE_HOST`, `WEIR_PORT_8080_TCP_ADDR` and so on. Nobody wrote those.
 */
const SERVICE_LINK =
  /_(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT(?:_[0-9]+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$/;

/** The flags that set options. */
export function settingFlags(options: readonly Option[]): readonly FlagSpec[] {
  return options.map((option) => ({
    name: option.flag,
    boolean: option.kind === 'boolean',
    example: option.example,
    key: option.key,
  }));
}

/** What the command line says about an option. The last of several values counts; lists grow. */
export function candidateFromFlags(option: Option, flags: FlagReading): Candidate | null {
  const texts = flags.values.get(option.flag);
  if (texts === undefined) return null;
  const value = option.kind === 'list' ? texts.flatMap(splitList) : fromText(option, texts.at(-1)!);
  return { origin: { source: 'flag', name: `--${option.flag}` }, value };
}

/**
 * What the environment says about an option, strongest first: its own name, then the aliases.
 * A wrong value in an alias only matters when nothing stronger is set.
 */
export function candidatesFromEnv(
  option: Option,
  env: EnvReader,
  onProblem: (problem: ConfigProblem) => void,
): readonly Candidate[] {
  const found: Candidate[] = [];
  const own = env(option.env);
  if (own !== undefined) {
    const origin: Origin = { source: 'environment', name: option.env };
    found.push({ origin, value: fromText(option, own) });
  }
  for (const alias of option.aliases) {
    try {
      const read = alias.read(env);
      if (read === undefined) continue;
      const origin: Origin = { source: 'environment', name: read.name };
      found.push({ origin, value: fromText(option, read.text), written: read.written });
    } catch (error) {
      if (!(error instanceof AliasError)) throw error;
      if (found.length > 0) continue;
      const line = `${error.alias}${quoteValue(error.value)}: ${error.message}`;
      onProblem({ key: option.key, line });
    }
  }
  return found;
}

/** What the configuration file says about an option. */
export function candidateFromFile(option: Option, file: FileReading): Candidate | null {
  const entry = file.values.get(option.key);
  if (entry === undefined) return null;
  return {
    origin: { source: 'file', name: `${file.path}:${entry.line}` },
    value: entry.value,
  };
}

/** Reads texts out of an environment. An empty variable counts as not set. */
export function envReader(env: Environment): EnvReader {
  return (name) => {
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    // Variables of a Worker may be JSON numbers and booleans.
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
}

/** A problem for every `WEIR_…` variable that is no setting. */
export function unknownVariables(
  env: Environment,
  options: readonly Option[],
): readonly ConfigProblem[] {
  const known = new Set([
    ...options.map((option) => option.env),
    CONFIG_FILE_VARIABLE,
    ...POLICY_VARIABLES,
  ]);
  return Object.entries(env)
    .filter(
      ([name, value]) =>
        name.startsWith('WEIR_') &&
        // Bindings of a Worker are objects, and may be called anything.
        typeof value === 'string' &&
        !known.has(name) &&
        !SERVICE_LINK.test(name),
    )
    .map(([name]) => {
      const near = suggestName(name, known);
      const hint = near === null ? '' : `; did you mean ${near}?`;
      return { key: null, line: `${printableName(name)}: unknown variable${hint}` };
    });
}

/** Text of a flag or a variable in weir.yaml's notation. What cannot be converted stays text. */
function fromText(option: Option, text: string): unknown {
  switch (option.kind) {
    case 'boolean':
      return parseBoolean(text) ?? text;
    case 'integer':
      return /^-?[0-9]{1,15}$/.test(text) ? Number(text) : toChoice(option, text);
    case 'list':
      return splitList(text);
    case 'choice':
      return toChoice(option, text);
    default:
      return text;
  }
}

/** LOG_LEVEL=INFO is common. */
function toChoice(option: Option, text: string): string {
  const lower = text.toLowerCase();
  return option.choices.includes(lower) ? lower : text;
}

function splitList(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

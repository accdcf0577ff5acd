/**
 * Many sources, one result: flags over environment over file over defaults.
 *
 * Pure: the caller reads arguments, environment and file. All problems are found before any is
 * reported.
 *
 * @module
 */

import { authWithKeys } from './api-key-digests.ts';
import type { FlagReading } from './flags.ts';
import type { Option } from './option.ts';
import type { Environment, Origin, SettingOrigin } from './origin.ts';
import type { PolicyResolution } from './policies.ts';
import { NO_POLICIES } from './policy-sections.ts';
import { ConfigError, type ConfigProblem, quoteValue } from './problem.ts';
import { PROXY_OPTIONS, proxySettingsSchema } from './schema.ts';
import type { ProxySettings } from './settings.ts';
import {
  type Candidate,
  candidateFromFile,
  candidateFromFlags,
  candidatesFromEnv,
  envReader,
  type FileReading,
  unknownVariables,
} from './sources.ts';
import { suggestName } from './suggest.ts';

export interface ConfigSources {
  readonly flags?: FlagReading;
  readonly env?: Environment;
  readonly file?: FileReading;
  /** From `resolvePolicies`; left out where no source has a section. */
  readonly policies?: PolicyResolution;
}

export interface ResolvedSettings {
  readonly settings: ProxySettings;
  /** By key: `tls.minVersion`. Every key is present. */
  readonly origins: ReadonlyMap<string, SettingOrigin>;
  /** The policies' sections as they were written, with their origins; null without any. */
  readonly sections: PolicyResolution | null;
}

const NO_FLAGS: FlagReading = { values: new Map(), operands: [], problems: [] };
const NO_FILE: FileReading = { path: '', values: new Map(), sections: new Map(), problems: [] };

/**
 * Resolves the proxy's settings.
 *
 * @throws ConfigError with every problem found
 */
export function resolveSettings(sources: ConfigSources): ResolvedSettings {
  const { flags = NO_FLAGS, env = {}, file = NO_FILE, policies } = sources;
  const problems: ConfigProblem[] = [
    ...flags.problems,
    ...unknownVariables(env, PROXY_OPTIONS),
    ...file.problems,
    ...(policies?.problems ?? []),
  ];
  const chosen = new Map<string, Candidate>();
  const origins = new Map<string, SettingOrigin>();
  const read = envReader(env);

  for (const option of PROXY_OPTIONS) {
    const fromFlags = candidateFromFlags(option, flags);
    const fromFile = candidateFromFile(option, file);
    const fromEnv = candidatesFromEnv(option, read, (problem) => {
      if (fromFlags === null) problems.push(problem);
    });
    const candidates = [fromFlags, ...fromEnv, fromFile].filter((candidate) => candidate !== null);
    const [first, ...weaker] = candidates;
    if (first !== undefined) chosen.set(option.key, first);
    const origin: Origin = first?.origin ?? { source: 'default', name: '' };
    origins.set(option.key, { ...origin, overrides: weaker.map((candidate) => candidate.origin) });
  }

  const parsed = proxySettingsSchema.safeParse(toTree(chosen), { jitless: true });
  const complained = new Set(problems.map((problem) => problem.key));
  for (const issue of parsed.error?.issues ?? []) {
    const option = PROXY_OPTIONS.find(({ path }) =>
      path.every((name, i) => issue.path[i] === name),
    );
    if (option === undefined) throw new Error(`no setting at "${issue.path.join('.')}"`);
    // A value that could not even be read was reported already.
    if (complained.has(option.key)) continue;
    const line = describeIssue(option, chosen.get(option.key), issue);
    problems.push({ key: option.key, line });
  }
  const sections = policies?.policies ?? NO_POLICIES;
  const digests = parsed.data?.apiKeyDigests ?? [];
  if (digests.length > 0 && policies?.written.has('auth')) {
    const { name } = origins.get('apiKeyDigests') as SettingOrigin;
    problems.push({
      key: 'apiKeyDigests',
      line: `${name}: stands beside the section auth: give one`,
    });
  }
  if (problems.length > 0 || !parsed.success) throw new ConfigError(problems);
  const auth = digests.length === 0 ? sections.auth : authWithKeys(digests);
  return {
    settings: { ...parsed.data, policies: { ...sections, auth } },
    origins,
    sections: policies ?? null,
  };
}

/** Resolves from environment variables, or a Worker's bindings, alone. @throws ConfigError */
export function resolveFromEnv(env: Environment, policies?: PolicyResolution): ResolvedSettings {
  return resolveSettings(policies === undefined ? { env } : { env, policies });
}

/** Nested input for the schema. Paths come from the schema itself, never from a source. */
function toTree(values: ReadonlyMap<string, Candidate>): unknown {
  const tree: Record<string, unknown> = {};
  for (const { key, path } of PROXY_OPTIONS) {
    const candidate = values.get(key);
    if (candidate === undefined) continue;
    let node = tree;
    for (const name of path.slice(0, -1)) {
      node[name] ??= {};
      node = node[name] as Record<string, unknown>;
    }
    node[path.at(-1)!] = candidate.value;
  }
  return tree;
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

function describeIssue(option: Option, candidate: Candidate | undefined, issue: Issue): string {
  if (candidate === undefined) {
    return option.required ? missingLine(option) : `${option.key}: ${issue.message}`;
  }
  const { origin } = candidate;
  const where = origin.source === 'file' ? `${origin.name}: ${option.key}` : origin.name;
  const value = valueAt(candidate.value, issue.path.slice(option.path.length));
  const shown = option.secret ? '' : quoteValue(candidate.written ?? value);
  // Words can be misspelled; a number that is near another one is still not meant.
  const isWord = typeof value === 'string' && /[a-z]/i.test(value);
  const near = isWord ? suggestName(value, option.choices) : null;
  const hint = near === null ? '' : `; did you mean ${near}?`;
  return `${where}${shown}: ${issue.message}${hint}`;
}

function missingLine(option: Option): string {
  const variables = [option.env, ...option.aliases.flatMap((alias) => alias.names)];
  return (
    `${option.key} is missing: give --${option.flag}=${option.example}, ` +
    `or set ${variables.join(' or ')}, or ${option.key} in weir.yaml`
  );
}

/** The list item an issue is about, or the value itself. */
function valueAt(value: unknown, rest: readonly PropertyKey[]): unknown {
  const index = rest[0];
  return Array.isArray(value) && typeof index === 'number' ? value[index] : value;
}

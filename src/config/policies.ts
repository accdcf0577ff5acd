/**
 * The policies' sections, understood: every problem found, every default filled in.
 *
 * Apart from the settings because it brings half of zod with it, and most proxies have no policy.
 *
 * @module
 */

import type * as z from 'zod/mini';
import { knownKeys } from './known-keys.ts';
import type { Origin, SettingOrigin } from './origin.ts';
import { auditSchema } from './policy/audit.ts';
import { authSchema } from './policy/auth.ts';
import { authorizeSchema } from './policy/authorize.ts';
import { breakerSchema } from './policy/breaker.ts';
import { limitsSchema } from './policy/limits.ts';
import { validateSchema } from './policy/validate.ts';
import {
  NO_POLICIES,
  POLICY_SECTIONS,
  type PolicySection,
  type SectionsReading,
  type WrittenSection,
} from './policy-sections.ts';
import { type ConfigProblem, formatKeyPath, printableName, quoteValue } from './problem.ts';
import type { PolicySettings } from './settings.ts';
import { suggestName } from './suggest.ts';

/** The schema of each section. */
export const POLICY_SCHEMAS: {
  readonly [Section in PolicySection]: z.ZodMiniType<NonNullable<PolicySettings[Section]>>;
} = {
  auth: authSchema,
  authorize: authorizeSchema,
  validate: validateSchema,
  limits: limitsSchema,
  breaker: breakerSchema,
  audit: auditSchema,
};

/** Sections that may hold secrets by mistake, where a digest or the name of a file belongs. */
const NEVER_QUOTED: ReadonlySet<PolicySection> = new Set(['auth', 'audit']);

/** Most problems told of one section. */
const MAX_PROBLEMS = 50;

/** A list of names longer than this helps nobody. */
const MAX_NAMES = 16;

/** What became of the sections. */
export interface PolicyResolution {
  readonly policies: PolicySettings;
  /** Of every section. */
  readonly origins: ReadonlyMap<PolicySection, SettingOrigin>;
  /** The sections that are set, as written. */
  readonly written: ReadonlyMap<PolicySection, WrittenSection>;
  readonly problems: readonly ConfigProblem[];
}

/** Resolves sections of several sources, the strongest first. Never throws. */
export function resolvePolicies(sources: readonly SectionsReading[]): PolicyResolution {
  const problems: ConfigProblem[] = sources.flatMap((source) => source.problems);
  const origins = new Map<PolicySection, SettingOrigin>();
  const written = new Map<PolicySection, WrittenSection>();
  const policies: Record<PolicySection, unknown> = { ...NO_POLICIES };
  for (const name of POLICY_SECTIONS) {
    const [first, ...weaker] = sources.flatMap(({ sections }) => sections.get(name) ?? []);
    const origin: Origin = first?.origin ?? { source: 'default', name: '' };
    origins.set(name, { ...origin, overrides: weaker.map((section) => section.origin) });
    if (first === undefined) continue;
    written.set(name, first);
    const parsed = POLICY_SCHEMAS[name].safeParse(first.value, { jitless: true });
    if (parsed.success) policies[name] = parsed.data;
    else problems.push(...describeIssues(name, first, parsed.error.issues));
  }
  problems.push(...refuseOwnVariables(policies as unknown as PolicySettings));
  return { policies: policies as unknown as PolicySettings, origins, written, problems };
}

function describeIssues(
  section: PolicySection,
  written: WrittenSection,
  issues: readonly z.core.$ZodIssue[],
): readonly ConfigProblem[] {
  const problems = issues
    .slice(0, MAX_PROBLEMS)
    .flatMap((issue) => describeIssue(section, written, issue))
    .map((line): ConfigProblem => ({ key: section, line }));
  if (issues.length <= MAX_PROBLEMS) return problems;
  const line = `${written.placeOf([])}: ${section} has ${issues.length - MAX_PROBLEMS} problems more`;
  return [...problems, { key: section, line }];
}

function describeIssue(
  section: PolicySection,
  written: WrittenSection,
  issue: z.core.$ZodIssue,
): readonly string[] {
  const { path } = issue;
  const name = (rest: readonly PropertyKey[]): string =>
    printableName(formatKeyPath([section, ...rest]));
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(POLICY_SCHEMAS[section], path);
    return issue.keys.map((key) => {
      const at = [...path, key];
      return `${written.placeOf(at)}: unknown key ${name(at)}${hintAt(key, known)}`;
    });
  }
  const value = valueAt(written.value, path);
  const shown = NEVER_QUOTED.has(section) ? '' : quoteValue(value);
  if (value === undefined) {
    return [`${written.placeOf(path)}: ${name(path)} is missing: it ${issue.message}`];
  }
  const hint = wantsQuotes(issue, value)
    ? '; text that looks like something else needs quotes'
    : '';
  return [`${written.placeOf(path)}: ${name(path)}${shown}: ${issue.message}${hint}`];
}

function hintAt(key: string, known: ReadonlySet<string>): string {
  const near = suggestName(key, known);
  if (near !== null) return `; did you mean ${near}?`;
  return known.size === 0 || known.size > MAX_NAMES
    ? ''
    : `; the keys here are ${[...known].join(', ')}`;
}

function wantsQuotes(issue: z.core.$ZodIssue, value: unknown): boolean {
  const isOther = typeof value === 'number' || typeof value === 'boolean';
  return isOther && issue.code === 'invalid_type' && issue.expected === 'string';
}

/** Undefined when nothing stands there. */
function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let node = value;
  for (const step of path) {
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, step)) return undefined;
    node = (node as Record<PropertyKey, unknown>)[step];
  }
  return node;
}

/** Names of variables that hold secrets, with where they are given. */
function* secretVariables({
  auth,
  limits,
  audit,
}: PolicySettings): Generator<readonly [path: string, variable: string]> {
  const upstream = auth?.upstream?.env;
  if (upstream) yield ['auth.upstream.env', upstream];
  const redis = limits?.store.redis?.passwordEnv;
  if (redis) yield ['limits.store.redis.passwordEnv', redis];
  if (audit === null) return;
  if (audit.hashKey !== null && 'env' in audit.hashKey) {
    yield ['audit.hashKey.env', audit.hashKey.env];
  }
  for (const [i, sink] of audit.sinks.entries()) {
    if (!('headers' in sink)) continue;
    for (const [j, field] of sink.headers.entries()) {
      if ('env' in field) yield [`audit.sinks[${i}].headers[${j}].env`, field.env];
    }
  }
}

/** `WEIR_…` is for settings: unknown ones are errors, and workers are not given any. */
function refuseOwnVariables(policies: PolicySettings): readonly ConfigProblem[] {
  return [...secretVariables(policies)]
    .filter(([, variable]) => variable.startsWith('WEIR_'))
    .map(([path, variable]) => ({
      key: path.split('.', 1)[0] as string,
      line: `${path} "${variable}": must not begin with WEIR_, which is kept for settings`,
    }));
}

/**
 * The sections of weir.yaml that turn policies on, as they were written: read, not yet understood.
 *
 * Each is given as a whole, in the file or in a variable, for what they hold are lists of lists that
 * no flag could spell. A section in a variable replaces the one in the file.
 *
 * @module
 */

import type { Environment, Origin } from './origin.ts';
import { type ConfigProblem, printableName } from './problem.ts';
import type { PolicySettings } from './settings.ts';
import { suggestName } from './suggest.ts';

export type PolicySection = keyof PolicySettings;

/** In the order of documentation. */
export const POLICY_SECTIONS: readonly PolicySection[] = [
  'auth',
  'authorize',
  'validate',
  'limits',
  'breaker',
  'audit',
];

/**
 * The variable that holds sections, as YAML or JSON; on Workers as JSON, or as a table of
 * wrangler.toml. `WEIR_POLICY_AUTH` and so on hold one section each: a variable of a Worker has no
 * more than 5 KB.
 */
export const POLICY_VARIABLE = 'WEIR_POLICY';

/** Every variable that may hold policies. */
export const POLICY_VARIABLES: readonly string[] = [
  POLICY_VARIABLE,
  ...POLICY_SECTIONS.map(variableOf),
];

/** Longest text of the variable, in UTF-16 code units. */
export const MAX_POLICY_CHARS = 1_048_576;

/** Deepest nesting that is read; the schemas are far less deep. */
export const MAX_SECTION_DEPTH = 32;

export const NO_POLICIES: PolicySettings = Object.freeze({
  auth: null,
  authorize: null,
  validate: null,
  limits: null,
  breaker: null,
  audit: null,
});

/** One section as written. */
export interface WrittenSection {
  /** Plain data: objects without prototype, arrays, scalars. */
  readonly value: unknown;
  readonly origin: Origin;
  /** Where a member stands (`weir.yaml:12`); `path` begins below the section. */
  placeOf(path: readonly PropertyKey[]): string;
}

export interface SectionsReading {
  readonly sections: ReadonlyMap<PolicySection, WrittenSection>;
  readonly problems: readonly ConfigProblem[];
}

export function isPolicySection(name: string): name is PolicySection {
  return (POLICY_SECTIONS as readonly string[]).includes(name);
}

export function hasPolicies(policies: PolicySettings): boolean {
  return POLICY_SECTIONS.some((section) => policies[section] !== null);
}

/** A variable that is set. */
export interface PolicyVariable {
  readonly name: string;
  /** The one section that it holds; null when it holds a map of them. */
  readonly section: PolicySection | null;
  /** Text, or on Workers data. */
  readonly value: unknown;
}

/** The variables that are set, strongest first: the more particular ones. */
export function policyVariables(env: Environment): readonly PolicyVariable[] {
  return [...POLICY_SECTIONS, null].flatMap((section): PolicyVariable[] => {
    const name = section === null ? POLICY_VARIABLE : variableOf(section);
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    const isSet = typeof value === 'string' ? value.trim() !== '' : value != null;
    return isSet ? [{ name, section, value }] : [];
  });
}

/** The sections in a variable that holds JSON, or data already. */
export function readJsonSections({ name, section, value }: PolicyVariable): SectionsReading {
  const data = typeof value === 'string' ? tryParseJson(value) : value;
  if (!isMap(data)) {
    const example = section === null ? '{"auth": {"methods": […]}}' : '{"mode": …}';
    const line = `${name}: must be a map in JSON, such as ${example}`;
    return { sections: new Map(), problems: [{ key: section, line }] };
  }
  const sections = new Map<PolicySection, WrittenSection>();
  const problems: ConfigProblem[] = [];
  for (const [key, written] of section === null
    ? Object.entries(data)
    : [[section, data] as const]) {
    if (!isPolicySection(key)) problems.push(unknownSection(name, key));
    else if (!isPlainData(written, 0)) {
      const line = `${name}: ${key} is nested too deeply, or names __proto__`;
      problems.push({ key, line });
    } else {
      const origin: Origin = { source: 'environment', name };
      sections.set(key, { value: written, origin, placeOf: () => name });
    }
  }
  return { sections, problems };
}

export function unknownSection(place: string, name: string): ConfigProblem {
  const near = suggestName(name, POLICY_SECTIONS);
  const hint =
    near === null ? `; the sections are ${POLICY_SECTIONS.join(', ')}` : `; did you mean ${near}?`;
  return { key: null, line: `${place}: unknown section ${printableName(name)}${hint}` };
}

/** A `__proto__` would get lost on its way through most code, and with it a condition. */
export function isUnsafeKey(name: string): boolean {
  return name === '__proto__';
}

function variableOf(section: PolicySection): string {
  return `${POLICY_VARIABLE}_${section.toUpperCase()}`;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isPlainData(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (depth >= MAX_SECTION_DEPTH) return false;
  return Object.entries(value).every(
    ([name, part]) => !isUnsafeKey(name) && isPlainData(part, depth + 1),
  );
}

function tryParseJson(text: string): unknown {
  if (text.length > MAX_POLICY_CHARS) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

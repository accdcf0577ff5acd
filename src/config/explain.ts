/**
 * Each setting with its value and where it came from, fit to be shown: secrets are masked.
 *
 * @module
 */

import { OTHER_ROLE_VARIABLES } from './aliases.ts';
import { formatDuration } from './duration.ts';
import type { Option } from './option.ts';
import type { Environment, SettingOrigin, SourceName } from './origin.ts';
import type { PolicyResolution } from './policies.ts';
import { POLICY_SECTIONS, type PolicySection } from './policy-sections.ts';
import type { ResolvedSettings } from './resolve.ts';
import { PROXY_OPTIONS } from './schema.ts';
import { envReader } from './sources.ts';

/** Stands for a secret that is set. */
export const MASK = '(secret)';

export interface ExplainedSetting {
  readonly key: string;
  /** As in weir.yaml; durations as text, a set secret as `MASK`. */
  readonly value: unknown;
  readonly source: SourceName;
  /** Flag, variable, or file and line; empty for a default. */
  readonly name: string;
  /** Names of weaker sources that also had a value, strongest first. */
  readonly overrides: readonly string[];
}

/** Every setting, in the schema's order, and every policy that is on, as it was written. */
export function explainSettings(resolved: ResolvedSettings): readonly ExplainedSetting[] {
  const options = PROXY_OPTIONS.map((option): ExplainedSetting => {
    const origin = resolved.origins.get(option.key) as SettingOrigin;
    return {
      key: option.key,
      value: shownValue(option, resolvedValue(resolved, option)),
      source: origin.source,
      name: origin.name,
      overrides: origin.overrides.map((weaker) => weaker.name),
    };
  });
  return [...options, ...POLICY_SECTIONS.map((name) => explainSection(name, resolved.sections))];
}

function explainSection(key: PolicySection, resolution: PolicyResolution | null): ExplainedSetting {
  const section = resolution?.written.get(key);
  const origin = resolution?.origins.get(key);
  return {
    key,
    value: section === undefined ? null : maskSecrets(section.value, key === 'audit'),
    source: origin?.source ?? 'default',
    name: origin?.name ?? '',
    overrides: origin?.overrides.map((weaker) => weaker.name) ?? [],
  };
}

/** Members of sections that secrets could be worked out of. */
const SECRET_MEMBERS: ReadonlySet<string> = new Set(['digest', 'passwordHash']);

/** @param hidesValues also members called `value`, which header fields of the audit have */
function maskSecrets(value: unknown, hidesValues: boolean): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => maskSecrets(item, hidesValues));
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => {
      const isSecret = SECRET_MEMBERS.has(name) || (hidesValues && name === 'value');
      return [name, isSecret ? MASK : maskSecrets(part, hidesValues)];
    }),
  );
}

/** Variables that are set and belong to another role, with the reason why they are not read. */
export function explainUnusedVariables(
  env: Environment,
): readonly { readonly name: string; readonly reason: string }[] {
  const read = envReader(env);
  return [...OTHER_ROLE_VARIABLES]
    .filter(([name]) => read(name) !== undefined)
    .map(([name, reason]) => ({ name, reason }));
}

function resolvedValue(resolved: ResolvedSettings, option: Option): unknown {
  return option.path.reduce<unknown>(
    (node, name) => (node as Record<string, unknown>)[name],
    resolved.settings,
  );
}

function shownValue(option: Option, value: unknown): unknown {
  const isSet = Array.isArray(value) ? value.length > 0 : value !== null;
  if (option.secret && isSet) return MASK;
  return option.kind === 'duration' && value !== null ? formatDuration(value as number) : value;
}

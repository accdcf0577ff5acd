/**
 * Each setting with its value and where it came from, fit to be shown: secrets are masked.
 *
 * @module
 */

import { OTHER_ROLE_VARIABLES } from './aliases.ts';
import { formatDuration } from './duration.ts';
import type { Option } from './option.ts';
import type { ResolvedSettings, SettingOrigin } from './resolve.ts';
import { PROXY_OPTIONS } from './schema.ts';
import { type Environment, envReader, type SourceName } from './sources.ts';

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

/** Every setting, in the schema's order. */
export function explainSettings(resolved: ResolvedSettings): readonly ExplainedSetting[] {
  return PROXY_OPTIONS.map((option) => {
    const origin = resolved.origins.get(option.key) as SettingOrigin;
    return {
      key: option.key,
      value: shownValue(option, resolvedValue(resolved, option)),
      source: origin.source,
      name: origin.name,
      overrides: origin.overrides.map((weaker) => weaker.name),
    };
  });
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
  if (option.secret && value !== null) return MASK;
  return option.kind === 'duration' ? formatDuration(value as number) : value;
}

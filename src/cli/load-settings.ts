/**
 * Gathers flags, environment and configuration file, and resolves them.
 *
 * @module
 */

import type { FlagReading } from '../config/flags.ts';
import type { PolicyResolution } from '../config/policies.ts';
import {
  type PolicyVariable,
  policyVariables,
  type SectionsReading,
} from '../config/policy-sections.ts';
import { printableName } from '../config/problem.ts';
import { type ResolvedSettings, resolveSettings } from '../config/resolve.ts';
import { CONFIG_FILE_VARIABLE, type FileReading } from '../config/sources.ts';
import type { Platform } from '../runtime/platform.ts';

/** Read from the working directory when no file is named, and allowed to be missing. */
export const DEFAULT_CONFIG_FILE = 'weir.yaml';

/** @throws ConfigError with every problem of every source */
export async function loadSettings(
  platform: Platform,
  flags: FlagReading,
): Promise<ResolvedSettings> {
  const { env } = platform;
  const file = await readConfigFile(platform, flags);
  const policies = await resolveSections(policyVariables(env), file);
  return resolveSettings({
    flags,
    env,
    ...(file === null ? {} : { file }),
    ...(policies === null ? {} : { policies }),
  });
}

/** Most proxies have no policies, and need not carry in memory what reads them. */
async function resolveSections(
  variables: readonly PolicyVariable[],
  file: FileReading | null,
): Promise<PolicyResolution | null> {
  const sources: SectionsReading[] = [];
  if (variables.length > 0) {
    const { readYamlSections } = await import('../config/yaml-file.ts');
    sources.push(...variables.map(readYamlSections));
  }
  // Its problems are told with the others of the file.
  if (file !== null && file.sections.size > 0) {
    sources.push({ sections: file.sections, problems: [] });
  }
  if (sources.length === 0) return null;
  const { resolvePolicies } = await import('../config/policies.ts');
  return resolvePolicies(sources);
}

async function readConfigFile(platform: Platform, flags: FlagReading): Promise<FileReading | null> {
  const fromFlag = flags.values.get('config')?.at(-1);
  const fromEnv = platform.env[CONFIG_FILE_VARIABLE] || undefined;
  const path = fromFlag ?? fromEnv ?? DEFAULT_CONFIG_FILE;
  try {
    const text = await platform.readTextFile(path);
    // Most processes have no file, and need not carry a YAML parser in memory.
    const { readYamlSettings } = await import('../config/yaml-file.ts');
    return readYamlSettings(text, path);
  } catch (error) {
    const named = fromFlag !== undefined ? '--config' : fromEnv && CONFIG_FILE_VARIABLE;
    if (!named && isOutOfReach(error)) return null;
    const line = `${named ?? DEFAULT_CONFIG_FILE}: cannot read "${printableName(path)}": ${describeReadError(error)}`;
    return { path, values: new Map(), sections: new Map(), problems: [{ key: null, line }] };
  }
}

/** Plain words for the usual reasons; runtimes repeat the path in theirs. */
const REASONS: ReadonlyMap<unknown, string> = new Map([
  ['ENOENT', 'no such file'],
  ['EACCES', 'permission denied'],
  ['EISDIR', 'it is a directory'],
]);

function describeReadError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { code?: unknown };
  return REASONS.get(code) ?? error.message.split('\n')[0]!;
}

/** Codes and names of "no such file", and of Deno's "you were not given this file". */
const OUT_OF_REACH: ReadonlySet<unknown> = new Set(['ENOENT', 'NotFound', 'NotCapable']);

function isOutOfReach(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (OUT_OF_REACH.has(code) || OUT_OF_REACH.has(error.name)) return true;
  return isOutOfReach(error.cause);
}

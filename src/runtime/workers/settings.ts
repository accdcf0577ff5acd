/**
 * Settings of a Worker: from its variables and secrets, and only what a Worker can do.
 *
 * @module
 */

import type { SettingOrigin } from '../../config/origin.ts';
import { isPolicySection, POLICY_VARIABLE } from '../../config/policy-sections.ts';
import { ConfigError, type ConfigProblem } from '../../config/problem.ts';
import { resolveFromEnv } from '../../config/resolve.ts';
import { PROXY_OPTIONS } from '../../config/schema.ts';
import type { ProxySettings } from '../../config/settings.ts';
import { resolveWorkerPolicies } from './policies.ts';
import type { WorkerEnv } from './types.ts';

/** What the platform does in weir's place: set, these change nothing. */
const WITHOUT_EFFECT: readonly string[] = [
  'listenAddr',
  'metricsAddr',
  'tls.enabled',
  'tls.certFile',
  'tls.keyFile',
  'tls.minVersion',
  'tls.clientCaFile',
  'shutdownGrace',
  'workers',
  'nodeShell',
];

export interface WorkerSettings {
  readonly settings: ProxySettings;
  /** Variables that are set and change nothing here. */
  readonly idle: readonly string[];
}

/** @throws {ConfigError} also for what `fetch` on Workers has no means for */
export async function readWorkerSettings(env: WorkerEnv): Promise<WorkerSettings> {
  const { settings, origins } = resolveFromEnv(env, await resolveWorkerPolicies(env));
  const problems = [
    ...(settings.preserveHost
      ? [impossible('preserveHost', 'fetch takes Host from the URL, so leave it false')]
      : []),
    ...(settings.upstream.caFile === null
      ? []
      : [impossible('upstream.caFile', 'a Worker has no files, so leave it unset')]),
    ...(settings.otlp.headersFile === null
      ? []
      : [impossible('otlp.headersFile', 'a Worker has no files, so give WEIR_OTLP_HEADERS')]),
    ...(settings.upstream.serverName === null
      ? []
      : [
          impossible('upstream.serverName', 'fetch takes the name from the URL, so leave it unset'),
        ]),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
  return { settings, idle: WITHOUT_EFFECT.flatMap((key) => nameIfSet(origins.get(key))) };
}

/** The variables a broken configuration is about, without what they hold. */
export function concernedVariables(error: ConfigError): string[] {
  return [...new Set(error.problems.map(({ key }) => variableOf(key)))];
}

function impossible(key: string, why: string): ConfigProblem {
  return { key, line: `${variableOf(key)} has no meaning on Workers: ${why}` };
}

function variableOf(key: string | null): string {
  // Its section may stand in either kind of variable; the log says in which.
  if (key === 'policies' || (key !== null && isPolicySection(key))) return POLICY_VARIABLE;
  return PROXY_OPTIONS.find((option) => option.key === key)?.env ?? 'a variable weir does not know';
}

function nameIfSet(origin: SettingOrigin | undefined): string[] {
  return origin === undefined || origin.source === 'default' ? [] : [origin.name];
}

/**
 * Policies of a Worker: read from its variables, and given what the platform has.
 *
 * @module
 */

import type { PolicyResolution } from '../../config/policies.ts';
import { hasPolicies, policyVariables, readJsonSections } from '../../config/policy-sections.ts';
import { ConfigError } from '../../config/problem.ts';
import type { ProxySettings } from '../../config/settings.ts';
import type { SecretSource } from '../../delivery/secret.ts';
import { MemoryLimitStore } from '../../policy/limits/memory-store.ts';
import type { LimitStoreSettings } from '../../policy/limits/settings.ts';
import type { LimitStore } from '../../policy/limits/store.ts';
import type { Logger } from '../../telemetry/log.ts';
import type { MetricsStore } from '../../telemetry/metrics-store.ts';
import { NO_POLICIES_ON, type Policies } from '../policy-ports.ts';
import { StartError } from '../start-error.ts';
import { DurableObjectLimitStore } from './limits-shards.ts';
import type { WorkerEnv } from './types.ts';

/** The sections in a Worker's variables; undefined where there are none. */
export async function resolveWorkerPolicies(env: WorkerEnv): Promise<PolicyResolution | undefined> {
  const variables = policyVariables(env);
  if (variables.length === 0) return undefined;
  const { resolvePolicies } = await import('../../config/policies.ts');
  return resolvePolicies(variables.map(readJsonSections));
}

/** @throws {ConfigError} also for what policies need and a Worker has not */
export async function createWorkerPolicies(
  settings: ProxySettings,
  env: WorkerEnv,
  {
    logger,
    metrics,
    log,
  }: {
    readonly logger: Logger;
    readonly metrics: MetricsStore;
    /** Takes one line. */
    readonly log: (line: string) => void;
  },
): Promise<Policies> {
  if (!hasPolicies(settings.policies)) return NO_POLICIES_ON;
  const [{ createPolicies }, { refuseContradictions }] = await Promise.all([
    import('../policies.ts'),
    import('../policy-contradictions.ts'),
  ]);
  refuseContradictions(settings, 'workers', logger);
  try {
    return await createPolicies(settings, {
      logger,
      metrics,
      now: () => performance.now(),
      auth: { fetch: (url, init) => fetch(url, init), isolatedRequests: true },
      audit: {
        fetch: (url, init) => fetch(url, init),
        readSecret: (source) => readSecret(source, env),
        writeLines(lines) {
          for (const line of lines.split('\n')) if (line !== '') log(line);
        },
        openFile: null,
        start: 'manual',
      },
      openLimitStore: (store) => openLimitStore(store, env),
      async followSecret({ env: variable }) {
        if (variable === null) {
          throw new StartError(
            'auth.upstream.file: a Worker has no files, so give the secret as env',
          );
        }
        const secret = readVariable(env, variable);
        return { read: () => secret, close() {} };
      },
    });
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    throw new ConfigError([{ key: 'policies', line: error.message }]);
  }
}

/** @throws {Error} when it is not there */
export async function readSecret(source: SecretSource, env: WorkerEnv): Promise<string> {
  if ('env' in source) return readVariable(env, source.env);
  throw new Error('a Worker has no files: give the secret as env');
}

/** @throws {StartError} */
function readVariable(env: WorkerEnv, name: string): string {
  const value = env[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new StartError(`the secret ${name} is not set: see "wrangler secret put ${name}"`);
}

/** @throws {StartError} */
function openLimitStore(
  { kind, maxKeys, timeoutMs }: LimitStoreSettings,
  { WEIR_LIMITS: namespace }: WorkerEnv,
): LimitStore {
  if (kind !== 'durable_object') return new MemoryLimitStore({ maxKeys });
  if (namespace !== undefined) return new DurableObjectLimitStore({ namespace, timeoutMs });
  throw new StartError(
    'limits.store.kind is durable_object, and no namespace is bound as WEIR_LIMITS: see wrangler.toml',
  );
}

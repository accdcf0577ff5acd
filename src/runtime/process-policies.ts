/**
 * What policies need of a runtime that has processes: secrets in variables and files, files to
 * write to, and a store that other machines share.
 *
 * @module
 */

import { hasPolicies } from '../config/policy-sections.ts';
import type { ProxySettings } from '../config/settings.ts';
import type { SecretSource } from '../delivery/secret.ts';
import type { WriteLines } from '../policy/audit/sinks/line-sink.ts';
import type { LearningToolCatalog } from '../policy/catalog/tool-catalog.ts';
import { MemoryLimitStore } from '../policy/limits/memory-store.ts';
import type { LimitStoreSettings, RedisSettings } from '../policy/limits/settings.ts';
import type { LimitStore } from '../policy/limits/store.ts';
import type { Logger } from '../telemetry/log.ts';
import type { MetricsStore } from '../telemetry/metrics-store.ts';
import { type FileSystem, openAuditFile } from './audit-file.ts';
import { describeReadError, type ReadTextFile } from './certificate-files.ts';
import { followSecretFile } from './followed-secret.ts';
import { StartError } from './platform.ts';
import {
  type FollowedSecret,
  NO_POLICIES_ON,
  type Policies,
  type SecretPlace,
} from './policy-ports.ts';

/** What a platform brings along. */
export interface ProcessPorts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readTextFile: ReadTextFile;
  /** To standard output; resolves when they have been taken. */
  readonly writeLines: WriteLines;
  /** `process.getBuiltinModule`, which Node, Deno and Bun have. */
  readonly getBuiltinModule: (name: 'node:crypto' | 'node:fs/promises') => unknown;
  /** Number of this process among those that share the traffic; 0 for the only one. */
  readonly worker: number;
  /** What the processes that share the traffic know of tools; none for the only one. */
  readonly tools?: LearningToolCatalog;
}

/** The part of `node:crypto` that is used: one call for what takes Web Crypto a thread pool. */
interface HashModule {
  hash(algorithm: 'sha256', text: string, encoding: 'hex'): string;
}

/**
 * Creates the policies of a process; none are loaded where none is on.
 *
 * @throws {ConfigError} for rules that cannot be used
 * @throws {StartError} when something that policies need cannot be had
 */
export async function createProcessPolicies(
  settings: ProxySettings,
  { logger, metrics }: { readonly logger: Logger; readonly metrics: MetricsStore },
  ports: ProcessPorts,
): Promise<Policies> {
  if (!hasPolicies(settings.policies)) return NO_POLICIES_ON;
  const { createPolicies } = await import('./policies.ts');
  const { getBuiltinModule, readTextFile } = ports;
  const crypto = getBuiltinModule('node:crypto') as HashModule;
  const sha256 = (text: string): string => crypto.hash('sha256', text, 'hex');
  return createPolicies(settings, {
    logger,
    metrics,
    now: () => performance.now(),
    tools: ports.tools,
    auth: { sha256 },
    audit: {
      fetch: (url, init) => fetch(url, init),
      readSecret: (source) => readSecret(source, ports),
      writeLines: ports.writeLines,
      sha256,
      openFile: (file) =>
        openAuditFile(getBuiltinModule('node:fs/promises') as FileSystem, file, ports.worker),
    },
    openLimitStore: (store) => openLimitStore(store, ports, logger),
    followSecret: (place) => followSecret(place, ports, readTextFile, logger),
  });
}

/** @throws {Error} when it is not there; never with what is there */
export async function readSecret(
  source: SecretSource,
  { env, readTextFile }: Pick<ProcessPorts, 'env' | 'readTextFile'>,
): Promise<string> {
  if ('file' in source) return readTextFile(source.file);
  const value = env[source.env];
  if (value === undefined || value === '') throw new Error(`${source.env} is not set`);
  return value;
}

async function followSecret(
  { env: variable, file }: SecretPlace,
  { env }: ProcessPorts,
  readTextFile: ReadTextFile,
  logger: Logger,
): Promise<FollowedSecret> {
  if (file !== null) return followSecretFile(file, readTextFile, logger.child('auth'));
  const value = env[variable ?? ''];
  if (value === undefined || value.trim() === '') {
    throw new StartError(
      `the variable ${variable} is not set, and auth.upstream.env says that it holds the secret for the MCP server`,
    );
  }
  return { read: () => value, close() {} };
}

function openLimitStore(
  { kind, maxKeys, redis, timeoutMs }: LimitStoreSettings,
  ports: ProcessPorts,
  logger: Logger,
): LimitStore | Promise<LimitStore> {
  if (kind === 'redis' && redis !== null) return openRedisStore(redis, timeoutMs, ports, logger);
  return new MemoryLimitStore({ maxKeys });
}

async function openRedisStore(
  { url, username, passwordEnv, passwordFile, caFile, prefix }: RedisSettings,
  timeoutMs: number,
  ports: ProcessPorts,
  logger: Logger,
): Promise<LimitStore> {
  const password =
    passwordFile !== null
      ? await readConfigured('limits.store.redis.passwordFile', { file: passwordFile }, ports)
      : passwordEnv !== null
        ? await readConfigured('limits.store.redis.passwordEnv', { env: passwordEnv }, ports)
        : null;
  const ca =
    caFile === null
      ? null
      : await readConfigured('limits.store.redis.caFile', { file: caFile }, ports);
  // Only whoever needs it carries the client.
  const [{ connectRedis }, { RedisLimitStore }, { loadRedis }] = await Promise.all([
    import('./redis/redis-connection.ts'),
    import('./redis/redis-store.ts'),
    import('./redis/load.ts'),
  ]);
  const log = logger.child('redis');
  const connection = await connectRedis({
    url,
    username,
    password: password?.trimEnd() ?? null,
    ca,
    load: loadRedis,
    onChange(state, message) {
      if (state === 'ready') log.info('connected');
      else log.warn('connection lost', { error: message });
    },
  });
  return new RedisLimitStore({ connection, prefix, timeoutMs });
}

/** @throws {StartError} that names the setting */
async function readConfigured(
  path: string,
  source: SecretSource,
  ports: ProcessPorts,
): Promise<string> {
  try {
    return await readSecret(source, ports);
  } catch (error) {
    throw new StartError(`cannot read what ${path} names (${describeReadError(error)})`);
  }
}

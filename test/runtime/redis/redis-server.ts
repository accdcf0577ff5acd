/**
 * A real `redis-server` on a port of its own, with its files in a directory of its own, for as long
 * as a test lasts.
 *
 * @module
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'vitest';
import { type SpawnedProcess, spawnProcess } from '../../fixtures/process.ts';

/** Why there is no server to test with; null when there is one. */
export const REDIS_MISSING: string | null =
  spawnSync('redis-server', ['--version']).status === 0
    ? null
    : 'redis-server is not installed (Debian: apt-get install redis-server)';

/** A test that needs a server; without one it is skipped, and the reason stands in its title. */
export function redisIt(
  title: string,
  test: () => Promise<void>,
  missing: string | null = REDIS_MISSING,
): void {
  if (missing === null) it(title, test);
  else it.skip(`${title} [${missing}]`, test);
}

export interface TestRedis {
  readonly port: number;
  readonly url: string;
  readonly process: SpawnedProcess;
  stop(): Promise<void>;
}

/** @param port default a free one */
export async function startRedis(
  options: readonly string[] = [],
  port?: number,
): Promise<TestRedis> {
  return start('redis', options, port ?? (await freePort()));
}

/** @param files paths of PEM files; the server asks for no certificate of its clients */
export async function startTlsRedis(files: {
  certFile: string;
  keyFile: string;
}): Promise<TestRedis> {
  const port = await freePort();
  return start(
    'rediss',
    [
      ...['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no'],
      ...['--tls-cert-file', files.certFile, '--tls-key-file', files.keyFile],
      ...['--tls-ca-cert-file', files.certFile],
    ],
    port,
  );
}

async function start(
  scheme: 'redis' | 'rediss',
  options: readonly string[],
  port: number,
): Promise<TestRedis> {
  const directory = mkdtempSync(join(tmpdir(), 'weir-redis-'));
  const server = spawnProcess('redis-server', [
    ...['--bind', '127.0.0.1', '--port', String(port)],
    ...['--dir', directory, '--save', '', '--appendonly', 'no'],
    ...options,
  ]);
  await server.waitForLine((line) => line.includes('Ready to accept connections'));
  return {
    port,
    url: `${scheme}://127.0.0.1:${port}`,
    process: server,
    async stop() {
      await server.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A port nobody listens on at the moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

/**
 * Weir as it is shipped: both bodies scanned, metrics kept, the access log off or on.
 *
 * @module
 */

import { join } from 'node:path';
import { REPOSITORY } from '../../test/fixtures/programs.ts';
import { LOOPBACK } from '../system/ports.ts';
import type { Launch } from '../system/processes.ts';
import { type Candidate, RUNTIMES, type Runtime, type Setup } from './candidate.ts';
import { runtimeLaunch } from './runtime-launch.ts';
import { writeWorker } from './workerd.ts';

/** The command line of `weir proxy`, the same on every runtime that has one. */
export function weirArguments(setup: Setup, accessLog: boolean): string[] {
  const { tls } = setup;
  return [
    'proxy',
    `--target-addr=${setup.target}`,
    `--listen-addr=${LOOPBACK}:${setup.port}`,
    `--metrics-addr=${LOOPBACK}:${setup.adminPort}`,
    '--log-format=json',
    `--access-log=${accessLog}`,
    ...(tls === null
      ? []
      : ['--tls-enabled', `--tls-cert-file=${tls.certFile}`, `--tls-key-file=${tls.keyFile}`]),
  ];
}

function weirCandidate(runtime: Runtime, accessLog: boolean): Candidate {
  return {
    id: `weir-${runtime}${accessLog ? '-log' : ''}`,
    title: `weir on ${runtime}${accessLog ? ', access log on' : ''}`,
    family: 'weir',
    runtime,
    smallCallsOnly: accessLog,
    speaks: { tls: runtime !== 'workerd', http2: runtime === 'node' || runtime === 'deno' },
    missing: () => null,
    launch: (setup) =>
      runtime === 'workerd'
        ? launchWorker(setup, accessLog)
        : runtimeLaunch(
            runtime,
            setup.release.programs[runtime],
            weirArguments(setup, accessLog),
            setup.heap,
          ),
  };
}

async function launchWorker(setup: Setup, accessLog: boolean): Promise<Launch> {
  if (setup.release.worker === null) throw new Error('The worker was not built');
  // Loading wrangler takes a second, and only this candidate needs it.
  const { unstable_readConfig } = await import('wrangler');
  const config = unstable_readConfig({ config: join(REPOSITORY, 'wrangler.toml') });
  return writeWorker(setup.directory, {
    port: setup.port,
    modulePath: setup.release.worker,
    compatibilityDate: config.compatibility_date ?? '',
    compatibilityFlags: config.compatibility_flags,
    vars: {
      WEIR_TARGET_ADDR: setup.target,
      WEIR_LOG_FORMAT: 'json',
      WEIR_ACCESS_LOG: String(accessLog),
    },
    durableObjects: config.durable_objects.bindings.map(
      ({ name, class_name }: { name: string; class_name: string }) => ({
        binding: name,
        className: class_name,
      }),
    ),
    outboundAddress: null,
  });
}

/** Access log off. */
export const WEIR: readonly Candidate[] = RUNTIMES.map((runtime) => weirCandidate(runtime, false));

/** Access log on. */
export const WEIR_WITH_LOG: readonly Candidate[] = RUNTIMES.map((runtime) =>
  weirCandidate(runtime, true),
);

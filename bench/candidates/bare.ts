/**
 * The bare hop of each runtime: the smallest program that passes bytes with the library weir uses
 * there. It understands nothing and measures nothing; what weir costs is counted from it.
 *
 * @module
 */

import type { Candidate, Runtime, Setup } from './candidate.ts';
import { runtimeLaunch } from './runtime-launch.ts';
import { writeWorker } from './workerd.ts';

/** Port, upstream, and where there is one the certificate: the arguments of every bare program. */
function bareArguments({ port, target, tls }: Setup): string[] {
  return [String(port), target, ...(tls === null ? [] : [tls.certFile, tls.keyFile])];
}

function bareCandidate(
  runtime: Exclude<Runtime, 'workerd'>,
  title: string,
  http2: boolean,
): Candidate {
  return {
    id: `bare-${runtime}`,
    title,
    family: 'bare',
    runtime,
    smallCallsOnly: false,
    speaks: { tls: true, http2 },
    missing: () => null,
    launch: (setup) =>
      runtimeLaunch(runtime, setup.release.bare[runtime], bareArguments(setup), setup.heap),
  };
}

export const BARE_NODE: Candidate = bareCandidate('node', 'bare hop: node:http + undici', true);
export const BARE_BUN: Candidate = bareCandidate('bun', 'bare hop: Bun.serve + fetch', false);
export const BARE_DENO: Candidate = bareCandidate('deno', 'bare hop: Deno.serve + fetch', true);

export const BARE_WORKERD: Candidate = {
  id: 'bare-workerd',
  title: 'bare hop: workerd pass-through',
  family: 'bare',
  runtime: 'workerd',
  smallCallsOnly: false,
  speaks: { tls: false, http2: false },
  missing: () => null,
  launch: ({ port, target, directory, release }) =>
    writeWorker(directory, {
      port,
      modulePath: release.bare.workerd,
      compatibilityDate: '2026-10-01',
      compatibilityFlags: [],
      vars: {},
      durableObjects: [],
      outboundAddress: target,
    }),
};

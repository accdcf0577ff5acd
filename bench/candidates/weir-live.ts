/**
 * Weir on Node without its live page, and with somebody who looks at it: what the page costs is the
 * distance of plain `weir-node`, which has one that nobody looks at, to the first, and of the second
 * to the first.
 *
 * @module
 */

import type { Candidate } from './candidate.ts';
import { runtimeLaunch } from './runtime-launch.ts';
import { weirArguments } from './weir.ts';

function liveCandidate(
  name: string,
  title: string,
  more: Partial<Pick<Candidate, 'watched'>>,
  flags: readonly string[],
): Candidate {
  return {
    id: `weir-node-${name}`,
    title: `weir on node, ${title}`,
    family: 'weir',
    runtime: 'node',
    smallCallsOnly: true,
    speaks: { tls: true, http2: true },
    missing: () => null,
    launch: (setup) =>
      runtimeLaunch(
        'node',
        setup.release.programs.node,
        [...weirArguments(setup, false), ...flags],
        setup.heap,
      ),
    ...more,
  };
}

export const WEIR_LIVE: readonly Candidate[] = [
  liveCandidate('unseen', 'no live page', {}, ['--live-page=false']),
  liveCandidate('watched', 'live page watched', { watched: true }, []),
];

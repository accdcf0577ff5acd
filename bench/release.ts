/**
 * The files that are measured: what `npm run build` ships, built into a folder of the run so that
 * nobody else's `dist/` changes meanwhile, and the Go reference.
 *
 * @module
 */

import { join } from 'node:path';
import { REPOSITORY } from '../test/fixtures/programs.ts';
import type { Runtime } from './candidates/candidate.ts';
import type { Processes } from './system/processes.ts';
import { findTool } from './system/tools.ts';

export interface ReleaseFiles {
  readonly programs: Readonly<Record<Exclude<Runtime, 'workerd'>, string>>;
  /** The bundled worker; null when weir runs from its sources. */
  readonly worker: string | null;
  /** Null where Go is not installed. */
  readonly goProxy: string | null;
}

/** Go fetches nothing: the program needs the standard library only. */
const GO_ENVIRONMENT = { GOTOOLCHAIN: 'local', GOPROXY: 'off', GOFLAGS: '-mod=mod' };
const GO_BUILD_TIMEOUT_MS = 300_000;

/** Deno has no release file: JSR ships the sources, and `deno run` takes them. */
const DENO_PROGRAM = join(REPOSITORY, 'src/cli/deno.ts');

/** @throws {Error} one line, when something does not build. */
export async function buildRelease(directory: string): Promise<Omit<ReleaseFiles, 'goProxy'>> {
  // Loaded here: a run from the sources needs no bundler.
  const { build } = await import('../scripts/build.ts');
  await build(directory);
  return {
    programs: {
      node: join(directory, 'weir.js'),
      bun: join(directory, 'weir-bun.js'),
      deno: DENO_PROGRAM,
    },
    worker: join(directory, 'workers.js'),
  };
}

/** Weir as it stands in `src/`, for a look at a change without the build. */
export function sourceFiles(): Omit<ReleaseFiles, 'goProxy'> {
  return {
    programs: {
      node: join(REPOSITORY, 'src/cli/node.ts'),
      bun: join(REPOSITORY, 'src/cli/bun.ts'),
      deno: DENO_PROGRAM,
    },
    worker: null,
  };
}

/** @throws {Error} one line, when Go is there and the program does not build. */
export async function buildGoProxy(
  processes: Processes,
  directory: string,
): Promise<string | null> {
  const go = findTool('go');
  if (go === null) return null;
  const program = join(directory, 'go-proxy');
  await processes.run(
    'load',
    {
      command: go,
      args: ['build', '-o', program, '.'],
      cwd: join(import.meta.dirname, 'go'),
      env: GO_ENVIRONMENT,
    },
    GO_BUILD_TIMEOUT_MS,
  );
  return program;
}

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
  /** The bare hops; Node's is bundled as weir is, for undoing types costs Node time and memory. */
  readonly bare: Readonly<Record<Runtime, string>>;
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

const BARE_FOLDER = join(import.meta.dirname, 'candidates/programs');
const BARE_PROGRAMS: ReleaseFiles['bare'] = {
  node: join(BARE_FOLDER, 'bare-node.ts'),
  bun: join(BARE_FOLDER, 'bare-bun.ts'),
  deno: join(BARE_FOLDER, 'bare-deno.ts'),
  workerd: join(BARE_FOLDER, 'bare-workerd.js'),
};

/** @throws {Error} one line, when something does not build. */
export async function buildRelease(directory: string): Promise<Omit<ReleaseFiles, 'goProxy'>> {
  // Loaded here: a run from the sources needs no bundler.
  const { build } = await import('../scripts/build.ts');
  await build(directory);
  const bareNode = join(directory, 'bare-node.js');
  await bundleForNode(BARE_PROGRAMS.node, bareNode);
  return {
    programs: {
      node: join(directory, 'weir.js'),
      bun: join(directory, 'weir-bun.js'),
      deno: DENO_PROGRAM,
    },
    bare: { ...BARE_PROGRAMS, node: bareNode },
    worker: await bundleWorker(join(directory, 'workers.js'), join(directory, 'worker.js')),
  };
}

/** The worker with its parts as one module, as `wrangler deploy` would send it. */
async function bundleWorker(entry: string, outfile: string): Promise<string> {
  const { build } = await import('esbuild');
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    external: ['cloudflare:*'],
    logLevel: 'silent',
  });
  return outfile;
}

/** One file with undici in it, as `weir.js` is made. */
async function bundleForNode(entry: string, outfile: string): Promise<void> {
  const { build } = await import('esbuild');
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    mainFields: ['module', 'main'],
    banner: {
      // undici asks for Node's builtins through `require`.
      js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);",
    },
    minifySyntax: true,
    minifyWhitespace: true,
    logLevel: 'silent',
  });
}

/** Weir as it stands in `src/`, for a look at a change without the build. */
export function sourceFiles(): Omit<ReleaseFiles, 'goProxy'> {
  return {
    programs: {
      node: join(REPOSITORY, 'src/cli/node.ts'),
      bun: join(REPOSITORY, 'src/cli/bun.ts'),
      deno: DENO_PROGRAM,
    },
    bare: BARE_PROGRAMS,
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

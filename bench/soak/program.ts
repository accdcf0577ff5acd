/**
 * Starts the program that is put to the test.
 *
 * @module
 */

import { type SpawnedProcess, spawnProcess } from '../../test/fixtures/process.ts';
import { programPath, REPOSITORY } from '../../test/fixtures/programs.ts';
import { cleanEnvironment } from '../../test/fixtures/weir-process.ts';

export interface SoakedProgram extends SpawnedProcess {
  readonly url: string;
  readonly adminUrl: string;
}

/** Of the container image: a small heap is collected often, and a leak is soon a large part of it. */
const CONTAINER_FLAGS = ['--max-semi-space-size=1', '--max-old-space-size=48'];

/** Time between two full collections, in ms. */
const COLLECTION_INTERVAL_MS = 1_000;

/**
 * Collects garbage now and then, so that every window of the analysis has a valley. It frees only
 * what nobody holds: what leaks stays, and stands out sooner.
 */
const COLLECT_OFTEN = `setInterval(globalThis.gc, ${COLLECTION_INTERVAL_MS}).unref()`;

/**
 * @param program A module that takes weir's command line, run by Node.
 * @param target Where it has to forward to: `host:port`.
 * @throws {Error} with its output, when it does not say that it listens
 */
export async function startProgram(program: string, target: string): Promise<SoakedProgram> {
  const child = spawnProcess(
    programPath('node'),
    [
      ...CONTAINER_FLAGS,
      '--expose-gc',
      `--import=data:text/javascript,${encodeURIComponent(COLLECT_OFTEN)}`,
      program,
      'proxy',
      `--target-addr=${target}`,
      '--listen-addr=127.0.0.1:0',
      '--metrics-addr=127.0.0.1:0',
      '--log-format=json',
      // Still written for every exchange; only fewer lines than a log of all levels.
      '--log-level=info',
    ],
    { env: cleanEnvironment(), cwd: REPOSITORY },
  );
  try {
    const line = await child.waitForLine((text) => text.includes('"message":"listening"'));
    const { url, admin } = JSON.parse(line) as { url: string; admin: string };
    return { ...child, url: url.replace(/\/$/, ''), adminUrl: admin.replace(/\/$/, '') };
  } catch (error) {
    await child.stop(0);
    throw error;
  }
}

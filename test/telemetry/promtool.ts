/**
 * Runs Prometheus' own checker, where the machine has it.
 *
 * @module
 */

import { spawnSync } from 'node:child_process';

/** Null when promtool can be run, otherwise why not. */
export const promtoolMissing: string | null =
  spawnSync('promtool', ['--version']).status === 0
    ? null
    : 'promtool is not installed (Debian: apt-get install prometheus)';

/** Runs promtool; `problems` holds all it printed when it was not content. */
export function promtool(args: readonly string[], input = ''): { ok: boolean; output: string } {
  const result = spawnSync('promtool', args, { input, encoding: 'utf8', timeout: 25_000 });
  return { ok: result.status === 0, output: `${result.stdout}${result.stderr}` };
}

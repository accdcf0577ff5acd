/**
 * Bundles a target with the sources it tries, and instruments the latter.
 *
 * @module
 */

import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { instrument } from './instrument.ts';

export interface BuiltTarget {
  /** An ES module that exports the target as `target`. */
  file: string;
  counters: number;
  words: string[];
}

/**
 * Writes the module of a target to `directory`. Only what lies in `subject` is instrumented: the
 * oracles beside it go whatever ways they like.
 */
export async function buildTarget(
  entry: string,
  subject: string,
  directory: string,
): Promise<BuiltTarget> {
  let counters = 0;
  const words = new Set<string>();
  const instrumenting: Plugin = {
    name: 'instrument',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (relative(subject, path).startsWith('..')) return undefined;
        const instrumented = instrument(path, await readFile(path, 'utf8'), counters);
        counters += instrumented.counters;
        for (const word of instrumented.words) words.add(word);
        return { contents: instrumented.code, loader: 'ts' };
      });
    },
  };
  const file = join(directory, 'target.mjs');
  await build({
    entryPoints: [entry],
    outfile: file,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    plugins: [instrumenting],
    logLevel: 'error',
  });
  return { file, counters, words: [...words] };
}

import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

/** What a Worker may spend on its configuration, in bytes of gzipped, minified code. */
const MAX_GZIPPED_BYTES = 20 * 1024;

describe('resolveFromEnv in a Worker', () => {
  it('brings neither the YAML parser nor the command line, and little of zod', async () => {
    const entry = new URL('../../src/config/resolve.ts', import.meta.url);
    const { metafile, outputFiles } = await build({
      stdin: {
        contents: `export { resolveFromEnv } from ${JSON.stringify(entry.pathname)};`,
        resolveDir: new URL('.', import.meta.url).pathname,
      },
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      metafile: true,
      write: false,
    });
    const inputs = Object.keys(metafile.inputs);
    expect(inputs.filter((path) => /node_modules\/yaml\/|src\/(cli|runtime)\//.test(path))).toEqual(
      [],
    );
    expect(inputs.some((path) => path.endsWith('src/config/schema.ts'))).toBe(true);
    expect(gzipSync(outputFiles[0]!.contents).length).toBeLessThan(MAX_GZIPPED_BYTES);
  });
});

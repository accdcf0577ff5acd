/** JSR takes the sources as they are: typed without inference, nothing of other runtimes in them. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { programPath, REPOSITORY } from '../fixtures/programs.ts';

const run = promisify(execFile);

describe('deno publish --dry-run', () => {
  let output = '';

  beforeAll(async () => {
    // Rejects, with the output, when a check fails; "slow types" are such a failure.
    const { stdout, stderr } = await run(
      programPath('deno'),
      ['publish', '--dry-run', '--allow-dirty'],
      { cwd: REPOSITORY, env: { ...process.env, NO_COLOR: '1' } },
    );
    output = `${stdout}${stderr}`;
  });

  it('finds nothing to warn about', () => {
    expect(output).not.toMatch(/^(?:warning|error)\b/im);
    expect(output).toMatch(/dry run complete/i);
  });

  it('takes the library and the Deno program, and no test or other runtime', () => {
    const files = [...output.matchAll(/file:\/\/\S+/g)].map(([url]) =>
      decodeURIComponent(new URL(url).pathname).slice(REPOSITORY.length + 1),
    );
    for (const file of ['src/index.ts', 'src/cli/deno.ts', 'README.md', 'LICENSE', 'deno.json']) {
      expect(files).toContain(file);
    }
    expect(
      files.filter((file) => !/^(?:src\/|README\.md$|LICENSE$|deno\.json$)/.test(file)),
    ).toEqual([]);
    expect(files.filter((file) => /^src\/runtime\/(?:node|workers|bun)/.test(file))).toEqual([]);
  });
});

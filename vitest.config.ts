/**
 * Four projects, one run: `units` tests what needs no runtime, `node` holds all that starts
 * programs and sockets, `workers` runs inside workerd, and `packaging` tests what `npm run build`
 * makes, which it builds once before the first test.
 *
 * @module
 */

import { fileURLToPath } from 'node:url';
import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import LongestFirst from './test/longest-first.ts';

/** Long enough for a real runtime to start on a busy two-core machine; nothing waits for it idly. */
const TEST_TIMEOUT_MS = 30_000;
/** Hooks start servers and builds. */
const HOOK_TIMEOUT_MS = 90_000;

const timeouts = { testTimeout: TEST_TIMEOUT_MS, hookTimeout: HOOK_TIMEOUT_MS };

/**
 * Where Node keeps what it has compiled, vitest's own programs and those under test, of which a run
 * starts hundreds: each is up in half the time. It compiles anew what has changed since.
 */
const env = {
  NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/weir/compiled', import.meta.url)),
};

/** The folders of what knows of no runtime: their files start nothing that could outlive them. */
const UNIT_FOLDERS = 'admin|config|delivery|exchange|policy|protocol|redact|roles|telemetry';
/** Those of them that measure the memory of their process, which has to be theirs alone. */
const MEASURING = 'test/protocol/**/{hostile,idle-memory,scanner-hostile}.test.ts';

export default defineConfig({
  test: {
    reporters: ['./test/reporter.ts'],
    // One more than the two cores of a small machine: the long files wait more than they compute.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...timeouts,
          env,
          name: 'node',
          include: [
            `test/!(${UNIT_FOLDERS}|workers|packaging)/**/*.test.ts`,
            'test/*.test.ts',
            MEASURING,
          ],
          // A leaked handle must not be shared with the next file.
          pool: 'forks',
          // Tests that run side by side do little but wait.
          maxConcurrency: 10,
        },
      },
      {
        test: {
          ...timeouts,
          env,
          name: 'units',
          include: [`test/@(${UNIT_FOLDERS})/**/*.test.ts`],
          exclude: [MEASURING],
          pool: 'forks',
          // To load vitest and the sources anew for each of so many would take longer than they do.
          isolate: false,
        },
      },
      {
        plugins: [cloudflareTest({ wrangler: { configPath: './wrangler.toml' } })],
        test: {
          ...timeouts,
          name: 'workers',
          include: ['test/workers/**/*.test.ts'],
        },
      },
      {
        test: {
          ...timeouts,
          env,
          name: 'packaging',
          include: ['test/packaging/**/*.test.ts'],
          globalSetup: ['test/packaging/build-once.ts'],
          pool: 'forks',
        },
      },
    ],
  },
});

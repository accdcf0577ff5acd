/**
 * Three projects, one run: `node` holds nearly everything, `workers` runs inside workerd, and
 * `packaging` tests what `npm run build` makes, which it builds once before its first test.
 *
 * @module
 */

import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

/** Long enough for a real runtime to start on a busy two-core machine; nothing waits for it idly. */
const TEST_TIMEOUT_MS = 30_000;
/** Hooks start servers and builds. */
const HOOK_TIMEOUT_MS = 90_000;

const timeouts = { testTimeout: TEST_TIMEOUT_MS, hookTimeout: HOOK_TIMEOUT_MS };

export default defineConfig({
  test: {
    reporters: ['./test/reporter.ts'],
    // Tests start processes of their own, so more workers than cores would only make them wait.
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...timeouts,
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/workers/**', 'test/packaging/**'],
          // A leaked handle must not be shared with the next file.
          pool: 'forks',
          sequence: { groupOrder: 0 },
        },
      },
      {
        plugins: [cloudflareTest({ wrangler: { configPath: './wrangler.toml' } })],
        test: {
          ...timeouts,
          name: 'workers',
          include: ['test/workers/**/*.test.ts'],
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...timeouts,
          name: 'packaging',
          include: ['test/packaging/**/*.test.ts'],
          globalSetup: ['test/packaging/build-once.ts'],
          pool: 'forks',
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});

/**
 * Starts wrangler so that it asks nobody and leaves nothing: no account, no news, no state outside
 * a directory of its own.
 *
 * @module
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SpawnedProcess, spawnProcess } from '../fixtures/process.ts';
import { programPath, REPOSITORY } from '../fixtures/programs.ts';
import { cleanEnvironment } from '../fixtures/weir-process.ts';

/** Bundling and a first start of workerd on a busy machine, in ms. */
const READY_TIMEOUT_MS = 60_000;
/** wrangler ends its own workerd before it ends, in ms. */
const STOP_GRACE_MS = 10_000;

export class Wrangler {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'weir-wrangler-'));

  run(...args: readonly string[]): SpawnedProcess {
    const program = `${REPOSITORY}/node_modules/wrangler/bin/wrangler.js`;
    return spawnProcess(programPath('node'), [program, ...args], {
      cwd: REPOSITORY,
      env: cleanEnvironment({
        HOME: this.directory,
        XDG_CONFIG_HOME: this.directory,
        WRANGLER_SEND_METRICS: 'false',
        WRANGLER_LOG_PATH: join(this.directory, 'wrangler.log'),
        CLOUDFLARE_CF_FETCH_ENABLED: 'false',
        NO_COLOR: '1',
        CI: '1',
      }),
    });
  }

  /** Runs `wrangler dev` on a free port while `use` lasts. */
  async dev(
    vars: Readonly<Record<string, string>>,
    args: readonly string[],
    use: (url: string) => Promise<void>,
  ): Promise<void> {
    const dev = this.run(
      ...['dev', '--ip', '127.0.0.1', '--port', '0', '--inspector-port', '0'],
      ...['--show-interactive-dev-session=false', '--persist-to', join(this.directory, 'state')],
      ...Object.entries(vars).flatMap(([name, value]) => ['--var', `${name}:${value}`]),
      ...args,
    );
    try {
      const line = await dev.waitForLine(
        (text) => text.includes('Ready on http'),
        READY_TIMEOUT_MS,
      );
      await use(/http:\/\/\S+/.exec(line)?.[0] as string);
    } finally {
      await dev.stop(STOP_GRACE_MS);
    }
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

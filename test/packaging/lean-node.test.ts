/** What the program on Node does not load to serve plain HTTP, for a sidecar would hold it. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { programPath } from '../fixtures/programs.ts';
import { callTool, DIST, startProgram, startUpstream, type Upstream } from './built.ts';

/** Modules of Node, by what brings them in. */
const HEAVY = ['internal/deps/undici/undici', 'internal/http2/core', 'tls'];

let upstream: Upstream;
let directory = '';
beforeEach(async () => {
  upstream = await startUpstream();
  directory = mkdtempSync(join(tmpdir(), 'weir-lean-'));
});
afterEach(async () => {
  await upstream.stop();
  rmSync(directory, { recursive: true });
});

/** Has the process write down at its end what it loaded. */
function listingModules(file: string): string {
  const program = `
    import { writeFileSync } from 'node:fs';
    process.on('exit', () =>
      writeFileSync(${JSON.stringify(file)}, JSON.stringify(process.moduleLoadList)));`;
  return `--import=data:text/javascript,${encodeURIComponent(program)}`;
}

describe('dist/weir.js', () => {
  it('answers calls, scrapes and probes without Node’s fetch, TLS and HTTP/2', async () => {
    const file = join(directory, 'modules.json');
    const listeners = ['--listen-addr=127.0.0.1:0', '--metrics-addr=127.0.0.1:0'];
    const target = `--target-addr=${upstream.authority}`;
    const program = [listingModules(file), `${DIST}/weir.js`, 'proxy', target, ...listeners];
    const weir = await startProgram([programPath('node'), ...program], { env: {} });
    try {
      expect(await callTool(weir.url, 1)).toMatchObject({ status: 200 });
      for (const path of ['/metrics', '/healthz', '/readyz', '/nothing']) {
        await (await fetch(weir.admin + path)).text();
      }
    } finally {
      await weir.process.stop();
    }
    const loaded = JSON.parse(readFileSync(file, 'utf8')) as string[];
    expect(loaded).toContain('NativeModule http');
    for (const name of HEAVY) expect(loaded).not.toContain(`NativeModule ${name}`);
  });
});

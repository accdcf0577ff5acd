import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { programPath, REPOSITORY } from '../fixtures/programs.ts';
import { RawUpstream, type UpstreamExchange } from '../fixtures/raw-upstream.ts';
import { eventually } from '../fixtures/wait.ts';
import { cleanEnvironment, startWeir, type WeirProcess } from '../fixtures/weir-process.ts';

let upstream: RawUpstream;
let weir: WeirProcess;
beforeAll(async () => {
  upstream = await RawUpstream.start();
  weir = await startWeir({ runtime: 'bun', target: upstream.authority });
});
afterAll(async () => {
  await weir.stop();
  await upstream.stop();
});

describe('weir on Bun', () => {
  it('holds more streams open than the 256 requests Bun allows by itself', async () => {
    const open: UpstreamExchange[] = [];
    const path = upstream.route(async (exchange) => {
      open.push(exchange);
      await exchange.startEvents();
      await exchange.writeChunk('data: open\n\n');
    });
    const leave = new AbortController();
    const streams = Array.from({ length: 300 }, async () => {
      const response = await fetch(weir.url + path, { signal: leave.signal });
      await response.body?.getReader().read();
    });
    await Promise.all(streams);
    expect(open).toHaveLength(300);
    leave.abort();
    await Promise.all(open.map((exchange) => exchange.untilClosed()));
  });

  it('keeps its process and its arguments when it raises that limit', () => {
    expect(weir.output()).toContain(`"url":"${weir.url}"`);
    // The id the test knows is the one that listens: signals reach it.
    expect(() => process.kill(weir.pid, 0)).not.toThrow();
  });

  it('prints nothing of its own when an upstream breaks off', async () => {
    const path = upstream.route(async (exchange) => {
      await exchange.startEvents();
      await exchange.writeChunk('data: secret\n\n');
      exchange.reset();
    });
    const broken = fetch(weir.url + path).then((response) => response.text());
    await expect(broken).rejects.toThrow();
    await eventually(() => expect(weir.output()).toContain('upstream_aborted'));
    for (const line of weir.output().trim().split('\n'))
      expect(() => JSON.parse(line)).not.toThrow();
    expect(weir.output()).not.toContain('secret');
  });

  it('refuses --tls-client-ca-file, which Bun has no means for', () => {
    const { status, stderr } = spawnSync(
      programPath('bun'),
      [
        ...[`${REPOSITORY}/src/cli/bun.ts`, '--target-addr', upstream.authority],
        ...['--tls-enabled', '--tls-client-ca-file', 'ca.crt'],
      ],
      { encoding: 'utf8', env: cleanEnvironment() },
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(/^weir: cannot set --tls-client-ca-file on Bun: .*\n$/);
  });

  it('loses nothing of a long output to a slow reader', () => {
    const { status, stdout } = spawnSync(
      'sh',
      [
        '-c',
        `"${programPath('bun')}" "${REPOSITORY}/src/cli/bun.ts" config schema | (sleep 1; cat)`,
      ],
      { encoding: 'utf8', env: cleanEnvironment() },
    );
    expect(status).toBe(0);
    expect(() => JSON.parse(stdout)).not.toThrow();
  });
});

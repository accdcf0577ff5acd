import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spawnProcess } from '../fixtures/process.ts';
import { programPath, REPOSITORY } from '../fixtures/programs.ts';
import { RawUpstream } from '../fixtures/raw-upstream.ts';
import { cleanEnvironment } from '../fixtures/weir-process.ts';

const CLI = `${REPOSITORY}/src/cli/deno.ts`;
const LISTEN = ['--listen-addr', '127.0.0.1:0', '--metrics-addr', '127.0.0.1:0'];

let upstream: RawUpstream;
beforeAll(async () => {
  upstream = await RawUpstream.start();
  upstream.fallback = (exchange) => exchange.respond({ body: 'from the upstream' });
});
afterAll(() => upstream.stop());

/** Runs weir to its end; it must not ask for anything at the terminal. */
function run(permissions: readonly string[], args: readonly string[]): [number | null, string] {
  const { status, stdout, stderr } = spawnSync(
    programPath('deno'),
    ['run', '--no-prompt', '--no-lock', ...permissions, CLI, 'proxy', ...LISTEN, ...args],
    { encoding: 'utf8', env: cleanEnvironment(), timeout: 30_000 },
  );
  return [status, `${stdout}${stderr}`];
}

describe('weir on Deno', () => {
  it('declares of Deno what is true', () => {
    const scratch = mkdtempSync(join(tmpdir(), 'weir-deno-types-'));
    try {
      const comparison = join(scratch, 'comparison.ts');
      writeFileSync(
        comparison,
        `import type { DenoNamespace } from '${pathToFileURL(REPOSITORY)}/src/runtime/deno-types.ts';
        export const real: DenoNamespace = Deno;`,
      );
      const { status, stderr } = spawnSync(
        programPath('deno'),
        ['check', '--no-lock', '--config', 'deno.json', 'src/runtime/deno.ts', comparison],
        { cwd: REPOSITORY, encoding: 'utf8', env: cleanEnvironment({ NO_COLOR: '1' }) },
      );
      expect([status, stderr.replace(/^Check.*\n/gm, '')]).toEqual([0, '']);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  });

  it.each([
    ['net and env', ['--allow-net', '--allow-env'], {}],
    [
      'the addresses and variables it is given',
      ['--allow-net=127.0.0.1', '--allow-env=WEIR_LOG_FORMAT'],
      { WEIR_LOG_FORMAT: 'json' },
    ],
  ])('serves with the permissions %s alone', async (_what, permissions, env) => {
    const weir = spawnProcess(
      programPath('deno'),
      [
        ...['run', '--no-prompt', '--no-lock', ...permissions, CLI, 'proxy', ...LISTEN],
        ...['--target-addr', upstream.authority],
      ],
      { env: cleanEnvironment(env) },
    );
    try {
      const line = await weir.waitForLine((text) => text.includes('"listening"'));
      const { url, admin } = JSON.parse(line) as { url: string; admin: string };
      expect(await (await fetch(url)).text()).toBe('from the upstream');
      const metrics = await (await fetch(`${admin}/metrics`)).text();
      expect(metrics).toMatch(/^process_resident_memory_bytes [1-9]/m);
      expect(metrics).toMatch(/^process_cpu_seconds_total [0-9.]*[1-9]/m);
    } finally {
      await weir.stop();
    }
    expect(weir.output()).toContain('"stopped"');
  });

  it.each([
    ['the upstream', ['--allow-env', '--allow-net=127.0.0.2'], []],
    ['the listener', ['--allow-env', '--allow-net=UPSTREAM'], ['--listen-addr', ':8080']],
  ])('says in one line that %s is not permitted', (_what, permissions, args) => {
    const [status, output] = run(
      permissions.map((text) => text.replace('UPSTREAM', upstream.authority)),
      ['--target-addr', upstream.authority, ...args],
    );
    expect(status).toBe(1);
    expect(output).toMatch(/^weir: cannot .*run deno with --allow-net=\S+\n$/);
  });

  it('says in one line that a file is not permitted to be read', () => {
    const [status, output] = run(
      ['--allow-env', '--allow-net'],
      ['--target-addr', upstream.authority, '--tls-enabled', '--tls-cert-file', '/tls/tls.crt'],
    );
    expect(status).toBe(1);
    expect(output).toMatch(/^weir: cannot read .*--allow-read=\/tls\/tls\.crt.*\n$/);
  });

  it.each([
    ['--tls-min-version', ['--tls-enabled', '--tls-min-version', '1.3']],
    ['--upstream-server-name', ['--upstream-server-name', 'mcp.example']],
    ['--workers 2', ['--workers', '2']],
    ['--tls-client-ca-file', ['--tls-enabled', '--tls-client-ca-file', 'ca.crt']],
  ])('refuses %s, which Deno has no means for', (option, args) => {
    const [status, output] = run(
      ['--allow-env', '--allow-net', '--allow-read'],
      ['--target-addr', `https://${upstream.authority}`, ...args],
    );
    expect(status).toBe(1);
    expect(output).toMatch(new RegExp(`^weir: cannot set ${option}.* on Deno: .*\n$`));
  });
});

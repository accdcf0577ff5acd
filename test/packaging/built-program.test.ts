/** The single-file program: it needs nothing but a Node binary. */

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { programPath } from '../fixtures/programs.ts';
import { eventually } from '../fixtures/wait.ts';
import { callTool, DIST, startProgram, startUpstream, type Upstream } from './built.ts';

const NODE = programPath('node');
/** The container's user. */
const OTHER_UID = 65532;

const CANNOT_CHANGE_UID: string | null =
  process.getuid?.() !== 0
    ? 'changing the user needs root'
    : spawnSync('setpriv', ['--version'], { stdio: 'ignore' }).status !== 0
      ? 'setpriv is not installed'
      : null;

describe('dist/weir.js', () => {
  let upstream: Upstream;
  /** A directory that holds the program with its parts and nothing else, and that nobody may write. */
  let directory = '';

  beforeAll(async () => {
    upstream = await startUpstream();
    directory = mkdtempSync(join(tmpdir(), 'weir-alone-'));
    copyFileSync(`${DIST}/weir.js`, join(directory, 'weir.js'));
    cpSync(`${DIST}/weir`, join(directory, 'weir'), { recursive: true });
    chmodSync(directory, 0o555);
  });

  afterAll(async () => {
    await upstream.stop();
    chmodSync(directory, 0o755);
    rmSync(directory, { recursive: true });
  });

  function commandLine(): [string, ...string[]] {
    const target = `--target-addr=${upstream.authority}`;
    const listeners = ['--listen-addr=127.0.0.1:0', '--metrics-addr=127.0.0.1:0'];
    return [NODE, join(directory, 'weir.js'), 'proxy', target, ...listeners];
  }

  it('serves with an empty environment in a read-only directory', async () => {
    const weir = await startProgram(commandLine(), { env: {}, cwd: directory });
    try {
      expect(await callTool(weir.url, 7)).toMatchObject({
        status: 200,
        body: { id: 7, result: { content: [{ text: 'from the upstream' }] } },
      });
      const metrics = await (await fetch(`${weir.admin}/metrics`)).text();
      expect(metrics).toContain('mcp_requests_total');
    } finally {
      await weir.process.stop();
    }
    expect((await weir.process.exited).code).toBe(0);
    expect(readdirSync(directory)).toEqual(['weir', 'weir.js']);
  });

  it('serves with several workers, with an empty environment in a read-only directory', async () => {
    const weir = await startProgram([...commandLine(), '--workers=2'], { env: {}, cwd: directory });
    try {
      for (let id = 1; id <= 4; id++) {
        expect(await callTool(weir.url, id)).toMatchObject({ status: 200, body: { id } });
      }
      await eventually(async () => {
        const metrics = await (await fetch(`${weir.admin}/metrics`)).text();
        expect(metrics).toMatch(/^mcp_requests_total\{.*\} 4$/m);
      });
    } finally {
      await weir.process.stop();
    }
    expect((await weir.process.exited).code).toBe(0);
    expect(readdirSync(directory)).toEqual(['weir', 'weir.js']);
  });

  it(`serves as user ${OTHER_UID} with no capability left`, async ({ skip }) => {
    if (CANNOT_CHANGE_UID !== null) skip(CANNOT_CHANGE_UID);
    const drop = [
      `--reuid=${OTHER_UID}`,
      `--regid=${OTHER_UID}`,
      '--clear-groups',
      '--bounding-set=-all',
      '--inh-caps=-all',
      '--no-new-privs',
    ];
    // setpriv becomes the program: the process id, and with it the signal, stays the same.
    const weir = await startProgram(['setpriv', ...drop, '--', ...commandLine()], {
      env: { PATH: '/usr/bin:/bin' },
      cwd: directory,
    });
    try {
      const status = readFileSync(`/proc/${weir.process.pid}/status`, 'utf8');
      expect(status).toMatch(new RegExp(`^Uid:\\s+${OTHER_UID}\\s`, 'm'));
      expect(await callTool(weir.url, 8)).toMatchObject({ status: 200, body: { id: 8 } });
    } finally {
      await weir.process.stop();
    }
    expect((await weir.process.exited).code).toBe(0);
  });

  it('is executable and names Node in its first line', () => {
    const { status, stdout } = spawnSync(join(directory, 'weir.js'), ['version'], {
      encoding: 'utf8',
      env: { PATH: NODE.slice(0, NODE.lastIndexOf('/')) },
    });
    expect(status).toBe(0);
    expect(stdout).toMatch(/\d+\.\d+\.\d+/);
  });

  it('keeps the names of its functions, for stack traces', () => {
    expect(readFileSync(`${DIST}/weir.js`, 'utf8')).toMatch(/resolveSettings/);
  });
});

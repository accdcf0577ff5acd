import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ENTRY = fileURLToPath(new URL('../../src/cli/node.ts', import.meta.url));

describe('the node entry', () => {
  let directory: string;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'weir-cli-'));
    writeFileSync(join(directory, 'weir.yaml'), 'targetAddr: localhost:3001\nlogLevel: warn\n');
    mkdirSync(join(directory, 'empty'));
  });

  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  function weir(cwd: string, ...args: string[]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [ENTRY, ...args], {
      cwd,
      env: {},
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  }

  it('reads weir.yaml of the working directory', () => {
    const { status, stdout, stderr } = weir(directory, 'config', 'explain');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^logLevel +warn +file weir.yaml:2$/m);
  });

  it('does without one, and delivers all it prints through a pipe', () => {
    const { status, stdout } = weir(join(directory, 'empty'), 'config', 'schema');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toHaveProperty('properties.targetAddr');
  });

  it('exits 2 with one line on standard error', () => {
    expect(
      weir(join(directory, 'empty'), 'proxy', '--config=weir.yml', '--target-addr=h:1'),
    ).toEqual({
      status: 2,
      stdout: '',
      stderr: 'weir: --config: cannot read "weir.yml": no such file\n',
    });
  });
});

/**
 * The log of real processes on each runtime, with readers that read, that stall and that leave.
 */

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { programPath, REPOSITORY } from '../fixtures/programs.ts';
import { cleanEnvironment } from '../fixtures/weir-process.ts';

const SCRIPT = `${REPOSITORY}/test/runtime/log-script.ts`;
/** More than a pipe holds and less than is kept for a reader that is slow. */
const MANY = 5000;
/** Three times what is kept. */
const FLOOD = 60_000;

const COMMANDS = {
  node: [programPath('node'), SCRIPT],
  bun: [programPath('bun'), SCRIPT],
  deno: [programPath('deno'), 'run', '-A', '--no-lock', SCRIPT],
} as const;

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

const children: Child[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function start(runtime: keyof typeof COMMANDS, how: string, count: number): Child {
  const [command, ...args] = COMMANDS[runtime];
  const child = spawn(command, [...args, how, String(count)], {
    stdio: 'pipe',
    env: cleanEnvironment(),
  });
  children.push(child);
  return child;
}

async function exitCode(child: Child): Promise<number | null> {
  const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
  return code as number | null;
}

interface Entry {
  readonly n?: number;
  readonly dropped?: number;
}

/** Each line by itself: one that came apart, or into another, does not parse. */
function parse(output: string): Entry[] {
  expect(output.endsWith('\n')).toBe(true);
  return output
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line) as Entry);
}

const numbers = (entries: readonly Entry[]) =>
  entries.flatMap(({ n }) => (n === undefined ? [] : n));
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

describe.each(['node', 'bun'] as const)('openLog on %s, shared', (runtime) => {
  it('keeps the lines of several processes apart, although the pipe is full again and again', async () => {
    const one = [...COMMANDS[runtime], 'exit', String(MANY), 'shared'].join("' '");
    const child = spawn('sh', ['-c', `'${one}' & '${one}' & '${one}' & wait`], {
      stdio: 'pipe',
      env: cleanEnvironment(),
    });
    children.push(child);
    const counts = new Map<number, number>();
    for (const n of numbers(parse(await text(child.stdout)))) {
      counts.set(n, (counts.get(n) ?? 0) + 1);
    }
    expect(counts.size).toBe(MANY);
    expect([...counts.values()].every((count) => count === 3)).toBe(true);
  });
});

describe.each(['node', 'bun', 'deno'] as const)('openLog on %s', (runtime) => {
  it('loses no line at the end, whatever a pipe takes at once', async () => {
    const child = start(runtime, 'exit', MANY);
    expect(numbers(parse(await text(child.stdout)))).toEqual(upTo(MANY));
    expect(await exitCode(child)).toBe(0);
  });

  it.each(['crash', 'reject'])('writes what waits when the process ends by a %s', async (how) => {
    const child = start(runtime, how, 100);
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
    expect(numbers(parse(output))).toEqual(upTo(100));
    expect(errors).toContain('crashed');
    expect(await exitCode(child)).not.toBe(0);
  });

  it('goes on without a reader that stalls, and tells it how many lines it has missed', async () => {
    const child = start(runtime, 'flood', FLOOD);
    // Nobody reads standard output before the process has written everything.
    await once(child.stderr, 'data');
    const output = text(child.stdout);
    let seen = 0;
    child.stdout.on('data', (bytes: Buffer) => {
      seen += bytes.includes('"dropped"') ? 1 : 0;
      if (seen > 0) child.stdin.end();
    });
    const entries = parse(await output);
    const kept = numbers(entries);
    const dropped = entries.reduce((sum, entry) => sum + (entry.dropped ?? 0), 0);
    expect(dropped).toBeGreaterThan(0);
    expect(kept.length + dropped).toBe(FLOOD);
    expect(kept).toEqual(upTo(kept.length));
    expect(await exitCode(child)).toBe(0);
  });

  it('survives a reader that goes away', async () => {
    const child = start(runtime, 'flood', FLOOD);
    child.stdout.destroy();
    await once(child.stderr, 'data');
    child.stdin.end();
    expect(await exitCode(child)).toBe(0);
  });

  it('loses nothing to a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'weir-log-'));
    try {
      const path = join(folder, 'log');
      const file = openSync(path, 'a');
      const [command, ...args] = COMMANDS[runtime];
      const child = spawn(command, [...args, 'flood', String(FLOOD)], {
        stdio: ['ignore', file, 'ignore'],
        env: cleanEnvironment(),
      });
      closeSync(file);
      await once(child, 'exit');
      expect(numbers(parse(readFileSync(path, 'utf8')))).toEqual(upTo(FLOOD));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

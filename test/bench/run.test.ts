import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Measurement, Skip } from '../../bench/measurements.ts';
import { findTool } from '../../bench/system/tools.ts';
import { type SpawnedProcess, spawnProcess } from '../fixtures/process.ts';
import { programPath, REPOSITORY } from '../fixtures/programs.ts';
import { eventually } from '../fixtures/wait.ts';

/** A quick run takes seconds; a busy machine takes its time. */
const RUN_TIMEOUT_MS = 120_000;

const PROGRAM = `${REPOSITORY}/bench/run.ts`;
let folder: string;
let temporary: string;
const started: SpawnedProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-bench-test-'));
  temporary = mkdtempSync(join(tmpdir(), 'weir-bench-test-'));
});
afterEach(async () => {
  for (const process of started.splice(0)) await process.stop();
  rmSync(folder, { recursive: true, force: true });
  rmSync(temporary, { recursive: true, force: true });
});

function bench(args: readonly string[], env: Record<string, string> = {}): SpawnedProcess {
  const process = spawnProcess(programPath('node'), [PROGRAM, ...args], {
    env: { PATH: globalThis.process.env.PATH, TMPDIR: temporary, ...env },
  });
  started.push(process);
  return process;
}

interface Kept {
  readonly measurements: readonly Measurement[];
  readonly skipped: readonly Skip[];
}

function results(): Kept {
  const name = readdirSync(folder).find((file) => file.endsWith('.json'));
  return JSON.parse(readFileSync(join(folder, name ?? 'no results'), 'utf8')) as Kept;
}

const QUICK_CALLS = [
  '--quick',
  '--source',
  '--only',
  'calls-32',
  '--candidates',
  'direct,weir-node',
];

describe('npm run bench', () => {
  it(
    'measures a workload with and without weir, writes the results and leaves nothing behind',
    async (context) => {
      if (findTool('wrk') === null) return context.skip('wrk is not installed');
      const process = bench([...QUICK_CALLS, '--out', folder]);
      const { code } = await process.exited;
      expect(code, process.output()).toBe(0);
      const { measurements, skipped } = results();
      expect(skipped).toEqual([]);
      expect(measurements.map(({ workload, candidate }) => `${workload} ${candidate}`)).toEqual([
        'calls-32 direct',
        'calls-32 weir-node',
      ]);
      for (const { figures } of measurements) expect(figures.requestsPerSecond).toBeGreaterThan(0);
      expect(measurements[1]?.figures.rssPeakMiB).toBeGreaterThan(0);
      expect(process.output()).toContain('| weir-node');
      expect(readdirSync(folder).sort()).toEqual([
        expect.stringMatching(/^\d{4}-\d\d-\d\d\.json$/),
        expect.stringMatching(/^\d{4}-\d\d-\d\d\.md$/),
      ]);
      expect(readdirSync(temporary).filter((name) => name.startsWith('weir-'))).toEqual([]);
    },
    RUN_TIMEOUT_MS,
  );

  it(
    'ends at a signal, takes what it started along and writes nothing',
    async (context) => {
      if (findTool('wrk') === null) return context.skip('wrk is not installed');
      if (globalThis.process.platform !== 'linux')
        return context.skip('only Linux tells the children of a process');
      const process = bench([...QUICK_CALLS, '--seconds', '600', '--out', folder]);
      await process.waitForLine((line) => line.includes('weir runs from src/'));
      // An upstream at least, and the load that would go on for minutes.
      await eventually(() => expect(childrenOf(process.pid).length).toBeGreaterThan(1));
      const children = childrenOf(process.pid);
      process.signal('SIGINT');
      expect(await process.exited).toEqual({ code: 130, signal: null });
      await eventually(() => expect(children.filter(isRunning)).toEqual([]));
      expect(readdirSync(folder)).toEqual([]);
      expect(readdirSync(temporary).filter((name) => name.startsWith('weir-bench-'))).toEqual([]);
    },
    RUN_TIMEOUT_MS,
  );

  it(
    'skips what the machine cannot do, with the package to install',
    async (context) => {
      if (hasToolBeside(['wrk'])) return context.skip('wrk is installed beside the ordinary PATH');
      const process = bench([...QUICK_CALLS, '--out', folder], { PATH: temporary });
      const { code } = await process.exited;
      expect(code, process.output()).toBe(1);
      expect(process.output()).toContain('nothing was measured');
      const reason = 'not installed: wrk (Debian package wrk)';
      expect(results().skipped).toEqual([
        { workload: 'calls-32', candidate: 'direct', reason },
        { workload: 'calls-32', candidate: 'weir-node', reason },
      ]);
    },
    RUN_TIMEOUT_MS,
  );

  it('says what is wrong with its command line and starts nothing', async () => {
    const process = bench(['--only', 'speed']);
    expect((await process.exited).code).toBe(2);
    expect(process.output()).toMatch(/^bench: --only: unknown name "speed", expected one of .+\n$/);
  });
});

/** Processes whose parent is `pid`; empty where the system does not say. */
function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return text === '' ? [] : text.split(' ').map(Number);
  } catch {
    return [];
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Whether a tool is found without any PATH. */
function hasToolBeside(tools: readonly Parameters<typeof findTool>[0][]): boolean {
  const path = process.env.PATH;
  process.env.PATH = '';
  try {
    return tools.some((tool) => findTool(tool) !== null);
  } finally {
    process.env.PATH = path;
  }
}

/**
 * The machine a run was made on: without it no figure means anything.
 *
 * @module
 */

import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { programPath, REPOSITORY } from '../../test/fixtures/programs.ts';
import { toolVersion, toolVersions } from './tools.ts';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  /** What is being measured, `unknown` outside a git checkout; `+` when files were changed since. */
  readonly commit: string;
  /** Load average of the minute before the run: above 0.5 others were at work. */
  readonly loadBefore: number;
  readonly versions: Readonly<Record<string, string>>;
}

/** From here on the machine is called busy. */
export const BUSY_LOAD = 0.5;

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.replace(/\s+/g, ' ').trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: `${type()} ${release()}`,
    commit: readCommit(),
    loadBefore: loadavg()[0] ?? 0,
    versions: { ...runtimeVersions(), ...toolVersions() },
  };
}

/** One line for the head of a table. */
export function machineLine(machine: Machine): string {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB`,
    machine.kernel,
    `commit ${machine.commit}`,
    `load before ${machine.loadBefore.toFixed(2)}`,
    versions.join(', '),
  ].join('; ');
}

function runtimeVersions(): Record<string, string> {
  const versions: Record<string, string> = {};
  for (const name of ['node', 'deno', 'bun', 'workerd'] as const) {
    try {
      const text = execFileSync(programPath(name), ['--version'], { encoding: 'utf8' });
      versions[name] = /\d+[.-]\d+[.-]\d+/.exec(text)?.[0] ?? '?';
    } catch {
      versions[name] = toolVersion(name, ['--version']);
    }
  }
  return versions;
}

function readCommit(): string {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: REPOSITORY, encoding: 'utf8', stdio: 'pipe' }).trim();
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no', '--', 'src') !== '';
    return `${git('rev-parse', '--short=12', 'HEAD')}${changed ? '+' : ''}`;
  } catch {
    return 'unknown';
  }
}

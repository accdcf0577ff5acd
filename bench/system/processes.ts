/**
 * The processes of a run: each starts on the core of its part, and every one is ended by its own
 * process id, whatever ends the run.
 *
 * @module
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import type { CorePlan, Part } from './cores.ts';
import { accepts } from './ports.ts';
import { Tail } from './tail.ts';
import { findTool } from './tools.ts';

/** A command line. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  /** Added to a small clean environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface Running {
  readonly pid: number;
  /** Standard input, for programs that are told when to end. */
  readonly input: NodeJS.WritableStream;
  /** Resolves with all of standard output; rejects when the exit code is not 0. */
  readonly finished: Promise<string>;
  /** Resolves once a line of standard output passes; rejects when the process ends first. */
  line(matches: (line: string) => boolean): Promise<string>;
  /** The end of what it wrote, both channels. */
  output(): string;
  readonly ended: boolean;
  stop(): Promise<void>;
}

/** SIGKILL follows SIGTERM after this time, in milliseconds. */
const STOP_GRACE_MS = 3000;
/** Until a server accepts connections, in milliseconds. */
const LISTEN_TIMEOUT_MS = 20_000;
const LISTEN_POLL_MS = 1;
/** Variables a program needs to run at all; nothing that could configure one by accident. */
const PASSED_ON = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'DENO_DIR', 'GOCACHE', 'GOPATH'];

export class Processes {
  readonly #plan: CorePlan;
  readonly #taskset: string | null;
  readonly #running = new Set<ChildProcess>();
  #closed = false;

  constructor(plan: CorePlan) {
    this.#plan = plan;
    this.#taskset = plan.cores === null ? null : findTool('taskset');
    // The last resort: whatever ends this process, nothing it started stays.
    process.once('exit', () => this.#killAll());
  }

  /** Whether the run is over: nothing more can be started. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Puts this process itself, which reads logs and drives the load, onto the load's core. */
  pinSelf(): void {
    if (this.#taskset === null || this.#plan.cores === null) return;
    const { load } = this.#plan.cores;
    spawnSync(this.#taskset, ['-a', '-c', '-p', String(load), String(process.pid)]);
  }

  /**
   * @param files limit of open files to start with; undefined leaves the one there is
   * @throws {Error} when the program cannot be started or the run is over
   */
  start(part: Part, launch: Launch, files?: number): Running {
    if (this.#closed) throw new Error('The run is over: nothing more is started');
    const [command, ...args] = this.#commandLine(part, launch, files);
    const child = spawn(command as string, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...cleanEnvironment(), ...launch.env },
      ...(launch.cwd === undefined ? {} : { cwd: launch.cwd }),
    });
    const { pid } = child;
    if (pid === undefined) {
      child.on('error', () => {});
      throw new Error(`Cannot start ${launch.command}: is it installed and executable?`);
    }
    this.#running.add(child);
    child.once('close', () => this.#running.delete(child));
    return follow(child, pid, launch.command);
  }

  /** Starts a program, waits until it ends and resolves with its output. */
  async run(part: Part, launch: Launch, timeoutMs: number): Promise<string> {
    const running = this.start(part, launch);
    running.input.end();
    const timer = setTimeout(() => void running.stop(), timeoutMs);
    try {
      return await running.finished;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Starts a server and waits until it accepts connections.
   *
   * @returns the process, and the time it took in milliseconds
   * @throws {Error} with its output when it ends or stays silent instead
   */
  async serve(
    part: Part,
    launch: Launch,
    port: number,
    files?: number,
  ): Promise<{ running: Running; startMs: number }> {
    const began = performance.now();
    const running = this.start(part, launch, files);
    running.finished.catch(() => {});
    for (;;) {
      if (await accepts(port)) return { running, startMs: performance.now() - began };
      if (running.ended) {
        throw new Error(`${launch.command} ended at its start: ${lastLine(running.output())}`);
      }
      if (performance.now() - began > LISTEN_TIMEOUT_MS) {
        await running.stop();
        throw new Error(`${launch.command} does not listen: ${lastLine(running.output())}`);
      }
      await new Promise((resolve) => setTimeout(resolve, LISTEN_POLL_MS));
    }
  }

  /** Ends everything that still runs and refuses to start more. Safe to call twice. */
  async stopAll(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#running].map(stop));
  }

  #commandLine(part: Part, launch: Launch, files: number | undefined): string[] {
    const pinned =
      this.#taskset === null || this.#plan.cores === null
        ? []
        : [this.#taskset, '-c', String(this.#plan.cores[part])];
    // `exec` keeps the process id: what is measured and stopped is the program itself.
    const raised =
      files === undefined ? [] : ['/bin/sh', '-c', 'ulimit -n "$0"; exec "$@"', String(files)];
    return [...pinned, ...raised, launch.command, ...launch.args];
  }

  #killAll(): void {
    for (const child of this.#running) child.kill('SIGKILL');
  }
}

function follow(child: ChildProcess, pid: number, name: string): Running {
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null) throw new Error('No pipes');
  const everything = new Tail();
  const out = new Tail();
  let ended = false;
  const watchers = new Set<() => void>();
  // The reader of a closed pipe is gone: that is no failure of the run.
  stdin.on('error', () => {});
  stdout.on('data', (chunk: Buffer) => {
    everything.push(chunk);
    out.push(chunk);
    for (const watcher of [...watchers]) watcher();
  });
  stderr.on('data', (chunk: Buffer) => everything.push(chunk));
  const closed = new Promise<number | null>((resolve) => {
    child.on('error', () => {});
    child.once('close', (code) => {
      ended = true;
      resolve(code);
      for (const watcher of [...watchers]) watcher();
    });
  });
  const finished = closed.then((code) => {
    if (code === 0) return out.text();
    throw new Error(`${name} ended with ${code ?? 'a signal'}: ${lastLine(everything.text())}`);
  });
  finished.catch(() => {});
  return {
    pid,
    input: stdin,
    finished,
    output: () => everything.text(),
    get ended() {
      return ended;
    },
    line: (matches) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          const found = out.text().split('\n').slice(0, -1).find(matches);
          if (found === undefined && !ended) return;
          watchers.delete(check);
          if (found !== undefined) resolve(found);
          else reject(new Error(`${name} ended too early: ${lastLine(everything.text())}`));
        };
        watchers.add(check);
        check();
      }),
    stop: () => stop(child),
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
  await closed;
  clearTimeout(timer);
}

function cleanEnvironment(): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of PASSED_ON) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  return env;
}

/** The last line of what a program wrote: where most programs say why they ended. */
export function lastLine(output: string): string {
  return output.trim().split('\n').at(-1) || '(no output)';
}

/**
 * A worker as the primary has it: a child process that runs the same program, with a channel for
 * messages.
 *
 * Settings travel over the channel. Neither flags nor `WEIR_…` variables are handed on, so that no
 * secret stands in a worker's command line or environment, and one that is started later gets what
 * the others got.
 *
 * @module
 */

import type { ToWorker } from './messages.ts';

/** The only argument of a worker: what `ps` shows. No command has this name. */
export const WORKER_ARGUMENT = 'worker-of-this-weir';

export interface WorkerProcess {
  readonly pid: number | undefined;
  /** Without effect when the process is gone. */
  send(message: ToWorker): void;
  /** At once. */
  kill(): void;
}

export interface WorkerEvents {
  message(value: unknown): void;
  /** Once, after the last message. `how` completes "the worker ended with …". */
  ended(how: string): void;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** The environment of a worker: all but what configures weir. */
export function withoutSettings(env: Variables): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('WEIR_')));
}

/** For {@link WorkerEvents.ended}. */
export function describeEnd(code: number | null, signal: string | null): string {
  return signal === null ? `exit code ${code}` : `signal ${signal}`;
}

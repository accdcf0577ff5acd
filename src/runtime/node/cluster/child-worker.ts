/**
 * A worker as the primary has it: a child process that runs the same program, with a channel for
 * messages and connections.
 *
 * @module
 */

import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import type { ToWorker } from '../../workers-pool/messages.ts';
import {
  describeEnd,
  WORKER_ARGUMENT,
  type WorkerEvents,
  type WorkerProcess,
  withoutSettings,
} from '../../workers-pool/worker-process.ts';

/** The type of the message that comes with a connection. */
export const CONNECTION_TYPE = 'connection';

/** How often the channel of a process that ended is looked at, in milliseconds. */
const CHANNEL_POLL_MS = 5;

/** Children that run: they must not outlive a primary that exits at once. */
const running = new Set<ChildProcess>();

function forget(child: ChildProcess): void {
  running.delete(child);
  if (running.size === 0) process.off('exit', killAll);
}

function killAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

export class ChildWorker implements WorkerProcess {
  readonly #child: ChildProcess;

  constructor(events: WorkerEvents) {
    const child = fork(process.argv[1] as string, [WORKER_ARGUMENT], {
      env: withoutSettings(process.env),
      // Log lines go out without a detour; see LineOutput.
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child = child;
    if (running.size === 0) process.on('exit', killAll);
    running.add(child);
    child.on('message', (message) => events.message(message));
    child.once('exit', (code, signal) => {
      forget(child);
      // What it had said last may still be on its way. Node puts the event `disconnect` off for
      // ever when a connection was on its way to the process, so the state is asked for instead.
      const tell = () => {
        if (child.connected) setTimeout(tell, CHANNEL_POLL_MS);
        else events.ended(describeEnd(code, signal));
      };
      tell();
    });
    child.on('error', (error) => {
      // Also comes of messages to a process that has just ended, which is told by its end.
      if (child.pid !== undefined) return;
      forget(child);
      events.ended((error as NodeJS.ErrnoException).code ?? error.message);
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  send(message: ToWorker): void {
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  /** Sends a connection. It stays open here too, until the worker has it. */
  hand(socket: Socket): void {
    if (!this.#child.connected) return;
    this.#child.send({ type: CONNECTION_TYPE }, socket, { keepOpen: true }, () => {});
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

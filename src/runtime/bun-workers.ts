/**
 * Several workers on Bun. Each has a socket of its own on the one port, and the kernel shares
 * connections out among them (SO_REUSEPORT); the primary serves metrics and health for all.
 *
 * @module
 */

import { formatListenAddress, parseListenAddress } from '../config/address.ts';
import type { ProxySettings } from '../config/settings.ts';
import { listenOnBun } from './bun-listener.ts';
import type { BunNamespace, BunProcess, BunSubprocess } from './bun-types.ts';
import type { ReadTextFile } from './certificate-files.ts';
import { listenerUrl } from './listen-address.ts';
import type { RunningProxy } from './platform.ts';
import type { ToWorker } from './workers-pool/messages.ts';
import { type PrimaryPorts, runPrimary, type TakenPort } from './workers-pool/primary.ts';
import type { PrimaryLink } from './workers-pool/worker.ts';
import {
  describeEnd,
  WORKER_ARGUMENT,
  type WorkerEvents,
  type WorkerProcess,
  withoutSettings,
} from './workers-pool/worker-process.ts';

declare const Bun: BunNamespace;
declare const process: BunProcess;

export interface BunWorkersPorts extends PrimaryPorts {
  readonly readTextFile: ReadTextFile;
  /** Variables every worker starts with. */
  readonly env: Readonly<Record<string, string>>;
}

/** @throws {StartError} one line, whether it concerns the primary or a worker */
export function startBunWorkers(
  settings: ProxySettings,
  workers: number,
  ports: BunWorkersPorts,
): Promise<RunningProxy> {
  return runPrimary(settings, {
    ...ports,
    workers,
    takePort: () => takePort(settings, ports),
    host: { spawn: (events) => new BunWorker(events, ports.env) },
  });
}

/** Asks for the port alone and gives it back: one shared by mistake would not be refused. */
async function takePort(
  settings: ProxySettings,
  { readTextFile, logger }: BunWorkersPorts,
): Promise<TakenPort> {
  const address = parseListenAddress(settings.listenAddr);
  const listener = await listenOnBun({
    address: settings.listenAddr,
    option: '--listen-addr',
    tls: null,
    readTextFile,
    logger,
    handler: () => new Response(null, { status: 503 }),
  });
  await listener.close(0);
  const { port } = listener;
  return {
    url: listenerUrl(address, port, settings.tls.enabled),
    settings: { ...settings, listenAddr: formatListenAddress({ ...address, port }) },
    // Each worker closes its own.
    close() {},
  };
}

/** Children that run: they must not outlive a primary that exits at once. */
const running = new Set<BunSubprocess>();

function killAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

class BunWorker implements WorkerProcess {
  readonly #child: BunSubprocess;

  constructor(events: WorkerEvents, env: Readonly<Record<string, string>>) {
    // What it said last may still be on its way when it has exited.
    let how: string | null = null;
    let isClosed = false;
    const tell = () => {
      if (how !== null && isClosed) events.ended(how);
    };
    const child = Bun.spawn({
      cmd: [process.execPath, ...process.execArgv, process.argv[1] as string, WORKER_ARGUMENT],
      env: { ...withoutSettings(Bun.env), ...env },
      stdio: ['ignore', 'inherit', 'inherit'],
      ipc: (message) => events.message(message),
      onExit: (_child, code) => {
        running.delete(child);
        if (running.size === 0) process.off('exit', killAll);
        how = describeEnd(code, child.signalCode);
        tell();
      },
      onDisconnect: () => {
        isClosed = true;
        tell();
      },
    });
    this.#child = child;
    if (running.size === 0) process.on('exit', killAll);
    running.add(child);
  }

  get pid(): number {
    return this.#child.pid;
  }

  send(message: ToWorker): void {
    try {
      this.#child.send(message);
    } catch {
      // It has just ended, and will be told of.
    }
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

/** The way to the primary; null when this process was not started as a worker. */
export function connectToPrimary(): PrimaryLink | null {
  if (Bun.argv[2] !== WORKER_ARGUMENT || process.send === undefined) return null;
  return {
    async send(message) {
      try {
        process.send?.(message);
      } catch {
        // The primary is gone, and with it soon this process.
      }
    },
    onMessage: (handler) => void process.on('message', handler),
    closed: new Promise((resolve) => process.on('disconnect', resolve)),
  };
}

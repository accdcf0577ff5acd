/**
 * The worker's end: it finds out that it is one, and serves the connections it is handed.
 *
 * @module
 */

import { Socket } from 'node:net';
import type { ProxySettings } from '../../../config/settings.ts';
import type { Logger } from '../../../telemetry/log.ts';
import { readClientAuthorities } from '../../client-authorities.ts';
import type { ProcessPorts } from '../../process-policies.ts';
import { type PrimaryLink, runWorker } from '../../workers-pool/worker.ts';
import { WORKER_ARGUMENT } from '../../workers-pool/worker-process.ts';
import { type FedListener, feedOnNode } from '../listener.ts';
import { readProcess } from '../process-reading.ts';
import { createTraffic } from '../traffic.ts';
import { CONNECTION_TYPE } from './child-worker.ts';

/** What a platform does differently in a worker. */
export interface WorkerSide {
  readonly serve: (createLogger: (settings: ProxySettings) => Logger) => Promise<boolean>;
}

/** Null when this process was not started as a worker. */
export function connectToPrimary(platform: Omit<ProcessPorts, 'worker'>): WorkerSide | null {
  if (process.argv[2] !== WORKER_ARGUMENT || process.send === undefined) return null;
  return { serve: (createLogger) => serve(createLogger, platform) };
}

function serve(
  createLogger: (settings: ProxySettings) => Logger,
  platform: Omit<ProcessPorts, 'worker'>,
): Promise<boolean> {
  const { readTextFile } = platform;
  // A terminal and some supervisors signal every process; when to end is the primary's decision.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => {});
  let feed: FedListener | null = null;
  const link: PrimaryLink = {
    send,
    onMessage(handler) {
      process.on('message', (message, socket) => {
        if ((message as { type?: unknown } | null)?.type !== CONNECTION_TYPE) {
          handler(message);
          return;
        }
        // Absent when the client has left meanwhile.
        if (socket instanceof Socket) {
          if (feed === null) socket.destroy();
          else feed.accept(socket);
        }
        void send({ type: 'accepted' });
      });
    },
    closed: new Promise((resolve) => process.once('disconnect', resolve)),
  };
  return runWorker({
    runtime: 'node',
    link,
    createLogger,
    readProcess,
    platform,
    async startTraffic(settings, options, logger) {
      const traffic = await createTraffic(settings, options, readTextFile);
      const listener = await feedOnNode({
        tls: settings.tls.enabled ? settings.tls : null,
        clients: await readClientAuthorities(settings, readTextFile),
        readTextFile,
        logger,
        handler: traffic.handle,
      });
      feed = listener;
      return {
        async close(graceMs) {
          traffic.endStreams();
          await listener.close(graceMs);
          await traffic.release();
        },
      };
    },
  });
}

function send(message: Parameters<PrimaryLink['send']>[0]): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected) resolve();
    else process.send?.(message, undefined, undefined, () => resolve());
  });
}

/**
 * Node as a platform: processes, files, signals, and the two shells behind one listener.
 *
 * @module
 */

import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { availableParallelism } from 'node:os';
import { getRequestListener } from '@hono/node-server';
import { parseTarget, type TargetAddress } from '../../config/address.ts';
import type { ProxySettings } from '../../config/settings.ts';
import type { Logger } from '../../telemetry/log.ts';
import { type AdminHandler, compose } from '../compose.ts';
import type { Platform, RunningProxy } from '../platform.ts';
import { type Listener, runProxy } from '../running-proxy.ts';
import { startCluster } from './cluster/primary.ts';
import { connectToPrimary } from './cluster/worker.ts';
import { listenOnNode, type RequestListener } from './listener.ts';
import { readProcess } from './process-reading.ts';
import { peerOf } from './shell.ts';
import { createTraffic, type NodeEnvironment } from './traffic.ts';

async function startProxy(settings: ProxySettings, logger: Logger): Promise<RunningProxy> {
  const target = parseTarget(settings.targetAddr);
  const probeTarget = (signal: AbortSignal) => probe(target, signal);
  // Limits of a container's CPU count: Node asks the cgroup.
  const workers = settings.workers === 'auto' ? availableParallelism() : settings.workers;
  if (workers > 1) {
    return startCluster(settings, workers, {
      logger,
      probe: probeTarget,
      readProcess,
      listenForAdmin: (admin) => listenForAdmin(settings, logger, admin),
    });
  }
  const { proxyOptions, health, admin } = compose(settings, {
    runtime: 'node',
    logger,
    probe: probeTarget,
    readProcess,
  });
  const traffic = await createTraffic(settings, proxyOptions, readTextFile);
  return runProxy({
    health,
    listenForTraffic: () =>
      listenOnNode({
        address: settings.listenAddr,
        option: '--listen-addr',
        tls: settings.tls.enabled ? settings.tls : null,
        readTextFile,
        logger,
        handler: traffic.handle,
      }),
    listenForAdmin: () => listenForAdmin(settings, logger, admin),
    shutdownGraceMs: settings.shutdownGrace,
    endStreams: () => traffic.endStreams(),
    release: () => traffic.release(),
  });
}

function listenForAdmin(
  settings: ProxySettings,
  logger: Logger,
  admin: AdminHandler,
): Promise<Listener> {
  return listenOnNode({
    address: settings.metricsAddr,
    option: '--metrics-addr',
    tls: null,
    readTextFile,
    logger,
    handler: getRequestListener(
      (request, env) => admin(request, peerOf((env as NodeEnvironment).incoming)),
      { overrideGlobalObjects: false },
    ) as RequestListener,
  });
}

/** A TCP connection to the upstream, opened and closed: what readiness means. */
function probe(target: TargetAddress, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: target.port, host: target.host });
    signal.addEventListener('abort', () => socket.destroy(new Error('no connection in time')));
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}

function readTextFile(path: string): Promise<string> {
  return readFile(path, 'utf8');
}

/** Null unless this process is one of several workers. */
const worker = connectToPrimary(readTextFile);

export const nodePlatform: Platform = {
  name: 'node',
  version: process.versions.node,
  args: process.argv.slice(2),
  env: process.env,
  stdoutIsTerminal: process.stdout.isTTY === true,
  writeOut: worker?.writeOut ?? ((text) => void process.stdout.write(text)),
  writeErr: (text) => void process.stderr.write(text),
  readTextFile,
  exit(code) {
    worker?.flush();
    process.exit(code);
  },
  onSignal: (signal, handler) => void process.on(signal, handler),
  startProxy,
  ...(worker === null ? {} : { serveAsWorker: worker.serve }),
};

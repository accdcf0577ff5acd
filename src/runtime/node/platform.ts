/**
 * Node as a platform: processes, files, signals, and the two shells behind one listener.
 *
 * @module
 */

import * as fs from 'node:fs/promises';
import { connect } from 'node:net';
import { availableParallelism } from 'node:os';
import { text } from 'node:stream/consumers';
import { parseTarget, type TargetAddress } from '../../config/address.ts';
import type { ProxySettings } from '../../config/settings.ts';
import type { Logger } from '../../telemetry/log.ts';
import { readFileChunks } from '../audit-file.ts';
import { readClientAuthorities } from '../client-authorities.ts';
import { type AdminHandler, compose } from '../compose.ts';
import type { Platform, RunningProxy } from '../platform.ts';
import { createProcessPolicies, type ProcessPorts, readSecret } from '../process-policies.ts';
import { type Listener, runProxy } from '../running-proxy.ts';
import { adminListener } from './admin-listener.ts';
import { startCluster } from './cluster/primary.ts';
import { connectToPrimary } from './cluster/worker.ts';
import { listenOnNode } from './listener.ts';
import { logLines } from './log-lines.ts';
import { readProcess } from './process-reading.ts';
import { createTraffic } from './traffic.ts';

async function startProxy(settings: ProxySettings, logger: Logger): Promise<RunningProxy> {
  const target = parseTarget(settings.targetAddr);
  const probeTarget = (signal: AbortSignal) => probe(target, signal);
  // Limits of a container's CPU count: Node asks the cgroup.
  const workers = settings.workers === 'auto' ? availableParallelism() : settings.workers;
  if (workers > 1) {
    return startCluster(settings, workers, {
      runtime: 'node',
      logger,
      probe: probeTarget,
      readProcess,
      readSecret: (source) => readSecret(source, PROCESS_PORTS),
      listenForAdmin: (admin) => listenForAdmin(settings, logger, admin),
    });
  }
  const { proxyOptions, health, admin, live, close } = await compose(settings, {
    runtime: 'node',
    logger,
    probe: probeTarget,
    readProcess,
    readSecret: (source) => readSecret(source, PROCESS_PORTS),
    createPolicies: (given, context) =>
      createProcessPolicies(given, context, { ...PROCESS_PORTS, worker: 0 }),
  });
  const traffic = await createTraffic(settings, proxyOptions, readTextFile);
  const clients = await readClientAuthorities(settings, readTextFile);
  return runProxy({
    health,
    listenForTraffic: () =>
      listenOnNode({
        address: settings.listenAddr,
        option: '--listen-addr',
        tls: settings.tls.enabled ? settings.tls : null,
        clients,
        readTextFile,
        logger,
        handler: traffic.handle,
      }),
    listenForAdmin: () => listenForAdmin(settings, logger, admin),
    live,
    shutdownGraceMs: settings.shutdownGrace,
    endStreams: () => traffic.endStreams(),
    async release() {
      await traffic.release();
      await close();
    },
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
    handler: adminListener(admin),
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
  return fs.readFile(path, 'utf8');
}

const PROCESS_PORTS: Omit<ProcessPorts, 'worker'> = {
  env: process.env,
  readTextFile,
  writeLines: (text) => logLines.deliver(text),
  getBuiltinModule: (name) => process.getBuiltinModule(name),
};

/** Null unless this process is one of several workers. */
const worker = connectToPrimary(PROCESS_PORTS);

export const nodePlatform: Platform = {
  name: 'node',
  version: process.versions.node,
  args: process.argv.slice(2),
  env: process.env,
  stdoutIsTerminal: process.stdout.isTTY === true,
  stderrIsTerminal: process.stderr.isTTY === true,
  terminalSize() {
    const { isTTY, columns, rows } = process.stdout;
    return isTTY === true ? { columns, rows } : null;
  },
  writeOut: (text) => void process.stdout.write(text),
  writeErr: (text) => void process.stderr.write(text),
  openLog(onLoss, isShared) {
    // Comes at every end, that by an error included.
    process.on('exit', () => logLines.flushAtExit());
    return logLines.open(onLoss, isShared);
  },
  readTextFile,
  readFileChunks: (path) => readFileChunks(fs, path),
  readStdin: () => text(process.stdin),
  exit: (code) => process.exit(code),
  onSignal: (signal, handler) => void process.on(signal, handler),
  startProxy,
  ...(worker === null ? {} : { serveAsWorker: worker.serve }),
};

/**
 * Node as a platform: processes, files, signals, and the two shells behind one listener.
 *
 * @module
 */

import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { parseTarget, type TargetAddress } from '../../config/address.ts';
import type { ProxySettings } from '../../config/settings.ts';
import type { ProxyOptions } from '../../roles/proxy/options.ts';
import { createProxy } from '../../roles/proxy/proxy.ts';
import { ProxyCore } from '../../roles/proxy/proxy-core.ts';
import type { Logger } from '../../telemetry/log.ts';
import type { ProcessReading } from '../../telemetry/process-metrics.ts';
import { compose } from '../compose.ts';
import type { Platform, RunningProxy } from '../platform.ts';
import { runProxy } from '../running-proxy.ts';
import { readUpstreamAuthorities } from '../upstream-authorities.ts';
import { listenOnNode, type RequestListener } from './listener.ts';
import { type AnyRequest, NodeShell, peerOf, requestHeaders } from './shell.ts';
import { poolUpstream, UpstreamPool } from './upstream-pool.ts';

async function startProxy(settings: ProxySettings, logger: Logger): Promise<RunningProxy> {
  const target = parseTarget(settings.targetAddr);
  const { proxyOptions, health, admin } = compose(settings, {
    runtime: 'node',
    logger,
    probe: (signal) => probe(target, signal),
    readProcess,
  });
  const pool = new UpstreamPool(target, {
    connectTimeoutMs: settings.timeouts.connect,
    authorities: await readUpstreamAuthorities(settings.upstream, readTextFile),
    serverName: settings.upstream.serverName,
  });
  const shell =
    settings.nodeShell === 'native'
      ? new NodeShell(new ProxyCore(proxyOptions), pool)
      : fetchShell(proxyOptions, pool);
  return runProxy({
    health,
    listenForTraffic: () =>
      listenOnNode({
        address: settings.listenAddr,
        option: '--listen-addr',
        tls: settings.tls.enabled ? settings.tls : null,
        readTextFile,
        logger,
        handler: shell.handle,
      }),
    listenForAdmin: () =>
      listenOnNode({
        address: settings.metricsAddr,
        option: '--metrics-addr',
        tls: null,
        readTextFile,
        logger,
        handler: getRequestListener(
          (request, env) => admin(request, peerOf((env as NodeEnvironment).incoming)),
          { overrideGlobalObjects: false },
        ) as RequestListener,
      }),
    shutdownGraceMs: settings.shutdownGrace,
    endStreams: () => shell.endStreams(),
    release: () => pool.destroy(),
  });
}

/** What `@hono/node-server` hands over beside the request. */
interface NodeEnvironment {
  readonly incoming: AnyRequest;
}

/** The fetch shell behind `node:http`, for comparison with the native one. */
function fetchShell(
  options: ProxyOptions,
  pool: UpstreamPool,
): { handle: RequestListener; endStreams: () => void } {
  const proxy = createProxy({ ...options, upstream: poolUpstream(pool) });
  const handle = getRequestListener(
    (request, env) => {
      const { incoming } = env as NodeEnvironment;
      return proxy.handle(request, {
        peer: peerOf(incoming),
        httpVersion: incoming.httpVersion,
        rawHeaders: requestHeaders(incoming),
      });
    },
    { overrideGlobalObjects: false },
  ) as RequestListener;
  return { handle, endStreams: proxy.endStreams };
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

function readProcess(): ProcessReading {
  const cpu = process.cpuUsage();
  const memory = process.memoryUsage();
  return {
    cpuUserSeconds: cpu.user / 1e6,
    cpuSystemSeconds: cpu.system / 1e6,
    residentBytes: memory.rss,
    heapUsedBytes: memory.heapUsed,
    startTimeSeconds: START_TIME_SECONDS,
    ...openFiles(),
  };
}

const START_TIME_SECONDS = performance.timeOrigin / 1000;

/** Linux tells open descriptors as directory entries; elsewhere the metric is left out. */
function openFiles(): { openFds?: number } {
  try {
    return { openFds: readdirSync('/proc/self/fd').length };
  } catch {
    return {};
  }
}

export const nodePlatform: Platform = {
  name: 'node',
  version: process.versions.node,
  args: process.argv.slice(2),
  env: process.env,
  stdoutIsTerminal: process.stdout.isTTY === true,
  writeOut: (text) => void process.stdout.write(text),
  writeErr: (text) => void process.stderr.write(text),
  readTextFile,
  exit: (code) => process.exit(code),
  onSignal: (signal, handler) => void process.on(signal, handler),
  startProxy,
};

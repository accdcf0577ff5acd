/**
 * Bun as a platform: files, signals, and the proxy behind `Bun.serve`.
 *
 * @module
 */

import { toResponse } from '../admin/answers.ts';
import { parseTarget, type TargetAddress } from '../config/address.ts';
import type { ProxySettings } from '../config/settings.ts';
import type { ProxyOptions } from '../roles/proxy/options.ts';
import { createProxy } from '../roles/proxy/proxy.ts';
import type { Logger } from '../telemetry/log.ts';
import type { ProcessReading } from '../telemetry/process-metrics.ts';
import { type FileSystem, readFileChunks } from './audit-file.ts';
import { listenOnBun } from './bun-listener.ts';
import { createBunResponse } from './bun-response.ts';
import type { BunFetchOptions, BunNamespace, BunProcess, BunServer } from './bun-types.ts';
import { createTcpUpstream, type TcpUpstream } from './bun-upstream/tcp-upstream.ts';
import { connectToPrimary, startBunWorkers } from './bun-workers.ts';
import { type AdminHandler, compose } from './compose.ts';
import { LineOutput } from './line-output.ts';
import { plainAddress } from './listen-address.ts';
import { type Platform, type RunningProxy, StartError } from './platform.ts';
import { createProcessPolicies, type ProcessPorts, readSecret } from './process-policies.ts';
import { toProcessReading } from './process-reading.ts';
import { type Listener, runProxy } from './running-proxy.ts';
import { describeStandardOutput } from './standard-output.ts';
import { readUpstreamAuthorities } from './upstream-authorities.ts';
import { refuseHead } from './web-head.ts';
import { createWebUpstream } from './web-upstream.ts';
import { type PrimaryLink, runWorker } from './workers-pool/worker.ts';

declare const Bun: BunNamespace;
declare const process: BunProcess;

/** Bun reads the number of requests `fetch` runs at a time from here, once, as it starts. */
const FETCH_LIMIT_VARIABLE = 'BUN_CONFIG_MAX_HTTP_REQUESTS';
/** The highest it takes. Every open stream holds one of them. */
const FETCH_LIMIT = 65_535;

/**
 * A look at `request.signal` costs as much as reading a body, and one who left before it is noticed
 * all the same, so most exchanges are over before it is taken. In milliseconds.
 */
const UNWATCHED_MS = 20;

async function startProxy(settings: ProxySettings, logger: Logger): Promise<RunningProxy> {
  const target = parseTarget(settings.targetAddr);
  refuseWhatBunCannot(settings);
  const workers =
    settings.workers === 'auto'
      ? process.getBuiltinModule('node:os').availableParallelism()
      : settings.workers;
  if (workers > 1) {
    return startBunWorkers(settings, workers, {
      runtime: 'bun',
      logger,
      probe: () => probe(target),
      readProcess,
      readSecret: (source) => readSecret(source, PROCESS_PORTS),
      readTextFile,
      listenForAdmin: (admin) => listenForAdmin(settings, logger, admin),
      env: { [FETCH_LIMIT_VARIABLE]: Bun.env[FETCH_LIMIT_VARIABLE] ?? String(FETCH_LIMIT) },
    });
  }
  if (target.scheme === 'https') raiseFetchLimit(logger);
  const { proxyOptions, health, admin, live, close } = await compose(settings, {
    runtime: 'bun',
    logger,
    probe: () => probe(target),
    readProcess,
    readSecret: (source) => readSecret(source, PROCESS_PORTS),
    createPolicies: (given, context) =>
      createProcessPolicies(given, context, { ...PROCESS_PORTS, worker: 0 }),
  });
  const traffic = await createTraffic(settings, proxyOptions, logger);
  return runProxy({
    health,
    listenForTraffic: () => traffic.listen(false),
    listenForAdmin: () => listenForAdmin(settings, logger, admin),
    live,
    shutdownGraceMs: settings.shutdownGrace,
    endStreams: traffic.endStreams,
    async release() {
      traffic.closeUpstream();
      await close();
    },
  });
}

/** Settings Bun has no means for are refused, never passed over. */
function refuseWhatBunCannot({ tls }: ProxySettings): void {
  if (tls.clientCaFile === null) return;
  throw new StartError(
    'cannot set --tls-client-ca-file on Bun: it does not tell whose certificate a request came with; run weir on Node, or let a proxy in front check certificates',
  );
}

interface Traffic {
  /** @param shared whether other workers listen on the port, too */
  readonly listen: (shared: boolean) => Promise<Listener>;
  readonly endStreams: () => void;
  readonly closeUpstream: () => void;
}

/**
 * Connections of our own, or over TLS `fetch`, whose verification of certificates is Bun's.
 *
 * @throws {StartError} when the CA file cannot be used
 */
async function createUpstream(settings: ProxySettings): Promise<TcpUpstream> {
  const target = parseTarget(settings.targetAddr);
  if (target.scheme === 'http') return createTcpUpstream(target);
  const options = await fetchOptions(settings);
  return {
    upstream: createWebUpstream({
      send: (url, init) => fetch(url, { ...init, ...options } as RequestInit),
      codings: 'raw',
      sendsHost: true,
      blanked: ['user-agent'],
      sizedStream: 'field',
    }),
    close: () => {},
  };
}

/** @throws {StartError} when the CA file cannot be used */
async function createTraffic(
  settings: ProxySettings,
  proxyOptions: ProxyOptions,
  logger: Logger,
): Promise<Traffic> {
  const { upstream, close } = await createUpstream(settings);
  const proxy = createProxy({ ...proxyOptions, createResponse: createBunResponse, upstream });
  return {
    endStreams: proxy.endStreams,
    closeUpstream: close,
    listen: (shared) =>
      listenOnBun({
        address: settings.listenAddr,
        option: '--listen-addr',
        tls: settings.tls.enabled ? settings.tls : null,
        readTextFile,
        logger,
        handler: (request, server) =>
          refuseHead(request) ??
          proxy.handle(request, {
            peer: peerOf(server, request),
            watchAfterMs: UNWATCHED_MS,
            closesSilently: true,
          }),
        shared,
      }),
  };
}

function listenForAdmin(
  settings: ProxySettings,
  logger: Logger,
  admin: AdminHandler,
): Promise<Listener> {
  return listenOnBun({
    address: settings.metricsAddr,
    option: '--metrics-addr',
    tls: null,
    readTextFile,
    logger,
    handler: async (request, server) =>
      refuseHead(request) ??
      toResponse(request.method, await admin(request, peerOf(server, request))),
  });
}

/** The life of one of several workers. */
function serveAsWorker(
  link: PrimaryLink,
  createLogger: (settings: ProxySettings) => Logger,
): Promise<boolean> {
  // A terminal and some supervisors signal every process; when to end is the primary's decision.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => {});
  return runWorker({
    runtime: 'bun',
    link,
    createLogger,
    readProcess,
    platform: PROCESS_PORTS,
    async startTraffic(settings, options, logger) {
      const traffic = await createTraffic(settings, options, logger);
      const listener = await traffic.listen(true);
      return {
        async close(graceMs) {
          traffic.endStreams();
          await listener.close(graceMs);
          traffic.closeUpstream();
        },
      };
    },
  });
}

function peerOf(server: BunServer, request: Request): string | null {
  return plainAddress(server.requestIP(request)?.address);
}

/** @throws {StartError} when the CA file cannot be used */
async function fetchOptions({ upstream }: ProxySettings): Promise<BunFetchOptions> {
  const ca = await readUpstreamAuthorities(upstream, readTextFile);
  return {
    decompress: false,
    tls: {
      ...(ca === null ? {} : { ca }),
      ...(upstream.serverName === null ? {} : { serverName: upstream.serverName }),
    },
  };
}

/** A TCP connection to the upstream, opened and closed: what readiness means. */
async function probe(target: TargetAddress): Promise<void> {
  const socket = await Bun.connect({
    hostname: target.host,
    port: target.port,
    socket: { open() {}, data() {}, drain() {}, close() {}, error() {}, connectError() {} },
    data: null,
  });
  socket.end();
}

function readProcess(): ProcessReading {
  return {
    ...toProcessReading(
      process.cpuUsage(),
      process.memoryUsage(),
      () => files.readdirSync('/proc/self/fd').length,
    ),
    logLinesDropped: lines.dropped,
  };
}

const files = process.getBuiltinModule('node:fs');

function readTextFile(path: string): Promise<string> {
  return Bun.file(path).text();
}

/** Written at once: what `process.stdout` still holds is lost when the process exits. */
function write(fd: number, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let taken = 0; taken < bytes.length; ) {
    try {
      taken += files.writeSync(fd, bytes.subarray(taken));
    } catch (error) {
      // A full pipe makes room; anything else means that whoever read it is gone.
      if ((error as { code?: string }).code !== 'EAGAIN') return;
    }
  }
}

/**
 * Bun's `fetch` runs 256 requests at a time, and streams that stay open count. The limit is only
 * read as Bun starts, so the process starts over, in place, with a higher one.
 */
function raiseFetchLimit(logger: Logger): void {
  if (Bun.env[FETCH_LIMIT_VARIABLE] !== undefined) return;
  const args = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  try {
    process.execve(process.execPath, args, {
      ...Bun.env,
      [FETCH_LIMIT_VARIABLE]: String(FETCH_LIMIT),
    });
  } catch {
    logger.warn(
      `at most 256 exchanges run at a time: set ${FETCH_LIMIT_VARIABLE}=${FETCH_LIMIT} before Bun starts`,
    );
  }
}

const lines = new LineOutput(describeStandardOutput((fd, bytes) => files.writeSync(fd, bytes)));

const PROCESS_PORTS: Omit<ProcessPorts, 'worker'> = {
  env: Bun.env,
  readTextFile,
  writeLines: (text) => lines.deliver(text),
  getBuiltinModule: (name) => process.getBuiltinModule(name),
};

/** Null unless this process is one of several workers. */
const primary = connectToPrimary();

export const bunPlatform: Platform = {
  name: 'bun',
  version: Bun.version,
  args: Bun.argv.slice(2),
  env: Bun.env,
  stdoutIsTerminal: process.stdout.isTTY === true,
  stderrIsTerminal: process.stderr.isTTY === true,
  terminalSize() {
    const { isTTY, columns = 80, rows = 24 } = process.stdout;
    return isTTY === true ? { columns, rows } : null;
  },
  writeOut: (text) => write(1, text),
  writeErr: (text) => write(2, text),
  openLog(onLoss, isShared) {
    process.on('exit', () => lines.flushAtExit());
    return lines.open(onLoss, isShared);
  },
  readTextFile,
  readFileChunks: (path) =>
    readFileChunks(process.getBuiltinModule('node:fs/promises') as FileSystem, path),
  readStdin: () => Bun.stdin.text(),
  exit: (code) => process.exit(code),
  onSignal: (signal, handler) => void process.on(signal, handler),
  startProxy,
  ...(primary === null
    ? {}
    : { serveAsWorker: (createLogger) => serveAsWorker(primary, createLogger) }),
};

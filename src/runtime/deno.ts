/**
 * Deno as a platform: permissions, files, signals, and the proxy behind `Deno.serve`.
 *
 * Needs the permissions net and env, and read for the files it is configured to read; never asks
 * for one. Two flags make it better: `--unstable-net` (certificates are swapped with both
 * listeners open) and `--unstable-no-legacy-abort` (without it Deno prints one warning that
 * `request.signal` aborts after success too; weir knows).
 *
 * @module
 */

import { toResponse } from '../admin/answers.ts';
import { parseTarget, type TargetAddress } from '../config/address.ts';
import type { ProxySettings } from '../config/settings.ts';
import { createProxy } from '../roles/proxy/proxy.ts';
import type { Logger } from '../telemetry/log.ts';
import type { ProcessReading } from '../telemetry/process-metrics.ts';
import { type FileSystem, readFileChunks } from './audit-file.ts';
import { compose } from './compose.ts';
import { listenOnDeno } from './deno-listener.ts';
import type { DenoHttpClient, DenoNamespace, DenoWriter } from './deno-types.ts';
import { LineOutput } from './line-output.ts';
import { plainAddress } from './listen-address.ts';
import { type Platform, type RunningProxy, StartError } from './platform.ts';
import { createProcessPolicies, type ProcessPorts, readSecret } from './process-policies.ts';
import { toProcessReading } from './process-reading.ts';
import { runProxy } from './running-proxy.ts';
import { readUpstreamAuthorities } from './upstream-authorities.ts';
import { refuseHead } from './web-head.ts';
import { createWebUpstream } from './web-upstream.ts';

declare const Deno: DenoNamespace;

/**
 * An idle upstream connection is given up after this, in milliseconds: before common servers close
 * it (Node's after 5 s), so that a request does not meet a connection just being closed.
 */
const POOL_IDLE_MS = 3000;

/**
 * A look at `request.signal` costs a third of a short exchange (Deno 2.9), so most are over before
 * it is taken. In milliseconds.
 */
const UNWATCHED_MS = 20;

/** A write takes a turn of the event loop, so it takes along what has come since the last one. */
const MAX_LOG_WRITE_BYTES = 262_144;

async function startProxy(settings: ProxySettings, logger: Logger): Promise<RunningProxy> {
  const target = parseTarget(settings.targetAddr);
  refuseWhatDenoCannot(settings, target);
  if (settings.workers === 'auto') logger.info('one worker: on Deno processes cannot share a port');
  const client = await createClient(settings, target, logger);
  const { proxyOptions, health, admin, live, close } = await compose(settings, {
    runtime: 'deno',
    logger,
    probe: () => probe(target),
    readProcess,
    readSecret: (source) => readSecret(source, PROCESS_PORTS),
    createPolicies: (given, context) => createProcessPolicies(given, context, PROCESS_PORTS),
  });
  const proxy = createProxy({
    ...proxyOptions,
    upstream: createWebUpstream({
      send: (url, init) => fetch(url, { ...init, client } as RequestInit),
      codings: 'raw-behind-identity',
      sendsHost: settings.preserveHost,
      blanked: ['user-agent'],
      // Deno frames every stream as chunked, whatever Content-Length says.
      sizedStream: null,
    }),
  });
  return runProxy({
    health,
    listenForTraffic: () =>
      listenOnDeno({
        address: settings.listenAddr,
        option: '--listen-addr',
        tls: settings.tls.enabled ? settings.tls : null,
        readTextFile,
        logger,
        handler: (request, info) => {
          // HTTP/2, which takes TLS, has no Host field; in HTTP/1.1 it must not be missing.
          const isHttp2 = settings.tls.enabled && !request.headers.has('host');
          const refusal = refuseHead(request, isHttp2);
          if (refusal !== null) return refusal;
          return proxy.handle(isHttp2 ? request : withoutPhantomBody(request), {
            peer: plainAddress(info.remoteAddr.hostname),
            httpVersion: isHttp2 ? '2.0' : '1.1',
            // Of an HTTP/2 client that has vanished Deno tells only those who listened before.
            watchAfterMs: isHttp2 ? 0 : UNWATCHED_MS,
          });
        },
      }),
    listenForAdmin: () =>
      listenOnDeno({
        address: settings.metricsAddr,
        option: '--metrics-addr',
        tls: null,
        readTextFile,
        logger,
        handler: async (request, info) =>
          refuseHead(request) ??
          toResponse(request.method, await admin(request, plainAddress(info.remoteAddr.hostname))),
      }),
    live,
    shutdownGraceMs: settings.shutdownGrace,
    endStreams: proxy.endStreams,
    async release() {
      client.close();
      await close();
    },
  });
}

/** Settings Deno has no means for are refused, never passed over. */
function refuseWhatDenoCannot(settings: ProxySettings, target: TargetAddress): void {
  if (settings.tls.enabled && settings.tls.minVersion === '1.3') {
    throw new StartError(
      'cannot set --tls-min-version 1.3 on Deno: it always offers TLS 1.2 too; use 1.2, or run weir on Node or Bun',
    );
  }
  if (settings.tls.clientCaFile !== null) {
    throw new StartError(
      'cannot set --tls-client-ca-file on Deno: its server asks clients for no certificate; run weir on Node, or let a proxy in front check certificates',
    );
  }
  if (settings.upstream.serverName !== null && target.scheme === 'https') {
    throw new StartError(
      'cannot set --upstream-server-name on Deno: its fetch takes the name from the target alone; use that name in --target-addr, or run weir on Node or Bun',
    );
  }
  if (settings.workers !== 'auto' && settings.workers > 1) {
    throw new StartError(
      `cannot set --workers ${settings.workers} on Deno: processes can share a port there behind --unstable-net only; use 1, or run weir on Node or Bun`,
    );
  }
  const host = `${target.host.includes(':') ? `[${target.host}]` : target.host}:${target.port}`;
  if (Deno.permissions.querySync({ name: 'net', host }).state !== 'granted') {
    throw new StartError(`cannot reach the upstream ${host}: run deno with --allow-net=${host}`);
  }
}

/** @throws {StartError} when the CA file cannot be read */
async function createClient(
  settings: ProxySettings,
  target: TargetAddress,
  logger: Logger,
): Promise<DenoHttpClient> {
  const ca =
    target.scheme === 'https'
      ? await readUpstreamAuthorities(settings.upstream, readTextFile)
      : null;
  if (ca !== null) {
    logger.warn(
      'Deno trusts its own certificate authorities besides --upstream-ca-file; set DENO_TLS_CA_STORE to change which',
    );
  }
  return Deno.createHttpClient({
    caCerts: ca === null ? [] : [ca],
    allowHost: settings.preserveHost,
    // A stream holds its connection for as long as it lives; HTTP/2 would put all on one.
    http2: false,
    poolIdleTimeout: POOL_IDLE_MS,
  });
}

/**
 * Deno gives every request but GET and HEAD a body, an empty one if need be. One without framing
 * has none (RFC 9112 §6.3), and must not become a chunked one.
 */
function withoutPhantomBody(request: Request): Request {
  const { headers, method, signal, url } = request;
  const framed = headers.has('content-length') || headers.has('transfer-encoding');
  if (framed || request.body === null) return request;
  return new Request(url, { method, headers, signal });
}

/** A TCP connection to the upstream, opened and closed: what readiness means. */
async function probe(target: TargetAddress): Promise<void> {
  (await Deno.connect({ hostname: target.host, port: target.port })).close();
}

/** From Node's API, where Deno has no call of its own, or none that the other runtimes share. */
declare const process: {
  cpuUsage(): { readonly user: number; readonly system: number };
  getBuiltinModule(name: string): unknown;
};

function readProcess(): ProcessReading {
  return {
    ...toProcessReading(process.cpuUsage(), Deno.memoryUsage()),
    logLinesDropped: lines.dropped,
  };
}

/** Rejects instead of asking at the terminal when the permission is missing. */
async function readTextFile(path: string): Promise<string> {
  if (Deno.permissions.querySync({ name: 'read', path }).state !== 'granted') {
    const refused = new Error(`not permitted; run deno with --allow-read=${path}`);
    throw Object.assign(refused, { code: 'NotCapable' });
  }
  return await Deno.readTextFile(path);
}

/** All variables, or only those `--allow-env=…` lists: the others are as if they were not set. */
function readEnvironment(): Readonly<Record<string, string | undefined>> {
  if (Deno.permissions.querySync({ name: 'env' }).state === 'granted') return Deno.env.toObject();
  const permitted = (name: string | symbol): name is string =>
    typeof name === 'string' &&
    Deno.permissions.querySync({ name: 'env', variable: name }).state === 'granted';
  const read = (name: string | symbol) => (permitted(name) ? Deno.env.get(name) : undefined);
  return new Proxy(Object.create(null) as Record<string, string | undefined>, {
    get: (_target, name) => read(name),
    has: (_target, name) => read(name) !== undefined,
    getOwnPropertyDescriptor(_target, name) {
      const value = read(name);
      if (value === undefined) return undefined;
      return { value, writable: false, enumerable: true, configurable: true };
    },
  });
}

function write(stream: DenoWriter, text: string): void {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let taken = 0; taken < bytes.length; ) taken += stream.writeSync(bytes.subarray(taken));
  } catch {
    // Whoever read it is gone; a proxy does not end because its log has no reader.
  }
}

const environment = readEnvironment();

/** Takes nothing while the other thread writes. Its write takes all, since it blocks. */
function writeAtExit(bytes: Uint8Array): number {
  try {
    return Deno.stdout.writeSync(bytes);
  } catch (error) {
    if ((error as Error).name === 'Busy') return 0;
    throw error;
  }
}

/** From another thread, for Deno's standard output blocks. Nobody else's lines can come between. */
const lines = new LineOutput(
  {
    write: (bytes) => Deno.stdout.write(bytes),
    writeAtExit,
  },
  MAX_LOG_WRITE_BYTES,
);

const PROCESS_PORTS: ProcessPorts = {
  env: environment,
  readTextFile,
  writeLines: (text) => lines.deliver(text),
  getBuiltinModule: (name) => process.getBuiltinModule(name),
  worker: 0,
};

export const denoPlatform: Platform = {
  name: 'deno',
  version: Deno.version.deno,
  args: Deno.args,
  env: environment,
  stdoutIsTerminal: Deno.stdout.isTerminal(),
  stderrIsTerminal: Deno.stderr.isTerminal(),
  // Throws where no stream is a terminal.
  terminalSize: () => (Deno.stdout.isTerminal() ? Deno.consoleSize() : null),
  writeOut: (text) => write(Deno.stdout, text),
  writeErr: (text) => write(Deno.stderr, text),
  openLog(onLoss, isShared) {
    // Errors end the process without `unload`.
    for (const end of ['unload', 'error', 'unhandledrejection']) {
      addEventListener(end, () => lines.flushAtExit());
    }
    return lines.open(onLoss, isShared);
  },
  readTextFile,
  readFileChunks: (path) =>
    readFileChunks(process.getBuiltinModule('node:fs/promises') as FileSystem, path),
  readStdin: () => new Response(Deno.stdin.readable).text(),
  exit: (code) => void lines.flush().finally(() => Deno.exit(code)),
  onSignal: (signal, handler) => Deno.addSignalListener(signal, handler),
  startProxy,
};

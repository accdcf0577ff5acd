/**
 * Listening sockets on Node: plain HTTP/1.1, or TLS with HTTP/2 and HTTP/1.1 by ALPN.
 *
 * @module
 */

import { createServer, type Server } from 'node:http';
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo, Server as NetServer, Socket } from 'node:net';
import { createSecureContext, type SecureContextOptions, type TLSSocket } from 'node:tls';
import { type ListenAddress, parseListenAddress } from '../../config/address.ts';
import type { ProxySettings } from '../../config/settings.ts';
import type { Logger } from '../../telemetry/log.ts';
import {
  type Certificate,
  describeCertificateError,
  type ReadTextFile,
  readCertificate,
  warnOfExpiry,
  watchCertificate,
} from '../certificate-files.ts';
import { TLS_1_2_SUITES, TLS_1_3_SUITES } from '../cipher-suites.ts';
import { finishWithin } from '../grace.ts';
import { describeBindError, listenerUrl } from '../listen-address.ts';
import { StartError } from '../platform.ts';
import type { Listener } from '../running-proxy.ts';
import type { AnyRequest, AnyResponse } from './shell.ts';

/** A client may keep an unused connection this long, in milliseconds. */
const KEEP_ALIVE_MS = 120_000;
/** A request head must arrive within this time, in milliseconds (slow header attacks). */
const REQUEST_HEAD_MS = 30_000;
/** How often idle connections are closed while a listener drains, in milliseconds. */
const DRAIN_POLL_MS = 50;

const TIMEOUTS = { keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: REQUEST_HEAD_MS };

export type RequestListener = (request: AnyRequest, response: AnyResponse) => void;

/** What is served, wherever its connections come from. */
export interface ServingOptions {
  readonly tls: ProxySettings['tls'] | null;
  readonly readTextFile: ReadTextFile;
  readonly logger: Logger;
  readonly handler: RequestListener;
}

export interface NodeListenerOptions extends ServingOptions {
  readonly address: string;
  /** The flag that names the address, for messages. */
  readonly option: string;
}

/** A server without a port of its own. */
export interface FedListener {
  /** Serves a connection that was accepted elsewhere. */
  accept(socket: Socket): void;
  /** Takes no more, waits at most `graceMs` for what is under way, then breaks it off. */
  close(graceMs: number): Promise<void>;
}

/** A server that can be closed, whatever it speaks. */
interface Serving {
  readonly server: Server | Http2SecureServer;
  /** Whether an answer goes out after the client's end. So it is with HTTP/1.1; TLS has its own. */
  readonly allowHalfOpen: boolean;
  /** Asks connections without anything under way to end. */
  endIdle(): void;
  /** Breaks off what is left. */
  breakOff(): void;
  stopWatching(): void;
}

/** @throws {StartError} when the address cannot be taken or the certificate cannot be used */
export async function listenOnNode(options: NodeListenerOptions): Promise<Listener> {
  const address = parseListenAddress(options.address);
  const serving = await createServing(options);
  const { server } = serving;
  let port: number;
  try {
    port = await bindServer(server, address, options.option);
  } catch (error) {
    serving.stopWatching();
    throw error;
  }
  return {
    url: listenerUrl(address, port, options.tls !== null),
    close: (graceMs) =>
      drain(serving, new Promise((resolve) => server.close(() => resolve())), graceMs),
  };
}

/** @throws {StartError} when the certificate cannot be used */
export async function feedOnNode(options: ServingOptions): Promise<FedListener> {
  const serving = await createServing(options);
  const { server } = serving;
  const sockets = new Set<Socket>();
  let onEmpty = () => {};
  // Starts what Node starts on a server that listens: timeouts, and the list of idle connections.
  server.emit('listening');
  return {
    accept(socket) {
      sockets.add(socket);
      socket.once('close', () => {
        sockets.delete(socket);
        if (sockets.size === 0) onEmpty();
      });
      // As the server sets up those it accepts itself.
      socket.allowHalfOpen = serving.allowHalfOpen;
      server.emit('connection', socket);
    },
    close(graceMs) {
      const closed = new Promise<void>((resolve) => {
        onEmpty = resolve;
        if (sockets.size === 0) resolve();
      });
      server.close();
      return drain(serving, closed, graceMs);
    },
  };
}

async function createServing(options: ServingOptions): Promise<Serving> {
  return options.tls === null ? servePlain(options) : await serveTls(options, options.tls);
}

async function drain(serving: Serving, closed: Promise<void>, graceMs: number): Promise<void> {
  serving.stopWatching();
  serving.endIdle();
  const idle = setInterval(() => serving.endIdle(), DRAIN_POLL_MS);
  await finishWithin(graceMs, closed, async () => {
    serving.breakOff();
    await closed;
  });
  clearInterval(idle);
}

function servePlain({ handler }: ServingOptions): Serving {
  const unused = new UnusedSockets();
  const server = createServer(TIMEOUTS, unused.watch(handler));
  server.on('connection', (socket: Socket) => unused.add(socket));
  return {
    server,
    allowHalfOpen: true,
    endIdle() {
      unused.destroy();
      server.closeIdleConnections();
    },
    breakOff: () => server.closeAllConnections(),
    stopWatching() {},
  };
}

async function serveTls(
  { readTextFile, logger, handler }: ServingOptions,
  tls: ProxySettings['tls'],
): Promise<Serving> {
  const certificate = await readCertificate(tls, readTextFile);
  warnOfExpiry(certificate.cert, tls.certFile, logger);
  const unused = new UnusedSockets();
  const sessions = new Set<ServerHttp2Session>();
  const server = createSecureServer(
    { ...contextOptions(certificate, tls), ...TIMEOUTS, allowHTTP1: true },
    unused.watch(handler) as Parameters<typeof createSecureServer>[1],
  );
  server.on('secureConnection', (socket: TLSSocket) => {
    // Sessions of HTTP/2 close by themselves.
    if (socket.alpnProtocol !== 'h2') unused.add(socket);
  });
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
  });
  // With `allowHTTP1` the server has what an HTTP/1.1 server has; its type declarations have not.
  const http1 = server as Http2SecureServer & Server;
  return {
    server,
    allowHalfOpen: false,
    endIdle() {
      unused.destroy();
      for (const session of sessions) session.close();
      http1.closeIdleConnections();
    },
    breakOff() {
      for (const session of sessions) session.destroy();
      http1.closeAllConnections();
    },
    stopWatching: watchCertificate(tls, readTextFile, certificate, logger, (changed) =>
      server.setSecureContext(contextOptions(changed, tls)),
    ),
  };
}

/** @throws {StartError} when certificate and key do not belong together */
function contextOptions(certificate: Certificate, tls: ProxySettings['tls']): SecureContextOptions {
  const options: SecureContextOptions = {
    ...certificate,
    minVersion: tls.minVersion === '1.3' ? 'TLSv1.3' : 'TLSv1.2',
    ciphers: [...TLS_1_3_SUITES, ...TLS_1_2_SUITES].join(':'),
    honorCipherOrder: true,
  };
  try {
    createSecureContext(options);
  } catch (error) {
    throw new StartError(describeCertificateError(tls, error));
  }
  return options;
}

/**
 * Connections no request has come on. Node does not count them as idle, so a client that keeps one
 * in reserve would hold a shutdown up until the end of its grace.
 */
class UnusedSockets {
  readonly #sockets = new Set<Socket>();

  add(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  /** The handler, noting the sockets that are used. */
  watch(handler: RequestListener): RequestListener {
    return (request, response) => {
      this.#sockets.delete(request.socket);
      handler(request, response);
    };
  }

  destroy(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** Listens; resolves to the port really taken. @throws {StartError} when it cannot be taken */
export async function bindServer(
  server: NetServer | Http2SecureServer,
  address: ListenAddress,
  option: string,
): Promise<number> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      const listening = () => {
        server.off('error', reject);
        resolve();
      };
      if (address.host === '') server.listen(address.port, listening);
      else server.listen(address.port, address.host, listening);
    });
  } catch (error) {
    throw new StartError(describeBindError(error, address, option));
  }
  return (server.address() as AddressInfo).port;
}

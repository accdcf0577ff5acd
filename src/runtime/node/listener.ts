/**
 * Listening sockets on Node: plain HTTP/1.1, or TLS with HTTP/2 and HTTP/1.1 by ALPN.
 *
 * @module
 */

import { createServer, type Server } from 'node:http';
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { formatListenAddress, type ListenAddress } from '../../config/address.ts';
import type { ProxySettings } from '../../config/settings.ts';
import type { Logger } from '../../telemetry/log.ts';
import { StartError } from '../platform.ts';
import { loadCertificate, watchCertificate } from './certificate.ts';
import type { AnyRequest, AnyResponse } from './shell.ts';

/** A client may keep an unused connection this long, in milliseconds. */
const KEEP_ALIVE_MS = 120_000;
/** A request head must arrive within this time, in milliseconds (slow header attacks). */
const REQUEST_HEAD_MS = 30_000;
/** How often idle connections are closed while a listener drains, in milliseconds. */
const DRAIN_POLL_MS = 50;

/** TLS 1.2 suites with forward secrecy and authenticated encryption; TLS 1.3 has no others. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

export type RequestListener = (request: AnyRequest, response: AnyResponse) => void;

export interface Listener {
  /** Base URL with the port really taken. */
  readonly url: string;
  /**
   * Stops accepting and waits for what is under way, at most `graceMs`; then breaks the rest off.
   */
  close(graceMs: number): Promise<void>;
}

/** @throws {StartError} when the address cannot be taken or the certificate cannot be used */
export async function listen(
  address: ListenAddress,
  option: string,
  tls: ProxySettings['tls'] | null,
  handler: RequestListener,
  logger: Logger,
): Promise<Listener> {
  const sessions = new Set<ServerHttp2Session>();
  const unused = new UnusedSockets();
  let stopWatching = (): void => {};
  let server: Server | Http2SecureServer;
  const timeouts = { keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: REQUEST_HEAD_MS };
  if (tls?.enabled) {
    const secure = createSecureServer(
      {
        ...loadCertificate(tls, logger),
        allowHTTP1: true,
        minVersion: tls.minVersion === '1.3' ? 'TLSv1.3' : 'TLSv1.2',
        ciphers: CIPHERS,
        honorCipherOrder: true,
        ...timeouts,
      } as Parameters<typeof createSecureServer>[0],
      unused.watch(handler) as Parameters<typeof createSecureServer>[1],
    );
    secure.on('secureConnection', (socket: TLSSocket) => {
      // Sessions of HTTP/2 close by themselves.
      if (socket.alpnProtocol !== 'h2') unused.add(socket);
    });
    secure.on('session', (session) => {
      sessions.add(session);
      session.on('close', () => sessions.delete(session));
    });
    stopWatching = watchCertificate(tls, logger, (certificate) =>
      secure.setSecureContext({
        ...certificate,
        minVersion: tls.minVersion === '1.3' ? 'TLSv1.3' : 'TLSv1.2',
        ciphers: CIPHERS,
        honorCipherOrder: true,
      } as Parameters<typeof secure.setSecureContext>[0]),
    );
    server = secure;
  } else {
    server = createServer(timeouts, unused.watch(handler) as Parameters<typeof createServer>[1]);
    server.on('connection', (socket: Socket) => unused.add(socket));
  }
  try {
    await bind(server, address);
  } catch (error) {
    stopWatching();
    throw new StartError(describeBindError(error as NodeJS.ErrnoException, address, option));
  }
  return {
    url: listenerUrl(server.address() as AddressInfo, address, tls?.enabled ?? false),
    async close(graceMs) {
      stopWatching();
      const http = server as Server;
      const closed = new Promise<void>((resolve) => http.close(() => resolve()));
      for (const session of sessions) session.close();
      unused.destroy();
      const idle = setInterval(() => http.closeIdleConnections?.(), DRAIN_POLL_MS);
      const force = setTimeout(() => {
        for (const session of sessions) session.destroy();
        http.closeAllConnections?.();
      }, graceMs);
      await closed;
      clearInterval(idle);
      clearTimeout(force);
    },
  };
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

function bind(server: Server | Http2SecureServer, address: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const listening = () => {
      server.off('error', reject);
      resolve();
    };
    if (address.host === '') server.listen(address.port, listening);
    else server.listen(address.port, address.host, listening);
  });
}

function describeBindError(
  error: NodeJS.ErrnoException,
  address: ListenAddress,
  option: string,
): string {
  const where = formatListenAddress(address);
  switch (error.code) {
    case 'EADDRINUSE':
      return `cannot listen on ${where}: the port is in use; stop what uses it or choose another with ${option}`;
    case 'EACCES':
      return `cannot listen on ${where}: permission denied; choose a port from 1024 up with ${option}`;
    default:
      return `cannot listen on ${where}: ${error.code ?? error.message}; choose another address with ${option}`;
  }
}

function listenerUrl(bound: AddressInfo, asked: ListenAddress, secure: boolean): string {
  const host = asked.host === '' ? 'localhost' : asked.host;
  const authority = host.includes(':') ? `[${host}]` : host;
  return `${secure ? 'https' : 'http'}://${authority}:${bound.port}`;
}

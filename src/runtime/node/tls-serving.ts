/**
 * HTTP/2 and HTTP/1.1 over TLS, by ALPN.
 *
 * @module
 */

import type { Server } from 'node:http';
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2';
import { createSecureContext, type SecureContextOptions, type TLSSocket } from 'node:tls';
import type { ProxySettings } from '../../config/settings.ts';
import {
  type Certificate,
  describeCertificateError,
  readCertificate,
  warnOfExpiry,
  watchCertificate,
} from '../certificate-files.ts';
import { TLS_1_2_SUITES, TLS_1_3_SUITES } from '../cipher-suites.ts';
import { type ClientAuthorities, watchClientAuthorities } from '../client-authorities.ts';
import { StartError } from '../platform.ts';
import {
  type RequestListener,
  type Serving,
  type ServingOptions,
  TIMEOUTS,
  UnusedSockets,
} from './serving.ts';

/** @throws {StartError} when the certificate cannot be used */
export async function serveTls(
  { readTextFile, logger, handler, clients = null }: ServingOptions,
  tls: ProxySettings['tls'],
): Promise<Serving> {
  const certificate = await readCertificate(tls, readTextFile);
  warnOfExpiry(certificate.cert, tls.certFile, logger);
  let pair = certificate;
  let authorities = clients;
  const unused = new UnusedSockets();
  const verified = new Verified();
  const sessions = new Set<ServerHttp2Session>();
  const server = createSecureServer(
    {
      ...contextOptions(certificate, tls, clients),
      ...TIMEOUTS,
      allowHTTP1: true,
      requestCert: clients !== null,
      rejectUnauthorized: clients?.required ?? false,
    },
    unused.watch(clients === null ? handler : verified.watch(handler)) as Parameters<
      typeof createSecureServer
    >[1],
  );
  server.on('secureConnection', (socket: TLSSocket) => {
    if (clients !== null) verified.add(socket);
    // Sessions of HTTP/2 close by themselves.
    if (socket.alpnProtocol !== 'h2') unused.add(socket);
  });
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
  });
  // With `allowHTTP1` the server has what an HTTP/1.1 server has; its type declarations have not.
  const http1 = server as Http2SecureServer & Server;
  const endIdle = (): void => {
    unused.destroy();
    for (const session of sessions) session.close();
    http1.closeIdleConnections();
  };
  const stopWatching = [
    watchCertificate(tls, readTextFile, certificate, logger, (changed) => {
      server.setSecureContext(contextOptions(changed, tls, authorities));
      pair = changed;
    }),
  ];
  if (clients !== null) {
    stopWatching.push(
      watchClientAuthorities(clients, readTextFile, logger, (changed) => {
        server.setSecureContext(contextOptions(pair, tls, changed));
        authorities = changed;
        // Whoever was verified by the authorities before has to come again.
        verified.forget();
        endIdle();
      }),
    );
  }
  return {
    server,
    allowHalfOpen: false,
    endIdle,
    breakOff() {
      for (const session of sessions) session.destroy();
      http1.closeAllConnections();
    },
    stopWatching() {
      for (const stop of stopWatching) stop();
    },
  };
}

/**
 * HTTP/1.1 connections that were opened under the authorities that count now. Others end with the
 * answer under way, for what they were let in by may count no more.
 */
class Verified {
  #sockets = new WeakSet<object>();

  add(socket: TLSSocket): void {
    this.#sockets.add(socket);
  }

  forget(): void {
    this.#sockets = new WeakSet();
  }

  watch(handler: RequestListener): RequestListener {
    return (request, response) => {
      // Sessions of HTTP/2 are closed as a whole.
      if (request.httpVersionMajor > 1) {
        handler(request, response);
        return;
      }
      const { socket } = request;
      if (!this.#sockets.has(socket)) {
        socket.destroy();
        return;
      }
      response.once('finish', () => {
        if (!this.#sockets.has(socket)) socket.end();
      });
      handler(request, response);
    };
  }
}

/** @throws {StartError} when certificate and key do not belong together */
function contextOptions(
  certificate: Certificate,
  tls: ProxySettings['tls'],
  clients: ClientAuthorities | null,
): SecureContextOptions {
  const options: SecureContextOptions = {
    ...certificate,
    ...(clients === null ? {} : { ca: clients.ca }),
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

/**
 * Listening sockets on Node: plain HTTP/1.1, or TLS with HTTP/2 and HTTP/1.1 by ALPN.
 *
 * @module
 */

import { createServer } from 'node:http';
import type { Http2SecureServer } from 'node:http2';
import type { AddressInfo, Server as NetServer, Socket } from 'node:net';
import { type ListenAddress, parseListenAddress } from '../../config/address.ts';
import { finishWithin } from '../grace.ts';
import { describeBindError, listenerUrl } from '../listen-address.ts';
import { StartError } from '../platform.ts';
import type { Listener } from '../running-proxy.ts';
import { type Serving, type ServingOptions, TIMEOUTS, UnusedSockets } from './serving.ts';

/** How often idle connections are closed while a listener drains, in milliseconds. */
const DRAIN_POLL_MS = 50;

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
  if (options.tls === null) return servePlain(options);
  // TLS and HTTP/2 cost 8 MiB, and behind a mesh nobody asks for them.
  const { serveTls } = await import('./tls-serving.ts');
  return serveTls(options, options.tls);
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

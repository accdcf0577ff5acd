/**
 * What plain servers and those with TLS have in common.
 *
 * @module
 */

import type { Server } from 'node:http';
import type { Http2SecureServer } from 'node:http2';
import type { Socket } from 'node:net';
import type { ProxySettings } from '../../config/settings.ts';
import type { Logger } from '../../telemetry/log.ts';
import type { ReadTextFile } from '../certificate-files.ts';
import type { ClientAuthorities } from '../client-authorities.ts';
import type { AnyRequest, AnyResponse } from './downstream.ts';

/** A client may keep an unused connection this long, in milliseconds. */
const KEEP_ALIVE_MS = 120_000;
/** A request head must arrive within this time, in milliseconds (slow header attacks). */
const REQUEST_HEAD_MS = 30_000;

export const TIMEOUTS: { readonly keepAliveTimeout: number; readonly headersTimeout: number } = {
  keepAliveTimeout: KEEP_ALIVE_MS,
  headersTimeout: REQUEST_HEAD_MS,
};

export type RequestListener = (request: AnyRequest, response: AnyResponse) => void;

/** What is served, wherever its connections come from. */
export interface ServingOptions {
  readonly tls: ProxySettings['tls'] | null;
  /** Whose certificates clients may show; left out, they are asked for none. */
  readonly clients?: ClientAuthorities | null;
  readonly readTextFile: ReadTextFile;
  readonly logger: Logger;
  readonly handler: RequestListener;
}

/** A server that can be closed, whatever it speaks. */
export interface Serving {
  readonly server: Server | Http2SecureServer;
  /** Whether an answer goes out after the client's end. So it is with HTTP/1.1; TLS has its own. */
  readonly allowHalfOpen: boolean;
  /** Asks connections without anything under way to end. */
  endIdle(): void;
  /** Breaks off what is left. */
  breakOff(): void;
  stopWatching(): void;
}

/**
 * Connections no request has come on. Node does not count them as idle, so a client that keeps one
 * in reserve would hold a shutdown up until the end of its grace.
 */
export class UnusedSockets {
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

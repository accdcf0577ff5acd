/**
 * Node's own shell. It exists for speed; what a client can see is the same as through the fetch
 * shell.
 *
 * @module
 */

import type { TLSSocket } from 'node:tls';
import type { ProxyCore } from '../../roles/proxy/proxy-core.ts';
import { clientCertificateOf } from './client-certificate.ts';
import {
  type AnyRequest,
  type AnyResponse,
  answer,
  peerOf,
  requestHeaders,
  toOriginForm,
} from './downstream.ts';
import { NodeExchange } from './node-exchange.ts';
import type { UpstreamPool } from './upstream-pool.ts';

export class NodeShell {
  readonly #core: ProxyCore;
  readonly #pool: UpstreamPool;
  /**
   * Exchanges whose stream has no end of its own. Only these are kept track of: a set that every
   * exchange goes through leaves each of them behind in its outgrown tables, for the next full
   * collection to find.
   */
  readonly #endless = new Set<NodeExchange>();

  constructor(core: ProxyCore, pool: UpstreamPool) {
    this.#core = core;
    this.#pool = pool;
  }

  /** The request listener of an HTTP server. */
  readonly handle = (request: AnyRequest, response: AnyResponse): void => {
    const socket = request.socket as TLSSocket;
    const opened = this.#core.open({
      method: request.method as string,
      url: toOriginForm(request.url as string),
      headers: requestHeaders(request),
      peer: peerOf(request),
      certificate: clientCertificateOf(request),
      scheme: socket.encrypted ? 'https' : 'http',
      httpVersion: request.httpVersion,
    });
    if (opened.kind === 'answer') {
      // Refused unread: whatever body follows is not worth a connection.
      if (request.httpVersionMajor < 2) response.setHeader('Connection', 'close');
      answer(response, opened.local);
      return;
    }
    new NodeExchange(this.#core, this.#pool, opened.exchange, request, response, this.#endless).run(
      opened.path,
      opened.headers,
      opened.fields,
    );
  };

  /** Ends the streams that have no end of their own, so that a shutdown need not wait for them. */
  endStreams(): void {
    for (const exchange of this.#endless) exchange.endStream();
    this.#core.drains.end();
  }
}

/**
 * Connections to the upstream on Node: one undici pool, and the port the fetch shell needs over it.
 *
 * @module
 */

import { isIP } from 'node:net';
import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import buildConnector from 'undici/lib/core/connect.js';
// Not the package's root: see undici-parts.d.ts.
import Pool from 'undici/lib/dispatcher/pool.js';
import type { TargetAddress } from '../../config/address.ts';
import type { RawHeaders } from '../../exchange/headers.ts';
import type { Upstream } from '../../roles/proxy/upstream.ts';
import { writeTogether } from './write-together.ts';

export interface UpstreamPoolOptions {
  /** Until a connection stands, TLS handshake included, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** PEM of the authorities to trust instead of the runtime's. */
  readonly authorities: string | null;
  /** Name for SNI and certificate verification instead of the target's host. */
  readonly serverName: string | null;
}

/** Largest response head taken from an upstream, in bytes: what Node's own parser allows by default. */
const MAX_HEADER_BYTES = 16 * 1024;

/** The pool of connections to one upstream. */
export class UpstreamPool {
  readonly #pool: Pool;
  /** The same for every request, so that no request changes whom the connection is verified as. */
  readonly #serverName: string;

  constructor(target: TargetAddress, options: UpstreamPoolOptions) {
    this.#serverName = options.serverName ?? target.host;
    // RFC 6066 §3 knows no addresses in SNI: an empty name sends none and verifies the address.
    const servername = isIP(this.#serverName) === 0 ? this.#serverName : '';
    const connect = buildConnector({
      timeout: options.connectTimeoutMs,
      ...(options.authorities === null ? {} : { ca: options.authorities }),
    });
    this.#pool = new Pool(target.origin, {
      // A stream holds its connection for as long as it lives, so no fixed number fits.
      connections: null,
      pipelining: 1,
      // Our own deadlines decide; they are the same in both shells.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: MAX_HEADER_BYTES,
      allowH2: false,
      connect: (to, done) =>
        connect({ ...to, servername }, (...result) => {
          const [, socket] = result;
          socket?.on('error', nameReset);
          if (socket) writeTogether(socket);
          done(...result);
        }),
    });
  }

  dispatch(request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    // Without a name of its own a request is verified against its `Host`, which may be the client's.
    const named = request as Dispatcher.DispatchOptions & { servername: string };
    named.servername = this.#serverName;
    this.#pool.dispatch(named, handler);
  }

  destroy(): Promise<void> {
    return this.#pool.destroy();
  }
}

/**
 * undici takes a reset for the end of an answer that ends with its connection. It goes by the
 * error's code and listens after us, so another code makes a reset what it is: an answer cut off.
 */
function nameReset(error: NodeJS.ErrnoException): void {
  if (error.code === 'ECONNRESET') error.code = 'ERR_UPSTREAM_RESET';
}

/**
 * undici hands header names and values over as bytes: latin1, as HTTP/1.1 has it. Mostly they are
 * views of one read from the socket, which is then decoded once instead of field by field.
 */
export function decodeRawHeaders(raw: readonly Buffer[]): string[] {
  const count = raw.length;
  const headers = new Array<string>(count);
  if (count === 0) return headers;
  const { buffer, byteOffset: start } = raw[0] as Buffer;
  const last = raw[count - 1] as Buffer;
  const bytes = last.byteOffset + last.byteLength - start;
  const text =
    last.buffer === buffer && bytes > 0 && bytes <= MAX_HEADER_BYTES
      ? Buffer.from(buffer, start, bytes).toString('latin1')
      : '';
  for (let i = 0; i < count; i++) {
    const part = raw[i] as Buffer;
    const from = part.byteOffset - start;
    // A field that came in two reads was put together in a buffer of its own.
    headers[i] =
      part.buffer === buffer && from >= 0 && from + part.byteLength <= text.length
        ? text.slice(from, from + part.byteLength)
        : part.toString('latin1');
  }
  return headers;
}

/** The pool as the fetch shell's upstream: bytes stay as they were sent, codings included. */
export function poolUpstream(pool: UpstreamPool): Upstream {
  return ({ method, url, headers, body, signal }) =>
    new Promise((resolve, reject) => {
      const path = url.slice(new URL(url).origin.length);
      let responded = false;
      let readable: Readable | null = null;
      pool.dispatch(
        {
          method: method as 'GET',
          path,
          headers: headers as string[],
          body:
            body === null
              ? null
              : body instanceof ReadableStream
                ? Readable.fromWeb(body as import('node:stream/web').ReadableStream)
                : body,
        },
        {
          onRequestStart(controller) {
            if (signal.aborted) {
              controller.abort(toError(signal.reason));
              return;
            }
            signal.addEventListener('abort', () => controller.abort(toError(signal.reason)), {
              once: true,
            });
          },
          onResponseStart(controller, status) {
            if (status < 200) return;
            responded = true;
            const stream = new Readable({
              highWaterMark: 0,
              read: () => controller.resume(),
              destroy: (error, done) => {
                if (!stream.readableEnded && !ended)
                  controller.abort(error ?? new Error('cancelled'));
                done(error);
              },
            });
            readable = stream;
            resolve({
              status,
              headers: decodeRawHeaders(
                (controller as unknown as { rawHeaders: Buffer[] }).rawHeaders,
              ) as RawHeaders,
              body: Readable.toWeb(stream, {
                strategy: { highWaterMark: 0 },
              }) as ReadableStream<Uint8Array>,
            });
          },
          onResponseData(controller, chunk) {
            if (readable?.push(chunk) === false) controller.pause();
          },
          onResponseEnd() {
            ended = true;
            readable?.push(null);
          },
          onResponseError(_controller, error) {
            ended = true;
            if (responded) readable?.destroy(error);
            else reject(error);
          },
        },
      );
      let ended = false;
    });
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

/**
 * A receiver of OTLP in the test's own process, which reads requests with the official protobuf
 * definitions and fails when it is told to.
 *
 * @module
 */

import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { decodeRequest } from './official.ts';
import type { OtlpTestReceiver, Received } from './received.ts';
import type { WireRequest } from './wire.ts';

export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Status it was answered with. */
  readonly status: number;
  /** When it had arrived, in milliseconds of a monotonic clock. */
  readonly at: number;
}

type Signal = 'metrics' | 'traces' | 'logs';

const SIGNALS: ReadonlyMap<string, Signal> = new Map([
  ['/v1/metrics', 'metrics'],
  ['/v1/traces', 'traces'],
  ['/v1/logs', 'logs'],
]);

export class OwnReceiver implements OtlpTestReceiver {
  readonly name = 'a receiver with the official definitions';
  readonly url: string;
  readonly seen: SeenRequest[] = [];
  readonly #server: Server;
  readonly #received: Record<Signal, WireRequest[]> = { metrics: [], traces: [], logs: [] };
  /** Decides the status of a request; null takes it. */
  refuse: (signal: Signal) => { status: number; headers?: OutgoingHttpHeaders } | null = () => null;

  /** Requests are read and never answered. */
  hang = false;

  /** @param port 0 for any; a port that was left before stands for a collector that comes back */
  static async start(port = 0): Promise<OwnReceiver> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    return new OwnReceiver(server);
  }

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request, response) => void this.#take(request, response));
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  received(): Received {
    return this.#received;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const at = performance.now();
    if (this.hang) return;
    const path = request.url ?? '';
    const signal = SIGNALS.get(path);
    const refusal = signal === undefined ? { status: 404 } : this.refuse(signal);
    let status = refusal?.status ?? 200;
    const isJson = request.headers['content-type'] === 'application/json';
    if (signal !== undefined && refusal === null) {
      try {
        const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
        this.#received[signal].push(
          isJson ? (JSON.parse(plain.toString()) as WireRequest) : decodeRequest(signal, plain),
        );
      } catch {
        status = 400;
      }
    }
    this.seen.push({ path, headers: request.headers, status, at });
    response.writeHead(status, {
      'content-type': isJson ? 'application/json' : 'application/x-protobuf',
      ...refusal?.headers,
    });
    response.end(isJson && status === 200 ? '{}' : '');
  }
}

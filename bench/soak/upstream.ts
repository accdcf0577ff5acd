/**
 * An MCP server that misbehaves as told: each request says in its query how it wants to be
 * answered. It can be taken down and brought back on the same port, as a container is.
 *
 * @module
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { pause } from '../../test/fixtures/wait.ts';

/**
 * `json`: at once. `gzip`: compressed. `events`: a few notifications, then the answer. `stream`:
 * events until the client leaves, or for a while. `late`: after a while. `large`: a large JSON
 * answer. `half` and `large-half`: breaks off after little or much of an answer. `reset`: breaks off
 * before it. `error`: a 500 in HTML.
 */
export type AnswerKind =
  | 'json'
  | 'gzip'
  | 'events'
  | 'stream'
  | 'late'
  | 'large'
  | 'half'
  | 'large-half'
  | 'reset'
  | 'error';

const LARGE_ANSWER = 'l'.repeat(2 * 1024 * 1024);
/** Announced by an answer that breaks off early, and one that breaks off late; both send less. */
const SHORT_ANSWER_BYTES = 1_000;
const BROKEN_OFF_CHARS = 500_000;
const EVENT_GAP_MS = 20;
const EVENTS_BEFORE_ANSWER = 5;
/** Longest life of a stream that nobody leaves. */
const STREAM_MS = 3_000;
const LATE_MS = 800;
/** Requests of any length are read; their beginning is enough to see the id and the method. */
const KEPT_CHARS = 4096;

export class FaultyUpstream {
  #server: Server | null = null;
  readonly #sockets = new Set<Socket>();
  #port = 0;
  #lastSession = 0;

  static async start(): Promise<FaultyUpstream> {
    const upstream = new FaultyUpstream();
    await upstream.#listen();
    return upstream;
  }

  get authority(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** Every connection breaks, and for a while nobody listens. */
  async restart(downMs: number): Promise<void> {
    await this.stop();
    await pause(downMs);
    await this.#listen();
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    for (const socket of this.#sockets) socket.destroy();
    if (server !== null) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  async #listen(): Promise<void> {
    const server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('error', () => {});
    response.on('error', () => {});
    const kind = new URL(request.url ?? '/', 'http://x').searchParams.get('answer') as AnswerKind;
    if (kind === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    const body = await readBeginning(request);
    if (request.method === 'DELETE') {
      response.writeHead(204).end();
      return;
    }
    const id = /"id":([^,}]+)/.exec(body)?.[1];
    if (request.method === 'POST' && id === undefined) {
      response.writeHead(202).end();
      return;
    }
    const session = body.includes('"initialize"')
      ? { 'mcp-session-id': `s${++this.#lastSession}` }
      : {};
    await answerAs(kind, response, id ?? 'null', session);
  }
}

async function answerAs(
  kind: AnswerKind,
  response: ServerResponse,
  id: string,
  headers: Record<string, string>,
): Promise<void> {
  const json = { 'content-type': 'application/json', ...headers };
  const message = (text: string): string =>
    `{"jsonrpc":"2.0","id":${id},"result":{"content":[{"type":"text","text":"${text}"}]}}`;
  switch (kind) {
    case 'gzip': {
      const zipped = gzipSync(message('zipped'));
      response.writeHead(200, { ...json, 'content-encoding': 'gzip' }).end(zipped);
      return;
    }
    case 'events':
    case 'stream':
      await sendEvents(response, kind === 'stream' ? null : message('streamed'));
      return;
    case 'late':
      await pause(LATE_MS);
      response.writeHead(200, json).end(message('late'));
      return;
    case 'large':
      response.writeHead(200, json).end(message(LARGE_ANSWER));
      return;
    case 'half':
    case 'large-half':
      response.writeHead(200, {
        ...json,
        'content-length': kind === 'half' ? SHORT_ANSWER_BYTES : LARGE_ANSWER.length,
      });
      response.write(message(kind === 'half' ? '' : LARGE_ANSWER).slice(0, BROKEN_OFF_CHARS));
      await pause(EVENT_GAP_MS);
      response.destroy();
      return;
    case 'error':
      response.writeHead(500, { 'content-type': 'text/html' }).end('<h1>Out of order</h1>');
      return;
    default:
      response.writeHead(200, json).end(message('plain'));
  }
}

/** Notifications, and then the answer if there is one. */
async function sendEvents(response: ServerResponse, answer: string | null): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const count = answer === null ? STREAM_MS / EVENT_GAP_MS : EVENTS_BEFORE_ANSWER;
  for (let index = 0; index < count && !response.destroyed; index++) {
    response.write(
      `data: {"jsonrpc":"2.0","method":"notifications/message","params":{"data":${index}}}\n\n`,
    );
    await pause(EVENT_GAP_MS);
  }
  response.end(answer === null ? '' : `data: ${answer}\n\n`);
}

async function readBeginning(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) {
    if (text.length < KEPT_CHARS) text += (chunk as Buffer).toString('latin1', 0, KEPT_CHARS);
  }
  return text;
}

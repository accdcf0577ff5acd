/**
 * The upstream that answers with event streams, takes uploads, and stands in for nginx where that
 * is not installed: `node event-upstream.ts <port> [<folder of answers>]`. It speaks HTTP on plain
 * sockets, because `node:http` would cost as much as the proxies that are measured.
 *
 * - `/sse-call`: five events in five writes, on turns of their own, then the end.
 * - `/first-event`: one event at once, a second {@link SECOND_EVENT_DELAY_MS} later, then the end.
 * - `/events`: ten events a second, until the client leaves. Each carries the time it was sent.
 * - `/idle`: a comment, then nothing, until the client leaves.
 * - `/upload`: a short JSON answer when the whole body has arrived.
 * - `/mcp/<name>`: the file of that name.
 *
 * @module
 */

import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { RequestReader } from './request-reader.ts';

const EVENTS_PER_CALL = 5;
const SECOND_EVENT_DELAY_MS = 10;
const EVENT_INTERVAL_MS = 100;
/** Streams are spread over this many ticks of an interval, so that no tick is a burst. */
const SLOTS = 10;

const [port, folder] = process.argv.slice(2);

const STREAM_HEAD =
  'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n';
const LAST_CHUNK = '0\r\n\r\n';

function chunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

function answer(body: Buffer): Buffer {
  const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

const progress = (step: number): string =>
  `event: message\nid: ${step}\ndata: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":${step},"total":${EVENTS_PER_CALL}}}\n\n`;
const final =
  'event: message\ndata: {"jsonrpc":"2.0","id":123,"result":{"content":[{"type":"text","text":"done"}]}}\n\n';

const callChunks = Array.from({ length: EVENTS_PER_CALL }, (_, i) =>
  chunk(i === EVENTS_PER_CALL - 1 ? final : progress(i + 1)),
);
const uploaded = answer(Buffer.from('{"jsonrpc":"2.0","id":123,"result":{"content":[]}}'));
const notFound = Buffer.from('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');

const answers = new Map<string, Buffer>();
if (folder !== undefined) {
  for (const name of readdirSync(folder)) {
    answers.set(`/mcp/${name}`, answer(readFileSync(join(folder, name))));
  }
}

/** The open `/events` streams, by the tick that is theirs. */
const slots: Set<Socket>[] = Array.from({ length: SLOTS }, () => new Set());
let nextSlot = 0;
let tick = 0;
setInterval(() => {
  const streams = slots[tick++ % SLOTS] as Set<Socket>;
  if (streams.size === 0) return;
  // The clock is the machine's monotonic one: the client reads the same.
  const event = chunk(
    `event: message\ndata: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"tick","at":${process.hrtime.bigint()}}}\n\n`,
  );
  for (const socket of streams) socket.write(event);
}, EVENT_INTERVAL_MS / SLOTS);

function sendCall(socket: Socket): void {
  let sent = 0;
  const next = (): void => {
    const last = sent === EVENTS_PER_CALL - 1;
    socket.write((callChunks[sent++] as string) + (last ? LAST_CHUNK : ''));
    if (!last) setImmediate(next);
  };
  socket.write(STREAM_HEAD);
  next();
}

function respond(socket: Socket, path: string): void {
  switch (path) {
    case '/sse-call':
      sendCall(socket);
      return;
    case '/first-event':
      socket.write(STREAM_HEAD + chunk(progress(1)));
      setTimeout(() => socket.write(chunk(final) + LAST_CHUNK), SECOND_EVENT_DELAY_MS);
      return;
    case '/events': {
      const slot = slots[nextSlot++ % SLOTS] as Set<Socket>;
      slot.add(socket);
      socket.once('close', () => slot.delete(socket));
      socket.write(STREAM_HEAD + chunk(': open\n\n'));
      return;
    }
    case '/idle':
      socket.write(STREAM_HEAD + chunk(': open\n\n'));
      return;
    case '/upload':
      socket.write(uploaded);
      return;
    default:
      socket.write(answers.get(path) ?? notFound);
  }
}

createServer({ noDelay: true }, (socket) => {
  const reader = new RequestReader(({ path }) => respond(socket, path));
  socket.on('data', (data) => reader.write(data));
  // A client that leaves is no failure of the upstream.
  socket.on('error', () => socket.destroy());
}).listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 });

/**
 * The least a proxy on Node can do with `node:http` and undici's dispatcher:
 * `node bare-node.ts <port> <upstream> [<cert> <key>]`.
 *
 * A request body of known, small length is collected and sent in one piece, as weir does it too.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createSecureServer } from 'node:http2';
import { type Dispatcher, Pool } from 'undici';

/** Bodies up to this size are sent in one piece, in bytes. */
const WHOLE_BODY_BYTES = 64 * 1024;
/** Fields that are about one connection; HTTP/2 has its own beginning with a colon. */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'host']);

const [port, upstream, cert, key] = process.argv.slice(2);
const pool = new Pool(`http://${upstream}`, {
  connections: null,
  headersTimeout: 0,
  bodyTimeout: 0,
});

function handle(request: IncomingMessage, response: ServerResponse): void {
  const length = Number(request.headers['content-length'] ?? Number.NaN);
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD';
  if (!hasBody) pass(request, response, null);
  else if (length <= WHOLE_BODY_BYTES) {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      pass(request, response, chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
    });
  } else pass(request, response, request);
}

function pass(
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer | IncomingMessage | null,
): void {
  pool.dispatch(
    {
      method: request.method as Dispatcher.HttpMethod,
      path: request.url as string,
      headers: forwarded(request.rawHeaders),
      body,
    },
    {
      onRequestStart(controller) {
        response.on('close', () => {
          if (!response.writableFinished) controller.abort(new Error('the client went away'));
        });
        response.on('drain', () => controller.resume());
      },
      onResponseStart(controller, status) {
        const raw = (controller as unknown as { rawHeaders: Buffer[] }).rawHeaders;
        const fields = forwarded(raw.map((part) => part.toString('latin1')));
        for (let i = 0; i < fields.length; i += 2) {
          response.setHeader(fields[i] as string, fields[i + 1] as string);
        }
        response.writeHead(status);
      },
      onResponseData(controller, chunk) {
        if (!response.write(chunk)) controller.pause();
      },
      onResponseEnd() {
        response.end();
      },
      onResponseError() {
        response.destroy();
      },
    },
  );
}

function forwarded(raw: readonly string[]): string[] {
  const fields: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    if (name.startsWith(':') || HOP_BY_HOP.has(name.toLowerCase())) continue;
    fields.push(name, raw[i + 1] as string);
  }
  return fields;
}

const server =
  cert && key
    ? createSecureServer(
        { cert: readFileSync(cert), key: readFileSync(key), allowHTTP1: true },
        handle as unknown as Parameters<typeof createSecureServer>[1],
      )
    : createServer(handle);
server.listen(Number(port), '127.0.0.1');

/**
 * The admin surface on `node:http` alone. `Request` and `Response` are lazy in Node: whoever looks
 * at one loads all of its `fetch`, 12 MiB that a sidecar would hold for its probes and scrapes.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AdminAnswer, AdminRequest, TextStream } from '../../admin/answers.ts';
import type { AdminHandler } from '../compose.ts';
import { peerOf, toOriginForm } from './downstream.ts';
import type { RequestListener } from './serving.ts';

/** For a listener without TLS, hence without HTTP/2. */
export function adminListener(admin: AdminHandler): RequestListener {
  return ((request: IncomingMessage, response: ServerResponse) => {
    const asked = toAdminRequest(request);
    if (asked === null) {
      response.writeHead(400).end();
      return;
    }
    admin(asked, peerOf(request)).then(
      (answer) => send(response, answer),
      () => response.writeHead(500).end(),
    );
  }) as RequestListener;
}

/** Null when the target or its host cannot be understood. */
function toAdminRequest(request: IncomingMessage): AdminRequest | null {
  const { host } = request.headers;
  // A host with a path or a user of its own would put together another URL than was asked for.
  if (host === undefined || !/^[\w.:[\]-]+$/.test(host)) return null;
  const target = toOriginForm(request.url as string);
  const url = target.startsWith('/') ? URL.parse(`http://${host}${target}`) : null;
  if (url === null) return null;
  const fields = request.headersDistinct;
  return {
    method: request.method as string,
    url: url.href,
    headers: { get: (name) => fields[name]?.join(', ') ?? null },
  };
}

/** Node leaves the body out where the request was a HEAD. */
function send(response: ServerResponse, { status, headers, body }: AdminAnswer): void {
  if (typeof body === 'string') {
    response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
    response.end(body);
    return;
  }
  response.writeHead(status, headers);
  if (response.req.method === 'HEAD') response.end();
  else void pump(body(), response);
}

/** Writes a stream as fast as its reader takes it, until one of the two ends. */
async function pump(stream: TextStream, response: ServerResponse): Promise<void> {
  const gone = new Promise<void>((resolve) => {
    response.once('close', () => {
      stream.cancel();
      resolve();
    });
  });
  try {
    for (;;) {
      const text = await stream.next();
      if (text === null || response.destroyed) break;
      if (response.write(text)) continue;
      await Promise.race([gone, new Promise((resolve) => response.once('drain', resolve))]);
    }
    response.end();
  } catch {
    // A reader must not take an end for the end when there was more to come.
    response.destroy();
  }
}

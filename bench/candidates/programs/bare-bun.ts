/**
 * The least a proxy on Bun can do: `bun bare-bun.ts <port> <upstream> [<cert> <key>]`.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import process from 'node:process';

declare const Bun: {
  serve(options: {
    port: number;
    hostname: string;
    idleTimeout: number;
    maxRequestBodySize: number;
    tls?: { cert: string; key: string };
    fetch: (request: Request) => Promise<Response>;
  }): unknown;
};

const [port, upstream, cert, key] = process.argv.slice(2);
const base = `http://${upstream}`;

Bun.serve({
  port: Number(port),
  hostname: '127.0.0.1',
  // Event streams are silent for longer than the ten seconds Bun would give them.
  idleTimeout: 0,
  maxRequestBodySize: Number.MAX_SAFE_INTEGER,
  ...(cert && key
    ? { tls: { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') } }
    : {}),
  fetch: (request) =>
    fetch(base + request.url.slice(request.url.indexOf('/', 8)), {
      method: request.method,
      headers: request.headers,
      body: request.body,
      redirect: 'manual',
      decompress: false,
    } as RequestInit),
});

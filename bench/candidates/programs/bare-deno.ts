/**
 * The least a proxy on Deno can do: `deno run bare-deno.ts <port> <upstream> [<cert> <key>]`.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import process from 'node:process';

declare const Deno: {
  serve(
    options: { port: number; hostname: string; cert?: string; key?: string; onListen: () => void },
    handler: (request: Request) => Promise<Response>,
  ): unknown;
};

const [port, upstream, cert, key] = process.argv.slice(2);
const base = `http://${upstream}`;

Deno.serve(
  {
    port: Number(port),
    hostname: '127.0.0.1',
    onListen: () => {},
    ...(cert && key ? { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') } : {}),
  },
  (request) =>
    fetch(base + request.url.slice(request.url.indexOf('/', 8)), {
      method: request.method,
      headers: request.headers,
      body: request.body,
      redirect: 'manual',
    }),
);

/**
 * A proxy that forgets to let go, run in weir's place to see the soak fail: as time goes by it keeps
 * more memory and more files, and it never counts down its gauge.
 *
 * It leaks by the clock and not by the request, so that a busy machine leaks as much as an idle one.
 *
 * @module
 */

import { openSync } from 'node:fs';
import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';

/** With these, 10 MiB and ten files in eight seconds. */
const LEAK_INTERVAL_MS = 100;
const LEAKED_NUMBERS = 16_000;
const INTERVALS_PER_FILE = 8;

const target = process.argv
  .find((arg) => arg.startsWith('--target-addr='))
  ?.slice('--target-addr='.length);

const kept: number[][] = [];
let served = 0;
// A process that waits for its turn misses ticks: what they would have leaked is made up for.
setInterval(() => {
  while (kept.length * LEAK_INTERVAL_MS < performance.now()) {
    kept.push(Array.from({ length: LEAKED_NUMBERS }, () => Math.random()));
    if (kept.length % INTERVALS_PER_FILE === 0) openSync('/dev/null', 'r');
  }
}, LEAK_INTERVAL_MS);

const proxy = createServer((downstream, response) => {
  served++;
  const { method, headers, url: path } = downstream;
  const upstream = forward(`http://${target}`, { method, headers, path }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.on('error', () => response.destroy());
    answer.pipe(response);
  });
  upstream.on('error', () => response.destroy());
  response.on('close', () => upstream.destroy());
  downstream.on('error', () => upstream.destroy());
  downstream.pipe(upstream);
});

const admin = createServer((_request, response) => {
  response.end(
    [
      `process_heap_bytes ${process.memoryUsage().heapUsed}`,
      `mcp_active_connections ${served}`,
      'weir_streams_active{kind="get"} 0',
      'mcp_sse_connections_active 0',
      '',
    ].join('\n'),
  );
});

for (const server of [proxy, admin]) {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
}
const [url, adminUrl] = [proxy, admin].map(
  (server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
);
console.log(JSON.stringify({ message: 'listening', url, admin: adminUrl }));

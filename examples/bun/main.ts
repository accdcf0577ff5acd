/**
 * The proxy as a module for Bun, which serves what a module exports by default.
 *
 *     MCP_SERVER=http://localhost:3001 bun examples/bun/main.ts
 *
 * Outside this repository import from `mcp-weir`. For a whole proxy with metrics, health checks and
 * flags there is the program: src/cli/bun.ts. It also works around what `Bun.serve` does to silent
 * event streams.
 *
 * @module
 */

import { createProxy, fetchUpstream } from '../../src/index.ts';

const proxy = createProxy({
  target: process.env.MCP_SERVER ?? 'http://localhost:3001',
  // Compressed answers stay as they are; without this Bun would undo them.
  upstream: fetchUpstream((url, init) => fetch(url, { ...init, decompress: false } as RequestInit)),
  sinks: [{ ended: ({ path, outcome }) => console.log(path, outcome) }],
});

export default {
  port: Number(process.env.PORT ?? 8000),
  // Event streams may be silent for longer than the ten seconds Bun allows by itself.
  idleTimeout: 0,
  fetch: (request: Request): Promise<Response> => proxy.fetch(request),
};

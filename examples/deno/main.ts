/**
 * The proxy as a module for `deno serve`.
 *
 *     MCP_SERVER=http://localhost:3001 \
 *       deno serve --allow-net --allow-env=MCP_SERVER examples/deno/main.ts
 *
 * Outside this repository import from `jsr:@weir/mcp-weir`. For a whole proxy with metrics, health
 * checks and flags there is the program: src/cli/deno.ts.
 *
 * @module
 */

import process from 'node:process';
import { createProxy } from '../../src/index.ts';

const proxy = createProxy({
  target: process.env.MCP_SERVER ?? 'http://localhost:3001',
  sinks: [{ ended: ({ path, outcome }) => console.log(path, outcome) }],
});

export default { fetch: (request: Request): Promise<Response> => proxy.fetch(request) };

/**
 * The MCP server of the demo by itself, for a weir to stand in front of.
 *
 *     PORT=3001 node examples/observability/upstream.ts
 *
 * @module
 */

import { startDemoServer } from '../demo/server.ts';

const server = await startDemoServer(Number(process.env.PORT ?? 3001));
console.log(`MCP server on ${server.origin}/mcp`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void server.close());
}

/**
 * A Hono app on Node with an MCP server mounted under `/mcp`, and metrics beside it.
 *
 *     MCP_SERVER=http://localhost:3001/mcp node examples/hono/main.ts
 *
 * Outside this repository import from `mcp-weir`.
 *
 * @module
 */

import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import {
  createMetricsSink,
  createProxy,
  MemoryMetricsStore,
  renderPrometheus,
  VERSION,
} from '../../src/index.ts';

const target = process.env.MCP_SERVER ?? 'http://localhost:3001/mcp';

const store = new MemoryMetricsStore();
const proxy = createProxy({
  target,
  sinks: [createMetricsSink(store, { version: VERSION, runtime: 'node', target })],
});

const app = new Hono();
app.get('/', (c) => c.text('An MCP server is at /mcp\n'));
// To keep this to yourself, serve it from another port or behind your own middleware.
app.get('/metrics', (c) => c.text(renderPrometheus(store.snapshot())));
app.mount('/mcp', proxy.fetch);

serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 8000) }, ({ port }) => {
  console.log(`http://localhost:${port}/mcp is ${target}`);
});

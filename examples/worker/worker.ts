/**
 * A Worker of your own with an MCP server mounted under `/mcp`.
 *
 *     npx wrangler dev -c examples/worker/wrangler.toml
 *
 * Outside this repository import from `mcp-weir` and `mcp-weir/workers`.
 *
 * @module
 */

import { createProxy, type ExchangeSink, type McpProxy } from '../../src/index.ts';
import { type ExecutionContext, workersUpstream } from '../../src/runtime/workers.ts';

interface Env {
  /** URL of the MCP endpoint. */
  readonly MCP_SERVER: string;
}

/** Every exchange ends in one record: here it becomes a line of the Worker's log. */
const log: ExchangeSink = {
  ended: ({ calls, outcome, durationMs }) =>
    console.log(calls[0]?.method ?? '-', calls[0]?.target?.name ?? '', outcome, durationMs),
};

/** Made with the first request, which brings the bindings; kept for as long as the isolate lives. */
let proxy: McpProxy | undefined;

export default {
  async fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    if (new URL(request.url).pathname !== '/mcp') return new Response('Nothing but /mcp here.\n');
    proxy ??= createProxy({
      target: new URL(env.MCP_SERVER).origin,
      // Keeps lengths and undoes codings where the runtime would get them wrong.
      upstream: workersUpstream(),
      sinks: [log],
    });
    return proxy.fetch(request, env, context);
  },
};

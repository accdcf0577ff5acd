/**
 * An MCP server with a tool for every name, of which `bad` fails, and a client of it.
 *
 * @module
 */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { WeirProcess, WeirRuntime } from '../fixtures/weir-process.ts';

export interface ToolServer {
  readonly authority: string;
  stop(): Promise<void>;
}

export async function startToolServer(): Promise<ToolServer> {
  const server = createServer(async (request, response) => {
    // Whoever asks whether somebody is there says nothing.
    const { id, params } = JSON.parse((await text(request)) || '{}') as {
      id?: number;
      params?: { name?: string };
    };
    const result = { content: [], isError: params?.name === 'bad' };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id: id ?? 0, result }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    authority: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** @throws {Error} when a call is not answered with 200 */
export async function callTool(weir: WeirProcess, tool: string, times: number): Promise<void> {
  for (let id = 1; id <= times; id++) {
    const response = await fetch(`${weir.url}/mcp`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id,
        method: 'tools/call',
        params: { name: tool, arguments: {} },
      }),
    });
    await response.text();
    if (response.status !== 200) throw new Error(`the call was answered ${response.status}`);
  }
}

/** Exports that do not make a test wait. */
export const PROMPT = {
  OTEL_METRIC_EXPORT_INTERVAL: '300',
  OTEL_BSP_SCHEDULE_DELAY: '50',
  OTEL_BLRP_SCHEDULE_DELAY: '50',
} as const;

/** The two shells of Node differ in nothing that concerns an export. */
export const OTLP_RUNTIMES: readonly WeirRuntime[] = ['node', 'deno', 'bun', 'workers'];

/**
 * An MCP server for the live page: a few tools that answer fast, slowly, wrongly or as a stream, and
 * the channel of a legacy session.
 *
 * @module
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface LiveServer {
  /** `host:port` */
  readonly authority: string;
  stop(): Promise<void>;
}

interface Message {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: {
    readonly name?: string;
    readonly arguments?: Readonly<Record<string, unknown>>;
  };
}

export const SESSION_ID = '4f9c1b52-6a0e-4d3f-9a61-c0ffee15aced';

export async function startLiveServer(): Promise<LiveServer> {
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    authority: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'GET') {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (let n = 1; !response.destroyed; n++) {
      response.write(event({ jsonrpc: '2.0', method: 'notifications/message', params: { n } }));
      await sleep(1000);
    }
    return;
  }
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const message = JSON.parse(body) as Message;
  const { id, method, params } = message;
  const result = (value: object) => json(response, { jsonrpc: '2.0', id, result: value });
  if (id === undefined) {
    response.writeHead(202).end();
  } else if (method === 'initialize') {
    response.setHeader('Mcp-Session-Id', SESSION_ID);
    result({
      protocolVersion: '2025-11-25',
      capabilities: { tools: {} },
      serverInfo: { name: 'live' },
    });
  } else if (method === 'tools/list') {
    result({ tools: [{ name: 'search', inputSchema: { type: 'object' } }] });
  } else if (method === 'tools/call') {
    await callTool(response, id, params?.name ?? '', params?.arguments ?? {});
  } else {
    json(response, { jsonrpc: '2.0', id, error: { code: -32601, message: 'Method not found' } });
  }
}

async function callTool(
  response: ServerResponse,
  id: unknown,
  name: string,
  args: Readonly<Record<string, unknown>>,
): Promise<void> {
  const text = (value: string, isError = false) =>
    json(response, {
      jsonrpc: '2.0',
      id,
      result: { content: [{ type: 'text', text: value }], ...(isError ? { isError } : {}) },
    });
  await sleep(Number(args.delayMs ?? 0));
  if (name === 'fail') return text('it failed', true);
  if (name === 'unknown') {
    const error = { code: -32602, message: `Unknown tool: ${name}` };
    return json(response, { jsonrpc: '2.0', id, error });
  }
  if (name === 'report') {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const progress of [1, 2, 3]) {
      const params = { progressToken: 'p', progress, total: 3 };
      response.write(event({ jsonrpc: '2.0', method: 'notifications/progress', params }));
      await sleep(20);
    }
    response.end(
      event({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text: 'done' }] } }),
    );
    return;
  }
  text(`results for ${JSON.stringify(args)}`);
}

function json(response: ServerResponse, value: object): void {
  const body = JSON.stringify(value);
  response
    .writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    })
    .end(body);
}

function event(value: object): string {
  return `event: message\ndata: ${JSON.stringify(value)}\n\n`;
}

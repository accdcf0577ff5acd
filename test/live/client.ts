/**
 * A client for the live page: sends what a test wants to see there.
 *
 * @module
 */

import { SESSION_ID } from './server.ts';

let lastId = 0;

/** Calls a tool as a client of the given era does; resolves when the answer is complete. */
export async function callTool(
  url: string,
  name: string,
  args: Readonly<Record<string, unknown>> = {},
  era: 'legacy' | 'modern' = 'modern',
): Promise<number> {
  const meta =
    era === 'modern'
      ? {
          _meta: {
            'io.modelcontextprotocol/protocolVersion': '2026-07-28',
            'io.modelcontextprotocol/clientCapabilities': {},
          },
        }
      : {};
  return await post(
    url,
    {
      jsonrpc: '2.0',
      id: ++lastId,
      method: 'tools/call',
      params: { name, arguments: args, ...meta },
    },
    era === 'modern'
      ? {
          'MCP-Protocol-Version': '2026-07-28',
          'Mcp-Method': 'tools/call',
          'Mcp-Name': /^[\x21-\x7e]+$/.test(name) ? name : encodeHeader(name),
        }
      : { 'MCP-Protocol-Version': '2025-11-25', 'Mcp-Session-Id': SESSION_ID },
  );
}

/** The sentinel form of a value that a header field cannot carry (MCP 2026-07-28, transports). */
function encodeHeader(value: string): string {
  return `=?base64?${Buffer.from(value).toString('base64')}?=`;
}

/** Any other request. */
export function request(url: string, method: string, params: object = {}): Promise<number> {
  return post(url, { jsonrpc: '2.0', id: ++lastId, method, params }, {});
}

async function post(url: string, body: object, headers: Record<string, string>): Promise<number> {
  const response = await fetch(`${url}/mcp`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      authorization: 'Bearer hunter2-hunter2-hunter2',
      ...headers,
    },
    body: JSON.stringify(body),
  });
  await response.text();
  return response.status;
}

/** Opens the legacy channel from the server; closes it when called. */
export async function openStream(url: string): Promise<() => void> {
  const abort = new AbortController();
  const response = await fetch(`${url}/mcp`, {
    headers: { accept: 'text/event-stream', 'Mcp-Session-Id': SESSION_ID },
    signal: abort.signal,
  });
  response.body
    ?.getReader()
    .read()
    .catch(() => {});
  return () => abort.abort();
}

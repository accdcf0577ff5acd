/**
 * An MCP server as a fetch function: right by default, wrong where a test says so.
 *
 * @module
 */

import type { LoadPorts } from '../../src/loadtest/ask.ts';

export interface SeenRequest {
  readonly httpMethod: string;
  /** The JSON-RPC method; empty without a body. */
  readonly method: string;
  readonly id: unknown;
  readonly params: Record<string, unknown>;
  readonly headers: Readonly<Record<string, string>>;
  readonly init: RequestInit;
}

/** A response, or undefined for the right one. */
export type Script = (request: SeenRequest) => Response | undefined | Promise<Response | undefined>;

export interface ScriptedServer extends LoadPorts {
  readonly seen: readonly SeenRequest[];
  /** Most requests that were under way at the same time. */
  readonly busiest: number;
}

const TOOLS = [{ name: 'echo', inputSchema: { type: 'object' } }];
const RESOURCES = [{ uri: 'test://one' }, { uri: 'test://two' }];

const RESULTS: Readonly<Record<string, unknown>> = {
  initialize: { protocolVersion: '2025-06-18', capabilities: {} },
  'server/discover': { supportedVersions: ['2026-07-28'] },
  'tools/list': { tools: TOOLS },
  'tools/call': { content: [] },
  'resources/list': { resources: RESOURCES },
  'resources/read': { contents: [] },
};

export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(value), {
    status,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

export function answer(id: unknown, result: unknown = {}): Response {
  return json({ jsonrpc: '2.0', id, result });
}

export function refuse(id: unknown, code: number, status = 200): Response {
  return json({ jsonrpc: '2.0', id, error: { code, message: 'no' } }, status);
}

export function scriptedServer(script: Script = () => undefined): ScriptedServer {
  const seen: SeenRequest[] = [];
  let underWay = 0;
  let busiest = 0;
  let sessions = 0;
  const respond = async (request: SeenRequest): Promise<Response> => {
    const scripted = await script(request);
    if (scripted !== undefined) return scripted;
    if (request.httpMethod === 'DELETE') return new Response(null, { status: 204 });
    if (request.id === undefined) return new Response(null, { status: 202 });
    const message = { jsonrpc: '2.0', id: request.id, result: RESULTS[request.method] };
    const opens = request.method === 'initialize';
    return json(message, 200, opens ? { 'mcp-session-id': `s${++sessions}` } : {});
  };
  return {
    seen,
    get busiest() {
      return busiest;
    },
    now: () => performance.now(),
    async fetch(_url, init) {
      const body = typeof init.body === 'string' ? JSON.parse(init.body) : {};
      const request: SeenRequest = {
        httpMethod: init.method ?? 'GET',
        method: body.method ?? '',
        id: body.id,
        params: body.params ?? {},
        headers: init.headers as Record<string, string>,
        init,
      };
      seen.push(request);
      busiest = Math.max(busiest, ++underWay);
      try {
        return await respond(request);
      } finally {
        underWay--;
      }
    },
  };
}

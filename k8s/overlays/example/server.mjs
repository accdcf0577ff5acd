/**
 * A small MCP server for the example pod: Streamable HTTP without sessions, one tool, no packages.
 * It listens on the pod's loopback address, where only weir reaches it.
 */

import { createServer } from 'node:http';

const MAX_BODY_BYTES = 1024 * 1024;
const VERSIONS = ['2025-03-26', '2025-06-18', '2025-11-25'];

const ADD_TOOL = {
  name: 'add',
  description: 'Adds two numbers',
  inputSchema: {
    type: 'object',
    properties: { a: { type: 'number' }, b: { type: 'number' } },
    required: ['a', 'b'],
  },
};

class RpcError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

function callTool(params) {
  if (params?.name !== ADD_TOOL.name) throw new RpcError(-32602, 'Unknown tool');
  const { a, b } = params.arguments ?? {};
  if (typeof a !== 'number' || typeof b !== 'number') {
    return { content: [{ type: 'text', text: 'a and b must be numbers' }], isError: true };
  }
  return { content: [{ type: 'text', text: String(a + b) }] };
}

const METHODS = {
  initialize: (params) => ({
    protocolVersion: VERSIONS.includes(params?.protocolVersion)
      ? params.protocolVersion
      : VERSIONS.at(-1),
    capabilities: { tools: {} },
    serverInfo: { name: 'example', version: '1.0.0' },
  }),
  ping: () => ({}),
  'tools/list': () => ({ tools: [ADD_TOOL] }),
  'tools/call': callTool,
};

/** The answer to one message, or null for what is not a request. */
function answer(message) {
  const { id, method, params } = message ?? {};
  if (id === undefined || typeof method !== 'string') return null;
  try {
    if (!Object.hasOwn(METHODS, method)) throw new RpcError(-32601, 'Method not found');
    return { jsonrpc: '2.0', id, result: METHODS[method](params) };
  } catch (error) {
    const code = error instanceof RpcError ? error.code : -32603;
    return { jsonrpc: '2.0', id, error: { code, message: error.message } };
  }
}

async function readBody(request) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw new RangeError('Body too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function serve(request, response) {
  if (new URL(request.url, 'http://localhost').pathname !== '/mcp') {
    response.writeHead(404).end();
    return;
  }
  if (request.method !== 'POST') {
    response.writeHead(405, { allow: 'POST' }).end();
    return;
  }
  let reply;
  try {
    reply = answer(JSON.parse(await readBody(request)));
  } catch (error) {
    const status = error instanceof RangeError ? 413 : 400;
    const body = { jsonrpc: '2.0', error: { code: -32700, message: 'Parse error' } };
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    return;
  }
  if (reply === null) response.writeHead(202).end();
  else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(reply));
}

const server = createServer((request, response) => {
  serve(request, response).catch(() => response.destroy());
});
server.listen(Number(process.env.PORT ?? 3001), process.env.HOST ?? '127.0.0.1', () => {
  const { address, port } = server.address();
  process.stdout.write(`MCP server on http://${address}:${port}/mcp\n`);
});
process.once('SIGTERM', () => server.close());

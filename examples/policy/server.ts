/**
 * A small MCP server to put policies in front of: an alarm clock that also knows the weather. Two
 * of its tools say that they only read, one says that it destroys. It asks nobody who they are.
 *
 * `node examples/policy/server.ts` listens on http://localhost:3001/mcp; PORT chooses another port.
 *
 * @module
 */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type NodeIncomingMessageLike, toNodeHandler } from '@modelcontextprotocol/node';
import { type CallToolResult, createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import * as z from 'zod';

const DEFAULT_PORT = 3001;

const alarms = new Set(['06:30']);

function text(message: string): CallToolResult {
  return { content: [{ type: 'text', text: message }] };
}

function createAlarmClock(): McpServer {
  const server = new McpServer({ name: 'alarm-clock', version: '1.0.0' });
  const time = z.object({ time: z.string().regex(/^\d\d:\d\d$/) });
  server.registerTool(
    'get_weather',
    {
      description: 'Tells the weather of a city',
      inputSchema: z.object({ city: z.string() }),
      annotations: { readOnlyHint: true },
    },
    ({ city }) => text(`Rain in ${city}`),
  );
  server.registerTool(
    'list_alarms',
    { description: 'Lists the alarms', annotations: { readOnlyHint: true } },
    () => text([...alarms].sort().join(', ')),
  );
  server.registerTool(
    'set_alarm',
    {
      description: 'Sets an alarm',
      inputSchema: time,
      annotations: { readOnlyHint: false, destructiveHint: false },
    },
    (input) => {
      alarms.add(input.time);
      return text(`Alarm at ${input.time}`);
    },
  );
  server.registerTool(
    'delete_alarm',
    {
      description: 'Deletes an alarm',
      inputSchema: time,
      annotations: { readOnlyHint: false, destructiveHint: true },
    },
    (input) => text(alarms.delete(input.time) ? 'Deleted' : 'There was none'),
  );
  return server;
}

const serve = toNodeHandler(createMcpHandler(createAlarmClock));

const server = createServer((request, response) => {
  // Same object: the adapter's type just does not spell out that `method` may be undefined.
  serve(request as NodeIncomingMessageLike, response).catch(() => response.destroy());
});
server.listen(Number(process.env.PORT ?? DEFAULT_PORT), 'localhost', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`MCP server on http://localhost:${port}/mcp\n`);
});

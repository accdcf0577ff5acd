/**
 * The demo's MCP server: a handful of small tools that really work, one of which streams its
 * progress and one of which always fails, so that there is something to see in the metrics. It
 * serves the revision 2026-07-28, and older clients without sessions.
 *
 * @module
 */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  localhostHostValidation,
  type NodeIncomingMessageLike,
  toNodeHandler,
} from '@modelcontextprotocol/node';
import {
  type CallToolResult,
  completable,
  createMcpHandler,
  McpServer,
  ResourceNotFoundError,
  ResourceTemplate,
} from '@modelcontextprotocol/server';
import * as z from 'zod';

export interface DemoServer {
  /** Origin it listens on, for a proxy to be pointed at; the MCP endpoint is `/mcp`. */
  readonly origin: string;
  close(): Promise<void>;
}

/** Time between two numbers of a countdown, in ms. */
const COUNTDOWN_STEP_MS = 200;

const GREETINGS: ReadonlyMap<string, string> = new Map([
  ['de', 'Guten Tag'],
  ['en', 'Good day'],
  ['es', 'Buenos días'],
  ['fr', 'Bonjour'],
]);

function text(message: string): CallToolResult {
  return { content: [{ type: 'text', text: message }] };
}

function registerTools(server: McpServer): void {
  server.registerTool(
    'add',
    {
      title: 'Add',
      description: 'Adds two numbers',
      inputSchema: z.object({ a: z.number(), b: z.number() }),
      outputSchema: z.object({ sum: z.number() }),
    },
    ({ a, b }) => ({ ...text(String(a + b)), structuredContent: { sum: a + b } }),
  );
  server.registerTool(
    'word_count',
    {
      title: 'Count words',
      description: 'Counts the words and the characters of a text',
      inputSchema: z.object({ text: z.string().max(100_000) }),
    },
    (input) => {
      const words = input.text.match(/\S+/gu)?.length ?? 0;
      return text(`${words} words, ${[...input.text].length} characters`);
    },
  );
  server.registerTool(
    'roll_dice',
    {
      title: 'Roll dice',
      description: 'Rolls dice and adds them up',
      inputSchema: z.object({
        count: z.number().int().min(1).max(100).default(1),
        sides: z.number().int().min(2).max(1000).default(6),
      }),
    },
    ({ count, sides }) => {
      const rolls = Array.from({ length: count }, () => 1 + Math.floor(Math.random() * sides));
      return text(`${rolls.join(' + ')} = ${rolls.reduce((sum, roll) => sum + roll, 0)}`);
    },
  );
  server.registerTool(
    'countdown',
    {
      title: 'Count down',
      description: 'Counts down to zero and reports each number as progress while it does',
      inputSchema: z.object({ from: z.number().int().min(1).max(50).default(5) }),
    },
    async ({ from }, { mcpReq }) => {
      const progressToken = mcpReq._meta?.progressToken;
      for (let left = from; left > 0; left--) {
        if (progressToken !== undefined) {
          await mcpReq.notify({
            method: 'notifications/progress',
            params: { progressToken, progress: from - left, total: from, message: `${left}…` },
          });
        }
        // A client that hangs up ends the countdown here.
        await delay(COUNTDOWN_STEP_MS, undefined, { signal: mcpReq.signal });
      }
      return text('Lift-off!');
    },
  );
  server.registerTool(
    'always_fails',
    { title: 'Fail', description: 'Fails on every call: HTTP says 200, the result says isError' },
    () => ({ ...text('This tool fails on purpose'), isError: true }),
  );
}

function registerResources(server: McpServer, startedAt: number): void {
  server.registerResource(
    'status',
    'demo://status',
    { title: 'Status', description: 'How long the demo runs', mimeType: 'application/json' },
    (uri) => ({
      contents: [
        {
          uri: uri.href,
          mimeType: 'application/json',
          text: JSON.stringify({ uptimeSeconds: Math.round((Date.now() - startedAt) / 1000) }),
        },
      ],
    }),
  );
  server.registerResource(
    'greeting',
    new ResourceTemplate('demo://greeting/{language}', {
      list: () => ({
        resources: [...GREETINGS.keys()].map((language) => ({
          uri: `demo://greeting/${language}`,
          name: `greeting-${language}`,
        })),
      }),
      complete: {
        language: (start) => [...GREETINGS.keys()].filter((code) => code.startsWith(start)),
      },
    }),
    { title: 'Greeting', description: 'A greeting by language code', mimeType: 'text/plain' },
    (uri, { language }) => {
      const greeting = GREETINGS.get(String(language));
      if (greeting === undefined) throw new ResourceNotFoundError(uri.href);
      return { contents: [{ uri: uri.href, mimeType: 'text/plain', text: greeting }] };
    },
  );
}

function registerPrompts(server: McpServer): void {
  server.registerPrompt(
    'explain',
    {
      title: 'Explain',
      description: 'Asks for an explanation that fits the reader',
      argsSchema: z.object({
        topic: z.string().describe('What to explain'),
        reader: completable(z.string().describe('Who will read it'), (start) =>
          ['beginner', 'developer', 'operator'].filter((reader) => reader.startsWith(start)),
        ),
      }),
    },
    ({ topic, reader }) => ({
      messages: [
        {
          role: 'user',
          content: { type: 'text', text: `Explain ${topic} to a ${reader} in five sentences.` },
        },
      ],
    }),
  );
}

/**
 * Listens on loopback: nothing but the proxy in front needs to reach it.
 *
 * @param port Default 0, any free port.
 */
export async function startDemoServer(port = 0): Promise<DemoServer> {
  const startedAt = Date.now();
  const handler = createMcpHandler(() => {
    const server = new McpServer(
      { name: 'weir-demo', version: '1.0.0' },
      { instructions: 'Small tools to try a proxy with.' },
    );
    registerTools(server);
    registerResources(server, startedAt);
    registerPrompts(server);
    return server;
  });
  const serve = toNodeHandler(handler);
  const hasLocalHost = localhostHostValidation();
  const server = createServer((request, response) => {
    if (!hasLocalHost(request, response)) return;
    if (request.url !== '/mcp') {
      response.writeHead(404).end();
      return;
    }
    // Same object: the adapter's type just does not spell out that `method` may be undefined.
    serve(request as NodeIncomingMessageLike, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${address.port}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await handler.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

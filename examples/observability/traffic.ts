/**
 * Clients that use MCP servers all the time, so that dashboards have something to show: each learns
 * what its server offers, then calls all of it in turn, some of it wrongly. Runs until Ctrl-C.
 *
 *     node examples/observability/traffic.ts http://localhost:4000/mcp
 *
 * Only for servers that may be called with made-up arguments. PAUSE_MS is the time between two
 * calls of a client, 250 if not set.
 *
 * @module
 */

import { setTimeout as delay } from 'node:timers/promises';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { sampleArguments } from '../../src/loadtest/sample-arguments.ts';

const PAUSE_MS = Number(process.env.PAUSE_MS ?? 250);
/** Between two attempts to reach a server. */
const RETRY_MS = 1_000;
/** For one answer: a tool that works longer counts as canceled. */
const TIMEOUT_MS = 5_000;

/** `auto` prefers the stateless protocol of 2026-07-28, `legacy` is the one with sessions. */
type Mode = 'auto' | 'legacy';
type Operation = () => Promise<unknown>;

const ended = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ended.abort());

async function connect(url: string, mode: Mode): Promise<Client> {
  const client = new Client(
    { name: 'weir-traffic', version: '1.0.0' },
    { versionNegotiation: { mode } },
  );
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  return client;
}

/** All that a server offers, each once, and a call of a tool that it does not have. */
async function learn(client: Client): Promise<readonly Operation[]> {
  const options = { timeout: TIMEOUT_MS };
  const offers = client.getServerCapabilities() ?? {};
  const operations: Operation[] = [
    () => client.callTool({ name: 'no_such_tool', arguments: {} }, options),
  ];
  if (offers.tools !== undefined) {
    operations.push(() => client.listTools());
    for (const { name, inputSchema } of (await client.listTools()).tools) {
      const args = sampleArguments(inputSchema);
      if (args !== null) operations.push(() => client.callTool({ name, arguments: args }, options));
    }
  }
  if (offers.resources !== undefined) {
    operations.push(() => client.listResources());
    for (const { uri } of (await client.listResources()).resources) {
      operations.push(() => client.readResource({ uri }, options));
    }
  }
  if (offers.prompts !== undefined) {
    operations.push(() => client.listPrompts());
    for (const prompt of (await client.listPrompts()).prompts) {
      const args = Object.fromEntries((prompt.arguments ?? []).map(({ name }) => [name, 'weir']));
      operations.push(() => client.getPrompt({ name: prompt.name, arguments: args }, options));
    }
  }
  // The server's way to say something of its own accord: a stream that stays open.
  if (client.getProtocolEra() === 'modern') await client.listen({ toolsListChanged: true });
  return operations;
}

/** One client, for as long as its server is there. */
async function use(url: string, mode: Mode): Promise<void> {
  const client = await connect(url, mode);
  console.log(`${url}: ${client.getNegotiatedProtocolVersion()}`);
  try {
    const operations = await learn(client);
    for (let i = 0; ; i = (i + 1) % operations.length) {
      // That calls fail is what the dashboards are for.
      await operations[i]?.().catch(() => {});
      await pause(PAUSE_MS);
    }
  } finally {
    await client.close();
  }
}

/** @throws {Error} when the program is to end */
function pause(ms: number): Promise<void> {
  return delay(ms, undefined, { signal: ended.signal });
}

/** Keeps one client at work: a server that is not there yet, or restarts, is waited for. */
async function keepUsing(url: string, mode: Mode): Promise<void> {
  while (!ended.signal.aborted) {
    const error = await use(url, mode).catch((reason: unknown) => reason);
    if (ended.signal.aborted) return;
    console.error(`${url}: ${error instanceof Error ? error.message : String(error)}`);
    await pause(RETRY_MS).catch(() => {});
  }
}

const urls = process.argv.slice(2);
if (urls.length === 0) {
  console.error('Which servers? node examples/observability/traffic.ts http://localhost:4000/mcp');
  process.exitCode = 2;
}
await Promise.all(urls.flatMap((url) => [keepUsing(url, 'auto'), keepUsing(url, 'legacy')]));

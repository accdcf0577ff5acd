import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SpawnedProcess, spawnProcess } from '../fixtures/process.ts';
import { programPath, REPOSITORY } from '../fixtures/programs.ts';
import { RawUpstream } from '../fixtures/raw-upstream.ts';
import { eventually } from '../fixtures/wait.ts';
import { cleanEnvironment } from '../fixtures/weir-process.ts';
import { Wrangler } from '../runtime/wrangler.ts';

const CALL = JSON.stringify({
  jsonrpc: '2.0',
  id: 7,
  method: 'tools/call',
  params: { name: 'search', arguments: {} },
});
const ANSWER = { jsonrpc: '2.0', id: 7, result: { content: [] } };

let upstream: RawUpstream;
beforeAll(async () => {
  upstream = await RawUpstream.start();
  upstream.fallback = (exchange) =>
    exchange.target === '/mcp'
      ? exchange.respondJson(ANSWER)
      : exchange.respond({ status: 404, body: exchange.target });
});
afterAll(() => upstream.stop());

async function callTool(url: string): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: CALL,
  });
  return await response.json();
}

/** Starts an example, hands over its origin, and ends it. */
async function withExample(
  [command, ...args]: readonly [string, ...string[]],
  env: Readonly<Record<string, string>>,
  use: (origin: string, example: SpawnedProcess) => Promise<void>,
): Promise<void> {
  const example = spawnProcess(command, args, {
    cwd: REPOSITORY,
    env: cleanEnvironment({ NO_COLOR: '1', ...env }),
  });
  try {
    const line = await example.waitForLine((text) => /http:\/\/[^/\s]+:\d+/.test(text));
    const port = /http:\/\/[^/\s]+:(\d+)/.exec(line)?.[1];
    await use(`http://127.0.0.1:${port}`, example);
  } finally {
    await example.stop();
  }
}

describe('examples', () => {
  it('hono: the proxy is mounted under /mcp, with metrics beside it', async () => {
    await withExample(
      [programPath('node'), 'examples/hono/main.ts'],
      { MCP_SERVER: `${upstream.url}/mcp`, PORT: '0' },
      async (origin) => {
        expect(await callTool(`${origin}/mcp`)).toEqual(ANSWER);
        expect(await (await fetch(origin)).text()).toContain('/mcp');
        const metrics = await (await fetch(`${origin}/metrics`)).text();
        expect(metrics).toMatch(/^mcp_tool_calls_total\{.*tool_name="search".*\} 1$/m);
      },
    );
  });

  it('deno: the proxy is what `deno serve` serves', async () => {
    await withExample(
      [
        programPath('deno'),
        ...['serve', '--no-prompt', '--no-lock', '--host', '127.0.0.1', '--port', '0'],
        ...['--allow-net', '--allow-env=MCP_SERVER', 'examples/deno/main.ts'],
      ],
      { MCP_SERVER: upstream.url },
      async (origin, example) => {
        expect(await callTool(`${origin}/mcp`)).toEqual(ANSWER);
        await eventually(() => expect(example.output()).toContain('/mcp ok'));
      },
    );
  });

  it('bun: the proxy is what Bun serves', async () => {
    await withExample(
      [programPath('bun'), 'examples/bun/main.ts'],
      { MCP_SERVER: upstream.url, PORT: '0' },
      async (origin, example) => {
        expect(await callTool(`${origin}/mcp`)).toEqual(ANSWER);
        await eventually(() => expect(example.output()).toContain('/mcp ok'));
      },
    );
  });

  it('worker: the proxy is one path of another Worker', async () => {
    const wrangler = new Wrangler();
    try {
      await wrangler.dev(
        { MCP_SERVER: `${upstream.url}/mcp` },
        ['--config', 'examples/worker/wrangler.toml'],
        async (url) => {
          expect(await callTool(`${url}/mcp`)).toEqual(ANSWER);
          expect(await (await fetch(url)).text()).toContain('/mcp');
        },
      );
    } finally {
      wrangler.remove();
    }
  });
});

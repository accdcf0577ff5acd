/**
 * What the packaging tests share: where the built files are, a small upstream, and a way to start
 * any command line that ends up as a listening weir.
 *
 * @module
 */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type SpawnedProcess,
  type SpawnProcessOptions,
  spawnProcess,
} from '../fixtures/process.ts';
import { REPOSITORY } from '../fixtures/programs.ts';

export const DIST: string = `${REPOSITORY}/dist`;

export interface Upstream {
  /** `127.0.0.1:port`. */
  readonly authority: string;
  stop(): Promise<void>;
}

/** Answers every POST with a tool result that carries the request's id. */
export async function startUpstream(): Promise<Upstream> {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const { id } = JSON.parse(body) as { id: number };
    const result = { content: [{ type: 'text', text: 'from the upstream' }] };
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ jsonrpc: '2.0', id, result }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    authority: `127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export interface StartedProgram {
  readonly process: SpawnedProcess;
  /** Base URL of the proxy listener. */
  readonly url: string;
  /** Base URL of the admin listener. */
  readonly admin: string;
}

/** Starts a command line that runs weir with JSON logs, and waits until it listens. */
export async function startProgram(
  [command, ...args]: readonly [string, ...string[]],
  options: SpawnProcessOptions,
): Promise<StartedProgram> {
  const process = spawnProcess(command, args, options);
  try {
    const line = await process.waitForLine((text) => text.includes('"listening"'));
    const { url, admin } = JSON.parse(line) as { url: string; admin: string };
    return { process, url: trimmed(url), admin: trimmed(admin) };
  } catch (error) {
    await process.stop(0);
    throw error;
  }
}

function trimmed(url: string): string {
  // A wildcard address is where it listens, not where one connects.
  return url.replace(/\/+$/, '').replace(/\/\/(?:0\.0\.0\.0|\[::\])/, '//127.0.0.1');
}

/** A tool call by POST; resolves to the status and the parsed answer. */
export async function callTool(
  url: string,
  id: number,
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${url}/mcp`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'add' } }),
  });
  return { status: response.status, body: await response.json() };
}

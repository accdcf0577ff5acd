/** The example pod of k8s/, on this machine: its server, and weir started with the pod's own flags. */

import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SpawnedProcess, spawnProcess } from '../fixtures/process.ts';
import { programPath, REPOSITORY } from '../fixtures/programs.ts';
import { eventually } from '../fixtures/wait.ts';
import { buildManifests, KUBECTL_MISSING } from '../k8s/kustomize.ts';
import { DIST, type StartedProgram, startProgram } from './built.ts';

const NODE = programPath('node');
const SERVER = `${REPOSITORY}/k8s/overlays/example/server.mjs`;

interface Answer {
  status: number;
  body: { id?: unknown; result?: Record<string, unknown>; error?: { code: number } } | null;
}

describe('the example pod', () => {
  let server: SpawnedProcess;
  let weir: StartedProgram | undefined;
  let serverUrl = '';

  beforeAll(async () => {
    server = spawnProcess(NODE, [SERVER], { env: { HOST: '127.0.0.1', PORT: '0' } });
    const line = await server.waitForLine((text) => text.startsWith('MCP server on '));
    serverUrl = line.slice('MCP server on '.length);
    if (KUBECTL_MISSING !== null) return;

    const [deployment] = buildManifests('overlays/example').filter(
      ({ kind }) => kind === 'Deployment',
    );
    const { spec } = deployment as unknown as {
      spec: { template: { spec: { initContainers: { args: string[] }[] } } };
    };
    const args = (spec.template.spec.initContainers[0]?.args ?? []).map((arg) =>
      arg
        .replace('localhost:3001', new URL(serverUrl).host)
        .replace(/=:(?:8080|9090)$/, '=127.0.0.1:0')
        .replace('--health-check-interval=10s', '--health-check-interval=1s'),
    );
    weir = await startProgram([NODE, `${DIST}/weir.js`, 'proxy', ...args], { env: {} });
  });

  afterAll(async () => {
    await weir?.process.stop();
    await server.stop();
  });

  async function post(url: string, message: unknown): Promise<Answer> {
    const body = typeof message === 'string' ? message : JSON.stringify(message);
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', headers, body });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text) };
  }

  it('server speaks MCP: initialize, list, call', async () => {
    const initialize = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: {} };
    expect(
      await post(serverUrl, { jsonrpc: '2.0', id: 1, method: 'initialize', params: initialize }),
    ).toMatchObject({ status: 200, body: { id: 1, result: { protocolVersion: '2025-06-18' } } });
    expect(await post(serverUrl, { jsonrpc: '2.0', method: 'notifications/initialized' })).toEqual({
      status: 202,
      body: null,
    });
    expect(await post(serverUrl, { jsonrpc: '2.0', id: 2, method: 'tools/list' })).toMatchObject({
      body: { result: { tools: [{ name: 'add' }] } },
    });
  });

  it('server refuses what it does not know, and lives', async () => {
    expect(await post(serverUrl, '{')).toMatchObject({
      status: 400,
      body: { error: { code: -32700 } },
    });
    expect(await post(serverUrl, '"'.padEnd(1024 * 1024 + 2, 'x'))).toMatchObject({ status: 413 });
    expect(await post(serverUrl, { jsonrpc: '2.0', id: 3, method: 'toString' })).toMatchObject({
      body: { error: { code: -32601 } },
    });
    expect((await fetch(serverUrl)).status).toBe(405);
    expect((await fetch(new URL('/', serverUrl))).status).toBe(404);
    expect(await post(serverUrl, { jsonrpc: '2.0', id: 4, method: 'ping' })).toMatchObject({
      body: { id: 4, result: {} },
    });
  });

  it('weir with the pod’s flags passes a tool call and becomes ready', async ({ skip }) => {
    if (weir === undefined) return skip(KUBECTL_MISSING ?? 'weir did not start');
    const { url, admin } = weir;
    const params = { name: 'add', arguments: { a: 2, b: 40 } };
    expect(
      await post(`${url}/mcp`, { jsonrpc: '2.0', id: 5, method: 'tools/call', params }),
    ).toMatchObject({ status: 200, body: { id: 5, result: { content: [{ text: '42' }] } } });
    await eventually(async () => expect((await fetch(`${admin}/readyz`)).status).toBe(200));
    const metrics = await (await fetch(`${admin}/metrics`)).text();
    expect(metrics).toMatch(/tool="add"|gen_ai_tool_name="add"|tool_name="add"/);
  });

  it('server code is valid for the Node of its image', () => {
    expect(spawnSync(NODE, ['--check', SERVER]).status).toBe(0);
  });
});

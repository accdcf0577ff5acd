/**
 * What the reference server cannot show, with the fixture server in the legacy era: cancellation as
 * the server sees it, resumption of broken streams, changes announced to sessions, their end.
 */

import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import {
  type ConformanceServer,
  startConformanceServer,
} from '../fixtures/mcp/conformance-server.ts';
import { openRoute, ROUTE_NAMES, type Route, whyUnavailable } from '../fixtures/mcp/routes.ts';
import { eventually } from '../fixtures/wait.ts';
import type { TestClient } from './client.ts';
import { connectV1 } from './client-v1.ts';
import { connectV2 } from './client-v2.ts';
import { expectAllCounted } from './metrics.ts';
import type { Traffic } from './traffic.ts';

const SDKS = [
  { sdk: 'v1', connect: (url: string) => connectV1(url) },
  { sdk: 'v2', connect: (url: string) => connectV2(url) },
];
const WATCHED = 'test://watched-resource';
const LEGACY_HEADERS = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  'mcp-protocol-version': '2025-11-25',
};

describe.each(ROUTE_NAMES)('fixture server, legacy era, %s', (routeName) => {
  const unavailable = whyUnavailable(routeName);
  const traffic: Traffic[] = [];
  let server: ConformanceServer;
  let route: Route;
  let url: string;
  beforeAll(async () => {
    if (unavailable !== null) return;
    server = await startConformanceServer();
    const { origin, pathname } = new URL(server.url);
    route = await openRoute(routeName, origin);
    url = `${route.origin}${pathname}`;
  });
  afterAll(async () => {
    await route?.close();
    await server?.close();
  });

  describe.each(SDKS)('SDK $sdk', ({ connect }) => {
    async function withClient(
      { skip }: TestContext,
      use: (client: TestClient) => Promise<void>,
    ): Promise<void> {
      if (unavailable !== null) skip(unavailable);
      const client = await connect(url);
      traffic.push(client.traffic);
      try {
        await client.traffic.streamOpened();
        await use(client);
      } finally {
        await client.terminateSession();
        await client.close();
      }
    }

    it('cancels a call by notification', (context) =>
      withClient(context, async (client) => {
        const before = Number((await client.callTool('test_cancel_count')).text);
        const abort = new AbortController();
        const call = client.callTool(
          'test_slow',
          { ms: 30_000 },
          { signal: abort.signal, onprogress: () => abort.abort('changed my mind') },
        );
        await expect(call).rejects.toThrow('changed my mind');
        expect(client.traffic.sent.map(({ rpcMethod }) => rpcMethod)).toContain(
          'notifications/cancelled',
        );
        await eventually(async () => {
          const after = Number((await client.callTool('test_cancel_count')).text);
          expect(after).toBe(before + 1);
        });
      }));

    it('resumes a stream the server closed in the middle of a call', (context) =>
      withClient(context, async (client) => {
        const answer = await client.callTool('test_reconnection');
        expect(answer.text).toBe('Reconnection test completed');
        const resumed = client.traffic.sent.filter(({ lastEventId }) => lastEventId !== null);
        expect(resumed.map(({ httpMethod }) => httpMethod)).toContain('GET');
      }));

    it('hears of changed lists and of the resources it subscribed to', (context) =>
      withClient(context, async (client) => {
        await client.callTool('test_trigger_tool_change');
        await client.notification('notifications/tools/list_changed');
        await client.callTool('test_trigger_prompt_change');
        await client.notification('notifications/prompts/list_changed');
        await client.subscribe(WATCHED);
        await client.callTool('test_trigger_resource_update');
        const { params } = await client.notification('notifications/resources/updated');
        expect(params.uri).toBe(WATCHED);
        await client.unsubscribe(WATCHED);
      }));

    it('gets tool errors, and errors for unknown names', (context) =>
      withClient(context, async (client) => {
        expect((await client.callTool('test_error_handling')).isError).toBe(true);
        await expect(client.getPrompt('no_such_prompt')).rejects.toThrow(/no_such_prompt/);
        await expect(client.readResource('test://nothing-there')).rejects.toThrow(/nothing-there/);
      }));
  });

  it('forgets a session after DELETE, and tells so with 404', async ({ skip }) => {
    if (unavailable !== null) skip(unavailable);
    const opened = await fetch(url, {
      method: 'POST',
      headers: LEGACY_HEADERS,
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'initialize',
        params: {
          protocolVersion: '2025-11-25',
          capabilities: {},
          clientInfo: { name: 'raw', version: '1' },
        },
      }),
    });
    await opened.text();
    const session = opened.headers.get('mcp-session-id');
    expect(session).toMatch(/^[\x21-\x7e]+$/);
    const headers = { ...LEGACY_HEADERS, 'mcp-session-id': session! };
    const ping = JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'ping' });

    const alive = await fetch(url, { method: 'POST', headers, body: ping });
    expect(await alive.text()).toContain('"result":{}');
    const ended = await fetch(url, { method: 'DELETE', headers });
    expect(ended.status).toBe(200);
    await ended.text();
    const gone = await fetch(url, { method: 'POST', headers, body: ping });
    expect(gone.status).toBe(404);
    expect(await gone.json()).toMatchObject({ error: { code: -32001 } });
  });

  if (routeName !== 'direct') {
    it('counted every call, and nothing is left', async ({ skip }) => {
      if (unavailable !== null) skip(unavailable);
      await expectAllCounted(route.weir!, traffic);
    });
  }
});

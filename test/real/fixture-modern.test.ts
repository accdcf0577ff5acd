/**
 * The fixture server in the modern era, driven by version 2 of the SDK: discovery, multi round-trip
 * requests, subscriptions, and cancellation by hanging up.
 */

import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import {
  type ConformanceServer,
  startConformanceServer,
} from '../fixtures/mcp/conformance-server.ts';
import { openRoute, ROUTE_NAMES, type Route, whyUnavailable } from '../fixtures/mcp/routes.ts';
import { eventually } from '../fixtures/wait.ts';
import { ELICITED_NAME, ROOT_URI, SAMPLE_TEXT } from './client.ts';
import { connectV2, type V2Client } from './client-v2.ts';
import { expectAllCounted } from './metrics.ts';
import type { Traffic } from './traffic.ts';

const WATCHED = 'test://watched-resource';

describe.each(ROUTE_NAMES)('fixture server, modern era, %s', (routeName) => {
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

  async function withClient(
    { skip }: TestContext,
    use: (client: V2Client) => Promise<void>,
  ): Promise<void> {
    if (unavailable !== null) skip(unavailable);
    const client = await connectV2(url, { mode: 'auto' });
    traffic.push(client.traffic);
    try {
      await use(client);
    } finally {
      await client.close();
    }
  }

  it('is discovered as modern, without a handshake', (context) =>
    withClient(context, async (client) => {
      expect(client.era).toBe('modern');
      expect(client.protocolVersion).toBe('2026-07-28');
      const methods = client.traffic.sent.map(({ rpcMethod }) => rpcMethod);
      expect(methods).toContain('server/discover');
      expect(methods).not.toContain('initialize');
    }));

  it('lists and calls tools, prompts, resources and completions', (context) =>
    withClient(context, async (client) => {
      expect(await client.listTools()).toContain('test_simple_text');
      expect((await client.callTool('test_simple_text')).isError).toBe(false);
      expect((await client.callTool('test_error_handling')).isError).toBe(true);
      expect(
        await client.getPrompt('test_prompt_with_arguments', { arg1: 'eins', arg2: 'zwei' }),
      ).toContain("arg2='zwei'");
      expect(await client.completePrompt('test_prompt_with_arguments', 'arg1', 'par')).toEqual([
        'paris',
        'park',
        'party',
      ]);
      expect(await client.readResource('test://template/a%20b/data')).toContain('templateTest');
      await expect(client.readResource('test://nothing-there')).rejects.toThrow(/nothing-there/);
    }));

  it('passes mirrored argument headers on, plain and encoded', (context) =>
    withClient(context, async (client) => {
      // The client learns which arguments to mirror from the list.
      await client.listTools();
      for (const region of ['eu-west', 'Île-de-France', ' padded ', '=?base64?AA==?=']) {
        expect((await client.callTool('test_header_mirror', { region, count: 3 })).text).toBe(
          `Region: ${region}`,
        );
      }
    }));

  it('streams progress', (context) =>
    withClient(context, async (client) => {
      const seen: number[] = [];
      const answer = await client.callTool(
        'test_tool_with_progress',
        {},
        { onprogress: ({ progress }) => seen.push(progress) },
      );
      expect(answer.text).toBe('Progress finished');
      expect(seen).toEqual([0, 50, 100]);
    }));

  it('gives input by calling again: elicitation, sampling, roots, several rounds', (context) =>
    withClient(context, async (client) => {
      const call = async (name: string): Promise<string> =>
        (await client.callTool(`test_input_required_result_${name}`)).text;
      expect(await call('elicitation')).toBe(`Hello, ${ELICITED_NAME}!`);
      expect(await call('sampling')).toBe(SAMPLE_TEXT);
      expect(await call('list_roots')).toBe(`Roots: ${ROOT_URI}`);
      expect(await call('multiple_inputs')).toBe(`${SAMPLE_TEXT} ${ELICITED_NAME} of ${ROOT_URI}`);
      expect(client.traffic.toolCalls.get('test_input_required_result_elicitation')).toBe(2);
    }));

  it('cancels a call by hanging up', (context) =>
    withClient(context, async (client) => {
      const before = Number((await client.callTool('test_cancel_count')).text);
      const abort = new AbortController();
      const call = client.callTool(
        'test_slow',
        // workerd hears of a closed connection when it writes to it (see `silent-close`).
        { ms: 30_000, ...(routeName === 'workers' ? { everyMs: 200 } : {}) },
        { signal: abort.signal, onprogress: () => abort.abort('changed my mind') },
      );
      await expect(call).rejects.toThrow('changed my mind');
      await eventually(async () => {
        const after = Number((await client.callTool('test_cancel_count')).text);
        expect(after).toBe(before + 1);
      });
    }));

  it('listens to what it asked for, and to nothing else', (context) =>
    withClient(context, async (client) => {
      const subscription = await client.listen({
        promptsListChanged: true,
        resourceSubscriptions: [WATCHED],
      });
      expect(subscription.honoredFilter).toMatchObject({ promptsListChanged: true });
      await client.callTool('test_trigger_tool_change');
      await client.callTool('test_trigger_resource_update');
      const { params } = await client.notification('notifications/resources/updated');
      expect(params.uri).toBe(WATCHED);
      await client.callTool('test_trigger_prompt_change');
      await client.notification('notifications/prompts/list_changed');
      expect(client.received('notifications/tools/list_changed')).toBe(false);
      await subscription.close();
      expect(await subscription.closed).toBe('local');
    }));

  if (routeName !== 'direct') {
    it('counted every call, and nothing is left', async ({ skip }) => {
      if (unavailable !== null) skip(unavailable);
      await expectAllCounted(route.weir!, traffic);
    });
  }
});

/**
 * The published reference server as the upstream, driven by both SDKs over both legacy transports:
 * straight, and through weir on every runtime.
 */

import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { openRoute, ROUTE_NAMES, type Route, whyUnavailable } from '../fixtures/mcp/routes.ts';
import { ELICITED_NAME, ROOT_URI, SAMPLE_TEXT, type TestClient } from './client.ts';
import { connectV1 } from './client-v1.ts';
import { connectV2 } from './client-v2.ts';
import { type EverythingServer, startEverything } from './everything-server.ts';
import { expectAllCounted } from './metrics.ts';
import type { Traffic } from './traffic.ts';

const TRANSPORTS = [
  { kind: 'streamable', mode: 'streamableHttp', path: '/mcp' },
  { kind: 'sse', mode: 'sse', path: '/sse' },
] as const;
const SDKS = ['v1', 'v2'] as const;
/** A resource every id of which exists. */
const RESOURCE = 'demo://resource/dynamic/text/7';

function connect(sdk: (typeof SDKS)[number], url: string, kind: 'streamable' | 'sse') {
  return sdk === 'v1' ? connectV1(url, kind) : connectV2(url, { kind });
}

describe.each(TRANSPORTS)('server-everything in mode $mode', ({ kind, mode, path }) => {
  let everything: EverythingServer;
  beforeAll(async () => {
    everything = await startEverything(mode);
  });
  afterAll(() => everything?.stop());

  describe.each(ROUTE_NAMES)('%s', (routeName) => {
    const unavailable = whyUnavailable(routeName);
    const traffic: Traffic[] = [];
    let route: Route;
    beforeAll(async () => {
      if (unavailable === null) route = await openRoute(routeName, everything.origin);
    });
    afterAll(() => route?.close());

    /** Connects for one test, waits for the server-to-client stream, and always closes. */
    async function withClient(
      { skip }: TestContext,
      sdk: (typeof SDKS)[number],
      use: (client: TestClient) => Promise<void>,
    ): Promise<void> {
      if (unavailable !== null) skip(unavailable);
      const client = await connect(sdk, `${route.origin}${path}`, kind);
      traffic.push(client.traffic);
      try {
        await client.traffic.streamOpened();
        await use(client);
      } finally {
        await client.terminateSession();
        await client.close();
      }
    }

    describe.each(SDKS)('SDK %s', (sdk) => {
      it('lists and calls tools, prompts, resources and completions', (context) =>
        withClient(context, sdk, async (client) => {
          expect(await client.listTools()).toContain('echo');
          expect(await client.callTool('echo', { message: 'grüße 🌊' })).toEqual({
            text: 'Echo: grüße 🌊',
            isError: false,
          });
          expect((await client.callTool('get-sum', { a: 2, b: 40 })).text).toContain('42');
          expect((await client.callTool('get-sum', { a: 'two' })).isError).toBe(true);
          expect(await client.getPrompt('args-prompt', { city: 'Paris' })).toContain('Paris');
          expect(await client.completePrompt('completable-prompt', 'department', 'S')).toEqual([
            'Sales',
            'Support',
          ]);
          expect(await client.readResource(RESOURCE)).toContain('Resource 7');
        }));

      it('streams progress while the call is under way', (context) =>
        withClient(context, sdk, async (client) => {
          const seen: number[] = [];
          let answered = false;
          const answer = await client.callTool(
            'trigger-long-running-operation',
            { duration: 0.4, steps: 4 },
            {
              onprogress: ({ progress }) => {
                expect(answered).toBe(false);
                seen.push(progress);
              },
            },
          );
          answered = true;
          expect(answer.text).toContain('completed');
          // The fourth comes together with the answer, after which the SDKs no longer listen.
          expect(seen.slice(0, 3)).toEqual([1, 2, 3]);
        }));

      it('answers sampling, elicitation and roots requests in the middle of calls', (context) =>
        withClient(context, sdk, async (client) => {
          const sampled = await client.callTool('trigger-sampling-request', { prompt: 'hello' });
          expect(sampled.text).toContain(SAMPLE_TEXT);
          const elicited = await client.callTool('trigger-elicitation-request');
          expect(elicited.text).toContain(ELICITED_NAME);
          expect((await client.callTool('get-roots-list')).text).toContain(ROOT_URI);
          expect(client.answered).toEqual(
            expect.arrayContaining(['sampling/createMessage', 'elicitation/create', 'roots/list']),
          );
        }));

      it('delivers log messages and resource updates on the server-to-client stream', (context) =>
        withClient(context, sdk, async (client) => {
          await client.setLogLevel('debug');
          await client.callTool('toggle-simulated-logging');
          expect((await client.notification('notifications/message')).params.data).toBeTypeOf(
            'string',
          );
          await client.subscribe(RESOURCE);
          await client.callTool('toggle-subscriber-updates');
          expect((await client.notification('notifications/resources/updated')).params.uri).toBe(
            RESOURCE,
          );
          await client.unsubscribe(RESOURCE);
          await client.callTool('toggle-subscriber-updates');
          await client.callTool('toggle-simulated-logging');
        }));

      if (kind === 'streamable') {
        it('ends its session with DELETE', (context) =>
          withClient(context, sdk, async (client) => {
            await client.callTool('echo', { message: 'still here' });
            await client.terminateSession();
            expect(client.traffic.sent.map(({ httpMethod }) => httpMethod)).toContain('DELETE');
          }));
      }
    });

    if (kind === 'streamable') {
      it('is recognised as legacy by a client that probes for the modern era', async ({ skip }) => {
        if (unavailable !== null) skip(unavailable);
        const client = await connectV2(`${route.origin}${path}`, { mode: 'auto' });
        traffic.push(client.traffic);
        expect(client.era).toBe('legacy');
        expect(client.traffic.sent[0]?.rpcMethod).toBe('server/discover');
        expect((await client.callTool('echo', { message: 'hello' })).text).toBe('Echo: hello');
        await client.terminateSession();
        await client.close();
      });
    }

    if (kind === 'sse') {
      it('starts an event stream with a usable endpoint', async ({ skip }) => {
        if (unavailable !== null) skip(unavailable);
        const abort = new AbortController();
        const response = await fetch(`${route.origin}/sse`, { signal: abort.signal });
        expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
        let text = '';
        const decoder = new TextDecoder();
        for await (const chunk of response.body!) {
          text += decoder.decode(chunk, { stream: true });
          if (text.includes('\n\n')) break;
        }
        abort.abort();
        const [, endpoint = ''] = /^event: endpoint\ndata: (\S+)\n\n/.exec(text) ?? [];
        const url = new URL(endpoint, `${route.origin}/sse`);
        expect(url.origin).toBe(route.origin);
        expect(url.pathname).toBe('/message');
        expect(url.searchParams.get('sessionId')).toMatch(/^[\w-]{8,}$/);
      });
    }

    if (routeName !== 'direct') {
      it('counted every call, and nothing is left', async ({ skip }) => {
        if (unavailable !== null) skip(unavailable);
        await expectAllCounted(route.weir!, traffic);
      });
    }
  });
});

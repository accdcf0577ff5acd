import { describe, expect, it } from 'vitest';
import { type ByteRewriter, type PolicyRun, ResponseRefused } from '../../../src/exchange/guard.ts';
import type { ExchangeRecord } from '../../../src/exchange/record.ts';
import { createProxy, type McpProxy } from '../../../src/roles/proxy/proxy.ts';
import type { Upstream, UpstreamRequest } from '../../../src/roles/proxy/upstream.ts';
import { call, result } from '../../exchange/driver.ts';

interface Rig {
  proxy: McpProxy;
  requests: UpstreamRequest[];
  records: ExchangeRecord[];
}

function rig(run: PolicyRun, upstream: Upstream): Rig {
  const requests: UpstreamRequest[] = [];
  const records: ExchangeRecord[] = [];
  const proxy = createProxy({
    target: 'http://upstream:3001',
    guard: { policies: [{ name: 'authorize', open: () => run }], maxRequestBytes: 1000 },
    sinks: [{ ended: (record) => records.push(record) }],
    upstream: (request) => {
      requests.push(request);
      return upstream(request);
    },
  });
  return { proxy, requests, records };
}

const answering =
  (body: string, fields: string[] = []): Upstream =>
  async () => ({
    status: 200,
    headers: ['content-type', 'application/json', 'content-length', `${body.length}`, ...fields],
    body: new Response(body).body,
  });

const post = (body: BodyInit, headers: Record<string, string> = {}): Request =>
  new Request('http://proxy.example/mcp?key=secret', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
    duplex: 'half',
  } as RequestInit);

/** A body that comes in the pieces given. */
const inPieces = (...pieces: string[]): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      controller.close();
    },
  });

const deny = {
  kind: 'refuse',
  decision: { policy: 'authorize', decision: 'deny', rule: null, reason: 'no' },
  status: 403,
  code: -31008,
  message: 'no',
} as const;

describe('createProxy with a guard', () => {
  it('sends the request on, whole and unchanged, when it has been judged', async () => {
    const judged: string[] = [];
    const { proxy, requests } = rig(
      {
        head() {
          judged.push('head');
          return null;
        },
        async messages() {
          judged.push('messages');
          return null;
        },
        upstreamHeaders: (headers) => [...headers, 'X-Added', '1'],
        upstreamQuery: () => '',
      },
      answering(result('1', '')),
    );
    const body = call('1', 'add');
    const response = await proxy.fetch(post(inPieces(body.slice(0, 10), body.slice(10))));
    expect(await response.text()).toBe(result('1', ''));
    expect(judged).toEqual(['head', 'messages']);
    expect(requests).toHaveLength(1);
    expect(requests[0]?.url).toBe('http://upstream:3001/mcp');
    expect(requests[0]?.headers).toContain('X-Added');
    expect(new TextDecoder().decode(requests[0]?.body as Uint8Array)).toBe(body);
  });

  it.each(['head', 'messages'] as const)('sends nothing when the %s is refused', async (step) => {
    const { proxy, requests, records } = rig({ [step]: () => deny }, answering('{}'));
    const response = await proxy.fetch(post(call('7', 'add')));
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ error: { code: -31008, message: 'no' } });
    expect(requests).toEqual([]);
    expect(records).toMatchObject([{ outcome: 'denied', status: 403 }]);
  });

  it('takes no more of a body than it may have', async () => {
    const { proxy, requests, records } = rig({}, answering('{}'));
    const response = await proxy.fetch(post(inPieces('['.repeat(600), '['.repeat(600), '[')));
    expect(response.status).toBe(413);
    expect(requests).toEqual([]);
    expect(records).toMatchObject([{ outcome: 'denied', decisions: [{ policy: 'limits' }] }]);
  });

  it('judges requests without a body as well', async () => {
    const { proxy, requests } = rig({ messages: () => deny }, answering('{}'));
    const response = await proxy.fetch(new Request('http://proxy.example/mcp'));
    expect(response.status).toBe(403);
    expect(requests).toEqual([]);
  });

  it('drops what described the bytes when it rewrites them', async () => {
    const shout: ByteRewriter = {
      write: (bytes) => new TextEncoder().encode(`${new TextDecoder().decode(bytes)}!`),
      end: () => new Uint8Array(0),
    };
    const { proxy } = rig({ response: () => shout }, answering('{}', ['etag', '"a"', 'x-a', '1']));
    const response = await proxy.fetch(post(call('1', 'add')));
    expect(Object.fromEntries(response.headers)).toEqual({
      'content-type': 'application/json',
      'x-a': '1',
    });
    expect(await response.text()).toBe('{}!');
  });

  it('answers in the place of an answer that must not pass', async () => {
    const never: ByteRewriter = {
      keepsLength: true,
      write() {
        throw new ResponseRefused({ ...deny.decision }, 'too long');
      },
      end: () => new Uint8Array(0),
    };
    const { proxy, records } = rig({ response: () => never }, answering('{}'));
    const response = await proxy.fetch(post(call('1', 'add')));
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ id: 1, error: { code: -31010 } });
    expect(records).toMatchObject([{ outcome: 'denied', status: 502 }]);
  });

  it('sends nothing for a client that left while it was judged', async () => {
    const { promise, resolve } = Promise.withResolvers<null>();
    const client = new AbortController();
    const { proxy, requests, records } = rig({ messages: () => promise }, answering('{}'));
    const request = post(call('1', 'add'));
    const answer = proxy.fetch(new Request(request, { signal: client.signal }));
    await new Promise((turn) => setTimeout(turn, 50));
    client.abort();
    await new Promise((turn) => setTimeout(turn, 50));
    resolve(null);
    expect((await answer).status).toBe(499);
    expect(requests).toEqual([]);
    expect(records).toMatchObject([{ outcome: 'canceled' }]);
  });
});

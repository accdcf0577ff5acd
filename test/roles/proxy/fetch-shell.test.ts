import { describe, expect, it } from 'vitest';
import type { ExchangeRecord } from '../../../src/exchange/record.ts';
import type { ProxyTimeouts } from '../../../src/roles/proxy/options.ts';
import { createProxy, type McpProxy } from '../../../src/roles/proxy/proxy.ts';
import type { Upstream, UpstreamRequest } from '../../../src/roles/proxy/upstream.ts';
import { call, MODERN_META, result } from '../../exchange/driver.ts';

interface Rig {
  proxy: McpProxy;
  requests: UpstreamRequest[];
  records: ExchangeRecord[];
}

function rig(upstream: Upstream, timeouts: Partial<ProxyTimeouts> = {}): Rig {
  const requests: UpstreamRequest[] = [];
  const records: ExchangeRecord[] = [];
  const proxy = createProxy({
    target: 'http://upstream:3001/base',
    timeouts,
    sinks: [{ ended: (record) => records.push(record) }],
    upstream: (request) => {
      requests.push(request);
      return upstream(request);
    },
  });
  return { proxy, requests, records };
}

const post = (body: string, init: RequestInit = {}): Request =>
  new Request('http://proxy.example/mcp?x=1', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': String(body.length) },
    body,
    ...init,
  });

const json = (body: string, known = true): Awaited<ReturnType<Upstream>> => ({
  status: 200,
  headers: [
    'Content-Type',
    'application/json',
    ...(known ? ['Content-Length', String(body.length)] : []),
  ],
  body: new Response(body).body,
});

/** A body the test drives by hand. */
function handBody() {
  let controller: ReadableStreamDefaultController<Uint8Array>;
  let cancelled = false;
  let pulls = 0;
  const stream = new ReadableStream<Uint8Array>(
    {
      start: (c) => {
        controller = c;
      },
      pull: () => {
        pulls++;
      },
      cancel: () => {
        cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return {
    stream,
    send: (text: string) => controller.enqueue(new TextEncoder().encode(text)),
    close: () => controller.close(),
    fail: () => controller.error(new Error('socket hang up')),
    get cancelled() {
      return cancelled;
    },
    get pulls() {
      return pulls;
    },
  };
}

const sse = (stream: ReadableStream<Uint8Array>): Awaited<ReturnType<Upstream>> => ({
  status: 200,
  headers: ['Content-Type', 'text/event-stream'],
  body: stream,
});

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
};

describe('createProxy', () => {
  it('passes method, path, query and body on and the answer back', async () => {
    const answered = result('1');
    const { proxy, requests, records } = rig(async () => json(answered));
    const response = await proxy.fetch(post(call('1', 'add')));
    expect(await response.text()).toBe(answered);
    expect(requests[0]).toMatchObject({ method: 'POST', url: 'http://upstream:3001/base/mcp?x=1' });
    expect(new TextDecoder().decode(requests[0]?.body as Uint8Array)).toBe(call('1', 'add'));
    expect(records[0]).toMatchObject({ outcome: 'ok', path: '/mcp' });
  });

  it('can be detached and mounted, as Hono does', async () => {
    const { fetch } = rig(async () => json('{}', false)).proxy;
    expect((await fetch(new Request('http://p.example/x'))).status).toBe(200);
  });

  it('keeps repeated response fields apart', async () => {
    const { proxy } = rig(async () => ({
      status: 207,
      headers: ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2'],
      body: null,
    }));
    const response = await proxy.fetch(new Request('http://p.example/'));
    expect(response.status).toBe(207);
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  });

  it('hands the first event over before the second is there', async () => {
    const body = handBody();
    const { proxy } = rig(async () => sse(body.stream));
    const response = await proxy.fetch(post(call('1', 'add')));
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    body.send('data: 1\n\n');
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('data: 1\n\n');
    body.send('data: 2\n\n');
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('data: 2\n\n');
    body.close();
    expect((await reader.read()).done).toBe(true);
  });

  it('asks the upstream for nothing the client has not asked for', async () => {
    const body = handBody();
    const { proxy } = rig(async () => sse(body.stream));
    const response = await proxy.fetch(post(call('1', 'add')));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(body.pulls).toBe(0);
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const read = reader.read();
    body.send('data: 1\n\n');
    await read;
    expect(body.pulls).toBe(1);
    await reader.cancel();
  });

  it('breaks the client off when the upstream dies in mid-stream', async () => {
    const body = handBody();
    const { proxy, records } = rig(async () => sse(body.stream));
    const response = await proxy.fetch(post(call('1', 'add')));
    body.send('data: 1\n\n');
    const text = response.text();
    body.fail();
    await expect(text).rejects.toThrow();
    expect(records[0]).toMatchObject({ outcome: 'upstream_aborted', status: 200 });
  });

  it('answers 502 while nothing was sent: no connection, or a short body cut off', async () => {
    const refused = rig(() => Promise.reject(new TypeError('fetch failed')));
    const first = await refused.proxy.fetch(post(call('"a"', 'add')));
    expect(first.status).toBe(502);
    expect(await first.text()).toContain('"id":"a"');
    const body = handBody();
    const cut = rig(async () => ({ ...json('x'.repeat(99)), body: body.stream }));
    const pending = cut.proxy.fetch(post(call('1', 'add')));
    body.send('{"js');
    body.fail();
    expect((await pending).status).toBe(502);
    expect(cut.records[0]?.outcome).toBe('upstream_aborted');
  });

  it('answers 504 when no response head comes in time', async () => {
    const { proxy, records, requests } = rig(
      ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
      { responseHead: 20 },
    );
    const response = await proxy.fetch(post(call('1', 'add')));
    expect(response.status).toBe(504);
    expect(records[0]?.outcome).toBe('upstream_timeout');
    expect(requests[0]?.signal.aborted).toBe(true);
  });

  it('breaks a stream off that stays silent too long, or lasts too long', async () => {
    for (const timeouts of [{ idleStream: 20 }, { total: 20 }]) {
      const body = handBody();
      const { proxy, records } = rig(async () => sse(body.stream), timeouts);
      const response = await proxy.fetch(post(call('1', 'add')));
      await expect(response.text()).rejects.toThrow();
      expect(records[0]?.outcome).toBe('upstream_timeout');
    }
  });

  it('ends a modern call when its client leaves, before or within the answer', async () => {
    const client = new AbortController();
    const waiting = rig(
      ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('aborted')));
        }),
    );
    const pending = waiting.proxy.fetch(
      post(call('1', 'add', MODERN_META), { signal: client.signal }),
    );
    await until(() => waiting.requests.length === 1);
    client.abort();
    await pending;
    expect(waiting.records[0]?.outcome).toBe('canceled');
    expect(waiting.requests[0]?.signal.aborted).toBe(true);

    const body = handBody();
    const streaming = rig(async () => sse(body.stream));
    const response = await streaming.proxy.fetch(post(call('1', 'add', MODERN_META)));
    await response.body?.cancel();
    expect(streaming.records[0]?.outcome).toBe('canceled');
    expect(streaming.requests[0]?.signal.aborted).toBe(true);
    expect(body.cancelled).toBe(true);
  });

  it('hears of a client that left in mid-stream by the signal alone', async () => {
    const client = new AbortController();
    const body = handBody();
    const { proxy, records, requests } = rig(async () => sse(body.stream));
    const response = await proxy.fetch(
      post(call('1', 'add', MODERN_META), { signal: client.signal }),
    );
    const text = response.text();
    client.abort();
    await expect(text).rejects.toThrow('went away');
    expect(records[0]?.outcome).toBe('canceled');
    expect(requests[0]?.signal.aborted).toBe(true);
  });

  it('reads a legacy answer on when its client leaves, and tells the runtime to wait', async () => {
    const body = handBody();
    const waits: Promise<unknown>[] = [];
    const { proxy, requests } = rig(async () => sse(body.stream));
    const response = await proxy.handle(post(call('1', 'add')), {
      peer: null,
      waitUntil: (work) => waits.push(work),
    });
    await response.body?.cancel();
    expect(requests[0]?.signal.aborted).toBe(false);
    expect(body.cancelled).toBe(false);
    expect(waits).toHaveLength(1);
    body.send('data: late\n\n');
    body.close();
    await waits[0];
  });

  it('streams a request body of unknown length as it comes', async () => {
    const body = handBody();
    const seen: string[] = [];
    const { proxy, records } = rig(async ({ body: sent }) => {
      for await (const chunk of sent as ReadableStream<Uint8Array>) {
        seen.push(new TextDecoder().decode(chunk));
      }
      return json(result('1'));
    });
    const pending = proxy.fetch(
      new Request('http://p.example/mcp', {
        method: 'POST',
        body: body.stream,
        duplex: 'half',
      } as RequestInit),
    );
    const [head, tail] = [call('1', 'add').slice(0, 20), call('1', 'add').slice(20)];
    body.send(head);
    await until(() => seen.length === 1);
    body.send(tail);
    body.close();
    await pending;
    expect(seen).toEqual([head, tail]);
    expect(records[0]?.calls[0]?.target?.name).toBe('add');
  });

  it('ends streams without an end of their own, and only those, at shutdown', async () => {
    const get = handBody();
    const postBody = handBody();
    const { proxy, records } = rig(async ({ method }) =>
      sse(method === 'GET' ? get.stream : postBody.stream),
    );
    const stream = await proxy.fetch(new Request('http://p.example/mcp'));
    const answer = await proxy.fetch(post(call('1', 'add')));
    proxy.endStreams();
    expect(await stream.text()).toBe('');
    postBody.send(`data: ${result('1')}\n\n`);
    postBody.close();
    expect(await answer.text()).toContain('"result"');
    expect(records.map((r) => r.outcome)).toEqual(['ok', 'ok']);
  });

  it('refuses upgrades and foreign hosts without asking the upstream', async () => {
    const { proxy, requests } = rig(async () => json('{}'));
    const loopback = { peer: '127.0.0.1' };
    const upgrade = new Request('http://localhost/', { headers: { upgrade: 'websocket' } });
    expect((await proxy.handle(upgrade, loopback)).status).toBe(501);
    const foreign = new Request('http://evil.example/');
    expect((await proxy.handle(foreign, loopback)).status).toBe(403);
    expect(requests).toHaveLength(0);
  });
});

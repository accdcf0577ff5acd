import { describe, expect, it } from 'vitest';
import type { UpstreamRequest } from '../../src/roles/proxy/upstream.ts';
import {
  createWebUpstream,
  type WebRequestInit,
  type WebUpstreamTraits,
} from '../../src/runtime/web-upstream.ts';

const BUN: Omit<WebUpstreamTraits, 'send'> = {
  codings: 'raw',
  sendsHost: true,
  blanked: ['user-agent'],
  sizedStream: 'field',
};
const DENO: Omit<WebUpstreamTraits, 'send'> = {
  codings: 'raw-behind-identity',
  sendsHost: false,
  blanked: ['user-agent'],
  sizedStream: null,
};
const WORKERS: Omit<WebUpstreamTraits, 'send'> = {
  codings: 'undone',
  sendsHost: false,
  blanked: [],
  sizedStream: (stream) => stream,
};

const stream = (): ReadableStream<Uint8Array> => new Blob(['abc']).stream();

/** What `fetch` is called with, and what comes of its answer. */
async function exchange(
  traits: Omit<WebUpstreamTraits, 'send'>,
  request: Partial<UpstreamRequest> = {},
  answer: Response = new Response('ok'),
): Promise<{ init: WebRequestInit; headers: Record<string, string>; status: number }> {
  let init: WebRequestInit | undefined;
  const upstream = createWebUpstream({
    ...traits,
    send: async (_url, sent) => {
      init = sent;
      return answer;
    },
  });
  const response = await upstream({
    method: 'POST',
    url: 'http://upstream.test/mcp',
    headers: [],
    body: null,
    signal: new AbortController().signal,
    ...request,
  });
  if (init === undefined) throw new Error('fetch was not called');
  const headers: Record<string, string> = {};
  for (let i = 0; i < response.headers.length; i += 2) {
    headers[response.headers[i] as string] = response.headers[i + 1] as string;
  }
  return { init, headers, status: response.status };
}

describe('createWebUpstream, request', () => {
  it('keeps names, order and repetitions, and follows no redirect', async () => {
    const { init } = await exchange(BUN, {
      headers: ['X-CaSe', 'a', 'x-case', 'b', 'User-Agent', 'client'],
    });
    expect(init.headers).toEqual([
      ['X-CaSe', 'a'],
      ['x-case', 'b'],
      ['User-Agent', 'client'],
    ]);
    expect(init.redirect).toBe('manual');
  });

  it.each([
    ['Bun', BUN, [['Host', 'mcp.test']]],
    ['Deno', DENO, []],
    ['Workers', WORKERS, []],
  ] as const)('%s: Host goes out only where the runtime takes it', async (_name, traits, sent) => {
    const { init } = await exchange(traits, { headers: ['Host', 'mcp.test'] });
    expect(init.headers.filter(([name]) => name.toLowerCase() === 'host')).toEqual(sent);
  });

  it.each([
    ['Bun', BUN, [['accept-encoding', 'gzip, br']]],
    [
      'Deno',
      DENO,
      [
        ['accept-encoding', 'identity'],
        ['accept-encoding', 'gzip, br'],
      ],
    ],
    ['Workers', WORKERS, [['accept-encoding', 'identity']]],
  ] as const)('%s: asks for codings it can hand over', async (_name, traits, sent) => {
    const { init } = await exchange(traits, { headers: ['accept-encoding', 'gzip, br'] });
    expect(init.headers.filter(([name]) => name === 'accept-encoding')).toEqual(sent);
  });

  it('hides the name of the runtime, not that of the client', async () => {
    const agent = (init: WebRequestInit) =>
      init.headers.filter(([name]) => /user-agent/i.test(name));
    expect(agent((await exchange(DENO)).init)).toEqual([['user-agent', '']]);
    expect(agent((await exchange(DENO, { headers: ['User-Agent', 'x'] })).init)).toEqual([
      ['User-Agent', 'x'],
    ]);
    expect(agent((await exchange(WORKERS)).init)).toEqual([]);
  });

  it('leaves the length of bytes to fetch, and sends none without a body', async () => {
    const headers = ['Content-Length', '3'];
    const bytes = new Uint8Array(3);
    for (const body of [null, bytes]) {
      const { init } = await exchange(BUN, { headers, body });
      expect(init.headers.filter(([name]) => name === 'Content-Length')).toEqual([]);
      expect(init.body).toBe(body ?? undefined);
    }
  });

  it('keeps the length of a stream where the runtime can', async () => {
    const request = { headers: ['Content-Length', '3'], body: stream() };
    const { init } = await exchange(BUN, request);
    expect(init.headers).toContainEqual(['Content-Length', '3']);
    expect(init.duplex).toBe('half');

    const wrapped = stream();
    let length = 0;
    const sized = await exchange(
      {
        ...WORKERS,
        sizedStream: (_stream, given) => {
          length = given;
          return wrapped;
        },
      },
      { ...request, body: stream() },
    );
    expect(length).toBe(3);
    expect(sized.init.body).toBe(wrapped);

    const deno = await exchange(DENO, { ...request, body: stream() });
    expect(deno.init.headers.map(([name]) => name)).not.toContain('Content-Length');
  });

  it.each(['3, 3', '+3', 'x', ''])('takes the length %j for none', async (value) => {
    const body = stream();
    const { init } = await exchange(
      {
        ...WORKERS,
        sizedStream: () => {
          throw new Error('was given a length');
        },
      },
      { headers: ['Content-Length', value], body },
    );
    expect(init.body).toBe(body);
  });
});

describe('createWebUpstream, response', () => {
  const coded = (coding: string) =>
    new Response('ok', {
      headers: { 'content-encoding': coding, 'content-length': '2', etag: '"x"' },
    });

  it.each(['gzip', 'br', 'GZIP'])(
    'drops what described %s bytes that were undone',
    async (coding) => {
      expect((await exchange(WORKERS, {}, coded(coding))).headers).toEqual({
        'content-type': 'text/plain;charset=UTF-8',
        etag: '"x"',
      });
    },
  );

  it.each(['deflate', 'zstd', 'gzip, br', 'identity'])(
    'keeps %s, which is not undone',
    async (coding) => {
      const { headers } = await exchange(WORKERS, {}, coded(coding));
      expect(headers).toMatchObject({ 'content-encoding': coding, 'content-length': '2' });
    },
  );

  it('keeps the fields of an answer without a body', async () => {
    const { headers } = await exchange(WORKERS, { method: 'HEAD' }, coded('gzip'));
    expect(headers).toMatchObject({ 'content-encoding': 'gzip', 'content-length': '2' });
  });

  it('keeps the fields where bytes stay as they are', async () => {
    for (const traits of [BUN, DENO]) {
      const { headers } = await exchange(traits, {}, coded('gzip'));
      expect(headers).toMatchObject({ 'content-encoding': 'gzip', 'content-length': '2' });
    }
  });

  it('keeps cookies apart', async () => {
    const upstream = createWebUpstream({
      ...DENO,
      send: async () =>
        new Response(null, {
          status: 302,
          headers: [
            ['set-cookie', 'a=1'],
            ['set-cookie', 'b=2, c'],
          ],
        }),
    });
    const { status, headers } = await upstream({
      method: 'GET',
      url: 'http://upstream.test/',
      headers: [],
      body: null,
      signal: new AbortController().signal,
    });
    expect(status).toBe(302);
    expect(headers).toEqual(['set-cookie', 'a=1', 'set-cookie', 'b=2, c']);
  });
});

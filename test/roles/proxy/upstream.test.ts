import { describe, expect, it } from 'vitest';
import {
  fetchUpstream,
  toHeaderPairs,
  toRawHeaders,
  type UpstreamRequest,
} from '../../../src/roles/proxy/upstream.ts';

const request: UpstreamRequest = {
  method: 'POST',
  url: 'http://upstream/mcp',
  headers: ['Host', 'upstream', 'X-A', '1', 'X-A', '2', 'Accept-Encoding', 'gzip'],
  body: new Uint8Array([1]),
  signal: new AbortController().signal,
};

describe('fetchUpstream', () => {
  it('asks for identity and follows no redirect', async () => {
    let seen: RequestInit | undefined;
    const upstream = fetchUpstream(async (_url, init) => {
      seen = init;
      return new Response(null, { status: 307, headers: { location: '/elsewhere' } });
    });
    const response = await upstream(request);
    expect(response).toMatchObject({ status: 307, headers: ['location', '/elsewhere'] });
    expect(seen?.redirect).toBe('manual');
    const sent = seen?.headers as Headers;
    expect(sent.get('accept-encoding')).toBe('identity');
    expect(sent.get('x-a')).toBe('1, 2');
  });

  it('refuses a coded body rather than pass on other bytes than its headers say', async () => {
    const upstream = fetchUpstream(
      async () => new Response('decoded', { headers: { 'content-encoding': 'gzip' } }),
    );
    await expect(upstream(request)).rejects.toThrow('coded body');
  });
});

describe('toRawHeaders', () => {
  it('keeps Set-Cookie fields apart, both ways', () => {
    const raw = ['set-cookie', 'a=1', 'set-cookie', 'b=2', 'x-a', '1'];
    expect(toRawHeaders(new Headers(toHeaderPairs(raw)))).toEqual(raw);
  });
});

import { describe, expect, it } from 'vitest';
import { refuseHead } from '../../src/runtime/web-head.ts';

/** A request as a server makes it: servers may set what pages may not. */
function head(method: string, fields: Record<string, string>, url = 'http://proxy.test/'): Request {
  return { method, url, headers: new Headers(fields) } as Request;
}

describe('refuseHead', () => {
  it.each([
    ['a plain request', head('GET', { host: 'proxy.test' })],
    ['a sized body', head('POST', { host: 'proxy.test', 'content-length': '12' })],
    ['a chunked body', head('POST', { host: 'proxy.test', 'transfer-encoding': 'Chunked' })],
    ['a GET that says it has none', head('GET', { host: 'proxy.test', 'content-length': '0' })],
    ['an unusual method', head('PROPFIND', { host: 'proxy.test' })],
  ])('lets %s pass', (_what, request) => {
    expect(refuseHead(request)).toBeNull();
  });

  it.each([
    ['two hosts', 400, head('GET', { host: 'a, b' })],
    ['no host', 400, head('GET', {})],
    ['a URL that is none', 400, head('GET', { host: 'a' }, 'http://a b"c/')],
    ['two lengths', 400, head('POST', { host: 'a', 'content-length': '3, 3' })],
    ['a signed length', 400, head('POST', { host: 'a', 'content-length': '+3' })],
    ['another coding', 400, head('POST', { host: 'a', 'transfer-encoding': 'gzip, chunked' })],
    ['TRACE', 501, head('TRACE', { host: 'a' })],
    ['a body with GET', 501, head('GET', { host: 'a', 'content-length': '3' })],
    ['a chunked body with HEAD', 501, head('HEAD', { host: 'a', 'transfer-encoding': 'chunked' })],
  ])('refuses %s with %i', async (_what, status, request) => {
    const response = refuseHead(request);
    expect(response?.status).toBe(status);
    expect(await response?.json()).toMatchObject({ jsonrpc: '2.0', error: { code: -31006 } });
  });

  it('asks for no host where the protocol has none', () => {
    expect(refuseHead(head('GET', {}), true)).toBeNull();
  });
});

import { describe, expect, it } from 'vitest';
import { forwardRequestHeaders, forwardResponseHeaders } from '../../src/exchange/forwarding.ts';
import { readRequestFields, readResponseFields } from '../../src/exchange/headers.ts';

const context = {
  host: 'upstream:3001',
  scheme: 'http',
  httpVersion: '1.1',
  peer: '192.0.2.7',
} as const;

function forward(headers: string[], overrides: Partial<{ peer: string | null }> = {}): string[] {
  return forwardRequestHeaders(headers, readRequestFields(headers), { ...context, ...overrides });
}

/** Values of one name, in order. */
function all(headers: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i]?.toLowerCase() === name) values.push(headers[i + 1] as string);
  }
  return values;
}

describe('forwardRequestHeaders', () => {
  it('keeps end-to-end fields with their case, order and repetition', () => {
    const sent = ['X-B', '1', 'x-a', '2', 'X-B', '3', 'Mcp-Param-Région', 'x', 'Accept', '*/*'];
    const forwarded = forward(sent);
    expect(forwarded.slice(2, 2 + sent.length)).toEqual(sent);
  });

  it('rewrites Host to the target', () => {
    expect(all(forward(['Host', 'client.example']), 'host')).toEqual(['upstream:3001']);
  });

  it.each([
    'Connection',
    'Keep-Alive',
    'Proxy-Connection',
    'Proxy-Authenticate',
    'Proxy-Authorization',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'Upgrade',
    'HTTP2-Settings',
    'Expect',
  ])('drops %s, which belongs to one connection', (name) => {
    expect(all(forward([name, 'x']), name.toLowerCase())).toEqual([]);
  });

  it('drops what Connection nominates, whatever its case', () => {
    const forwarded = forward(['X-Hop', '1', 'connection', 'close, x-hOP ,X-Two', 'x-two', '2']);
    expect(all(forwarded, 'x-hop')).toEqual([]);
    expect(all(forwarded, 'x-two')).toEqual([]);
  });

  it('does not let Connection nominate away what frames, routes or authenticates', () => {
    const forwarded = forward([
      'Connection',
      'content-length, authorization, mcp-method, content-type',
      'Content-Length',
      '5',
      'Authorization',
      'Bearer t',
      'Mcp-Method',
      'tools/call',
      'Content-Type',
      'application/json',
    ]);
    for (const name of ['content-length', 'authorization', 'mcp-method', 'content-type']) {
      expect(all(forwarded, name)).toHaveLength(1);
    }
  });

  it('appends the peer to a forged X-Forwarded-For, so that the last element is true', () => {
    const forwarded = forward(['X-Forwarded-For', '10.0.0.1', 'x-forwarded-for', '10.0.0.2']);
    expect(all(forwarded, 'x-forwarded-for')).toEqual(['10.0.0.1, 10.0.0.2, 192.0.2.7']);
  });

  it('appends scheme and host likewise and replaces X-Real-IP', () => {
    const forwarded = forward([
      'Host',
      'client.example',
      'X-Forwarded-Proto',
      'https',
      'X-Forwarded-Host',
      'forged.example',
      'X-Real-IP',
      '10.9.9.9',
      'Via',
      '1.0 fred',
    ]);
    expect(all(forwarded, 'x-forwarded-proto')).toEqual(['https, http']);
    expect(all(forwarded, 'x-forwarded-host')).toEqual(['forged.example, client.example']);
    expect(all(forwarded, 'x-real-ip')).toEqual(['192.0.2.7']);
    expect(all(forwarded, 'via')).toEqual(['1.0 fred, 1.1 weir']);
  });

  it('names no peer where the runtime does not tell', () => {
    const forwarded = forward(['X-Real-IP', '10.9.9.9'], { peer: null });
    expect(all(forwarded, 'x-real-ip')).toEqual([]);
    expect(all(forwarded, 'x-forwarded-for')).toEqual([]);
  });
});

describe('forwardResponseHeaders', () => {
  it('keeps everything but what belongs to the connection', () => {
    const sent = [
      'Set-Cookie',
      'a=1',
      'Connection',
      'x-hop, close',
      'X-Hop',
      '1',
      'set-cookie',
      'b=2',
      'Keep-Alive',
      'timeout=5',
      'Transfer-Encoding',
      'chunked',
      'Trailer',
      'X-T',
    ];
    expect(forwardResponseHeaders(sent, readResponseFields(sent))).toEqual([
      'Set-Cookie',
      'a=1',
      'set-cookie',
      'b=2',
    ]);
  });
});

describe('readRequestFields', () => {
  it('joins repeated fields, so that a smuggled second value is seen', () => {
    expect(readRequestFields(['Mcp-Method', 'a', 'mcp-method', 'b']).mcpMethod).toBe('a, b');
  });

  it.each(['-1', '1e3', '+5', '0x10', '', '1,1', '9'.repeat(16)])(
    'takes Content-Length %j as no number',
    (value) => {
      expect(readRequestFields(['Content-Length', value]).contentLength).toBeNull();
    },
  );
});

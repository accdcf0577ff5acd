import { describe, expect, it } from 'vitest';
import { legacyRequest, modernRequest } from '../guarded-exchange.ts';
import { judge, only, verdictOf } from './judging.ts';

const body = legacyRequest('ping');

describe('origin', () => {
  const REMOTE = '203.0.113.9';
  const LOCAL = '127.0.0.1';

  it.each([
    // Host, Origin, peer, verdict without any list
    ['localhost:3000', 'http://localhost:3000', LOCAL, 'pass'],
    ['evil.example.com', 'http://evil.example.com', LOCAL, 'origin: host_not_allowed'],
    ['localhost:3000', 'http://evil.example.com', LOCAL, 'origin: origin_not_allowed'],
    ['evil.example.com', null, LOCAL, 'origin: host_not_allowed'],
    ['mcp.example.com', null, REMOTE, 'pass'],
    ['mcp.example.com', 'https://mcp.example.com', REMOTE, 'origin: origin_not_allowed'],
    ['mcp.example.com', 'https://evil.example.com', REMOTE, 'origin: origin_not_allowed'],
    ['mcp.example.com', 'null', REMOTE, 'origin: origin_not_allowed'],
    ['mcp.example.com', 'http://localhost:6274', REMOTE, 'pass'],
    ['mcp.example.com', 'http://app.localhost', REMOTE, 'pass'],
    ['localhost:8080', 'http://localhost:8080', '172.17.0.1', 'pass'],
    ['evil.example.com', 'http://evil.example.com', '172.17.0.1', 'origin: origin_not_allowed'],
    ['evil.example.com', 'http://evil.example.com', null, 'origin: origin_not_allowed'],
  ])('Host %s, Origin %s, from %s: %s', (host, origin, peer, verdict) => {
    expect(verdictOf({ body, peer, headers: { Host: host, Origin: origin } })).toBe(verdict);
  });

  it('goes by the lists where there are some, and answers 403', () => {
    const hosts = {
      allowedHosts: ['mcp.example.com'],
      allowedOrigins: ['https://app.example.com'],
    };
    const request = (host: string, origin: string | null) => ({
      body,
      peer: REMOTE,
      headers: { Host: host, Origin: origin },
    });
    expect(verdictOf(request('mcp.example.com', 'https://app.example.com'), { hosts })).toBe(
      'pass',
    );
    expect(judge(request('other.example.com', null), { hosts })).toMatchObject({
      reason: 'host_not_allowed',
      status: 403,
      code: -31004,
    });
    expect(judge(request('mcp.example.com', 'http://localhost'), { hosts })).toMatchObject({
      reason: 'origin_not_allowed',
      status: 403,
    });
  });
});

describe('httpMethod', () => {
  it.each(['PUT', 'PATCH', 'TRACE', 'CONNECT', 'post', 'PROPFIND'])('refuses %s', (httpMethod) => {
    expect(judge({ httpMethod, body }).refusal).toMatchObject({
      status: 405,
      headers: ['Allow', 'GET, HEAD, POST, DELETE, OPTIONS'],
      decision: { rule: 'httpMethod', reason: 'http_method_not_allowed' },
    });
  });

  it('goes by the list', () => {
    const settings = { httpMethods: ['POST'] };
    expect(verdictOf({ httpMethod: 'GET' }, { settings })).toMatch(/^httpMethod/);
    expect(verdictOf({ body }, { settings })).toBe('pass');
  });
});

describe('era', () => {
  it.each(['GET', 'DELETE'])('has no %s in the modern era', (httpMethod) => {
    const request = { httpMethod, headers: { 'MCP-Protocol-Version': '2026-07-28' } };
    expect(judge(request).refusal).toMatchObject({
      status: 405,
      headers: ['Allow', 'POST'],
      decision: { rule: 'era', reason: 'method_not_in_era' },
    });
  });

  it('has no responses from clients in the modern era', () => {
    for (const answer of [{ result: {} }, { error: { code: 1, message: '' } }]) {
      const response = { jsonrpc: '2.0', id: 1, ...answer };
      const modern = { body: response, headers: { 'MCP-Protocol-Version': '2026-07-28' } };
      expect(judge(modern)).toMatchObject({ reason: 'response_not_in_era', code: -32600 });
      expect(verdictOf({ body: response })).toBe('pass');
    }
  });
});

describe('contentType', () => {
  it.each([
    null,
    '',
    'text/plain',
    'text/json',
    'application/jsonx',
    'application/json+ld',
    'application/json, text/plain',
    'application/json; charset=utf-16',
    'application/json;charset="utf-7"',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    ['application/json', 'application/json'],
    `application/json; ${'x'.repeat(2_000)}`,
  ])('refuses %j', (type) => {
    expect(judge({ body, headers: { 'Content-Type': type } })).toMatchObject({
      rule: 'contentType',
      status: 415,
    });
  });

  it('asks nothing of requests that are no POST', () => {
    expect(verdictOf({ httpMethod: 'GET' })).toBe('pass');
  });
});

describe('accept', () => {
  const settings = only('accept');
  it.each([
    ['application/json, text/event-stream', 'pass'],
    ['text/event-stream;q=0.5,application/json', 'pass'],
    ['*/*', 'pass'],
    ['application/*, text/*', 'pass'],
    [['application/json', 'text/event-stream'], 'pass'],
    [null, 'accept: accept_incomplete'],
    ['application/json', 'accept: accept_incomplete'],
    ['text/event-stream', 'accept: accept_incomplete'],
    ['application/json, text/event-stream;q=0', 'accept: accept_incomplete'],
    ['application/json, text/event-stream; q=0.000', 'accept: accept_incomplete'],
    ['application/jsonp, text/event-streams', 'accept: accept_incomplete'],
  ])('%j: %s', (accept, verdict) => {
    expect(verdictOf({ body, headers: { Accept: accept } }, { settings })).toBe(verdict);
  });

  it('is off unless asked for, and answers 406', () => {
    const request = { body, headers: { Accept: null } };
    expect(verdictOf(request)).toBe('pass');
    expect(judge(request, { settings }).status).toBe(406);
  });
});

describe('session', () => {
  it.each([
    ['Mcp-Session-Id', ''],
    ['Mcp-Session-Id', 'a b'],
    ['Mcp-Session-Id', 'a\u0000'],
    ['Mcp-Session-Id', 'a\u001b[2J'],
    ['Mcp-Session-Id', 'é'],
    ['Mcp-Session-Id', 'x'.repeat(4_097)],
    ['Mcp-Session-Id', ['a', 'b']],
    ['Last-Event-ID', 'a\u0007'],
    ['Last-Event-ID', 'x'.repeat(4_097)],
    ['Last-Event-ID', ['1', '2']],
  ])('refuses %s: %j', (field, value) => {
    const request = { httpMethod: 'GET', headers: { [field]: value } };
    expect(judge(request)).toMatchObject({ rule: 'session', status: 400 });
  });

  it('resumes by GET only, and leaves a modern POST alone, where the field means nothing', () => {
    const headers = { 'Last-Event-ID': '7' };
    expect(verdictOf({ body, headers })).toBe('session: resume_by_post');
    expect(verdictOf({ body: modernRequest('tools/list'), headers })).toBe('pass');
  });
});

describe('messageSize', () => {
  const settings = { ...only('messageSize'), maxMessageBytes: 100 };
  const long = legacyRequest('ping', { x: 'y'.repeat(100) });

  it('judges the declared length, the body, and each message', () => {
    const declared = { body, headers: { 'Content-Length': '101' } };
    expect(judge(declared, { settings })).toMatchObject({ status: 413, code: -31010 });
    const chunked = { body: long, headers: { 'Content-Length': null } };
    expect(judge(chunked, { settings }).reason).toBe('message_too_long');
    expect(verdictOf({ body }, { settings })).toBe('pass');
  });

  it('is written down once for head and body together', () => {
    const { notes } = judge(
      { body: long },
      { settings: { ...settings, ...only('messageSize', 'report') } },
    );
    expect(notes).toHaveLength(1);
  });
});

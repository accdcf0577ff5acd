import { describe, expect, it } from 'vitest';
import { type GuardedExchange, ResponseRefused } from '../../../src/exchange/guard.ts';
import { createToolCatalog } from '../../../src/policy/catalog/tool-catalog.ts';
import { createListPolicy } from '../../../src/policy/lists/list-policy.ts';
import { guardedExchange, legacyRequest, modernRequest } from '../guarded-exchange.ts';
import {
  EVENT_STREAM,
  event,
  HIDE_SECRETS,
  openRewriter,
  pass,
  SHOW_ALL,
  toolsResult,
} from './support.ts';

const post = (body: unknown): GuardedExchange => guardedExchange({ body });
const get = (): GuardedExchange => guardedExchange({ httpMethod: 'GET' });
const JSON_ANSWER = {};

/** Whether the body of an answer is read, by a policy that filters. */
const isRead = (exchange: GuardedExchange, passage: object = JSON_ANSWER): boolean =>
  openRewriter({ exchange, ...passage }) !== null;

function headersOf(exchange: GuardedExchange, headers: string[], filters = true): string[] {
  const policy = createListPolicy({
    name: 'authorize',
    visibility: filters ? HIDE_SECRETS : null,
    catalog: createToolCatalog(),
  });
  return policy.open(exchange)?.upstreamHeaders?.(headers) ?? headers;
}

describe('createListPolicy: what is read', () => {
  it('reads the answer to each of the four lists, of either era, as JSON and as events', () => {
    for (const method of [
      'tools/list',
      'prompts/list',
      'resources/list',
      'resources/templates/list',
    ]) {
      for (const request of [legacyRequest(method), modernRequest(method)]) {
        expect(isRead(post(request))).toBe(true);
        expect(isRead(post(request), EVENT_STREAM)).toBe(true);
      }
    }
  });

  it('reads nothing of exchanges that asked for no list, and asks nothing of the upstream', () => {
    const headers = ['Accept-Encoding', 'gzip'];
    for (const exchange of [
      post(legacyRequest('tools/call', { name: 'a' })),
      post(modernRequest('server/discover')),
      post(legacyRequest('initialize')),
      post({ jsonrpc: '2.0', id: 1, result: { tools: [] } }),
      post({ jsonrpc: '2.0', method: 'notifications/initialized' }),
      post(undefined),
      guardedExchange({ httpMethod: 'DELETE' }),
    ]) {
      expect(isRead(exchange)).toBe(false);
      expect(isRead(exchange, EVENT_STREAM)).toBe(false);
      expect(headersOf(exchange, headers)).toBe(headers);
    }
  });

  it('reads when a batch asks for a list among other things', () => {
    expect(isRead(post([legacyRequest('ping'), legacyRequest('prompts/list')]))).toBe(true);
    expect(isRead(post([legacyRequest('ping')]))).toBe(false);
  });

  it('reads when the request may ask for a list to somebody who reads it in another way', () => {
    for (const body of [
      '{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"ping"}',
      '{"jsonrpc":"2.0","id":1,"method":"ping"',
      '{"jsonrpc":"2.0","id":1,"method":["tools/list"]}',
      '[{"jsonrpc":"2.0","id":1,"method":"ping"},1]',
    ]) {
      expect(isRead(post(body)), body).toBe(true);
      expect(headersOf(post(body), [])).toEqual(['accept-encoding', 'identity']);
    }
  });

  it('reads streams that outlive their request, and their other answers not', () => {
    for (const exchange of [get(), post(modernRequest('subscriptions/listen'))]) {
      expect(isRead(exchange, EVENT_STREAM)).toBe(true);
      expect(isRead(exchange)).toBe(false);
    }
  });

  it('filters the list that legacy HTTP+SSE answers with on the GET stream', () => {
    const stream =
      event('/message?sessionId=1', 'event: endpoint\n') + event(toolsResult('{"name":"secret"}'));
    expect(pass(stream, { ...EVENT_STREAM, exchange: get() }).text).toBe(
      stream.replace('{"name":"secret"}', ''),
    );
  });

  it('reads a success of any media type as JSON, and a failure only when it says to be JSON', () => {
    const exchange = post(legacyRequest('tools/list'));
    expect(isRead(exchange, { mediaType: 'text/plain' })).toBe(true);
    expect(isRead(exchange, { mediaType: 'application/problem+json', status: 400 })).toBe(true);
    expect(isRead(exchange, { mediaType: 'text/html', status: 502 })).toBe(false);
  });

  it('opens nothing when there is nothing to do', () => {
    const policy = createListPolicy({ name: 'validate', visibility: null, catalog: null });
    expect(policy.open(post(legacyRequest('tools/list')))).toBeNull();
  });
});

describe('createListPolicy: content codings', () => {
  it('asks for identity alone, whatever the client accepts', () => {
    const headers = [
      'Accept',
      '*/*',
      'Accept-Encoding',
      'gzip',
      'X-A',
      '1',
      'ACCEPT-ENCODING',
      'br',
    ];
    const expected = ['Accept', '*/*', 'X-A', '1', 'accept-encoding', 'identity'];
    for (const filters of [true, false]) {
      expect(headersOf(post(legacyRequest('tools/list')), headers, filters)).toEqual(expected);
      expect(headersOf(get(), headers, filters)).toEqual(expected);
    }
  });

  it('asks for nothing when it only learns and the answer would teach nothing', () => {
    const headers = ['Accept-Encoding', 'gzip'];
    const exchange = post([legacyRequest('tools/list'), legacyRequest('x/echo', {}, 2)]);
    expect(headersOf(exchange, headers, false)).toBe(headers);
    expect(headersOf(post(legacyRequest('prompts/list')), headers, false)).toBe(headers);
  });

  it('refuses an answer that is compressed all the same', () => {
    for (const coding of ['gzip', 'br', 'identity, gzip', 'x-unknown']) {
      const open = (): unknown => openRewriter({ headers: ['content-encoding', coding] });
      expect(open).toThrow(ResponseRefused);
      expect(open).toThrow('is compressed');
    }
    expect(openRewriter({ headers: ['content-encoding', 'identity'] })).not.toBeNull();
  });

  it('lets a compressed answer pass when it only learns', () => {
    const passage = { headers: ['content-encoding', 'gzip'], visibility: null };
    expect(openRewriter({ ...passage, catalog: createToolCatalog() })).toBeNull();
  });

  it('names the policy that refuses', () => {
    const policy = createListPolicy({ name: 'validate', visibility: SHOW_ALL, catalog: null });
    const rewriter = policy
      .open(post(legacyRequest('tools/list')))
      ?.response?.(
        200,
        { mediaType: null, contentEncoding: null, contentLength: null, connection: null },
        [],
      );
    try {
      rewriter?.write(new TextEncoder().encode('{]'));
      expect.unreachable();
    } catch (error) {
      expect((error as ResponseRefused).decision).toEqual({
        policy: 'validate',
        decision: 'deny',
        rule: null,
        reason: 'list_unreadable',
      });
    }
  });
});

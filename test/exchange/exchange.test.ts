import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readResponseFields } from '../../src/exchange/headers.ts';
import type { ExchangeRecord } from '../../src/exchange/record.ts';
import {
  bytes,
  call,
  drive,
  event,
  JSON_TYPE,
  MODERN_META,
  result,
  rpcError,
  SSE_TYPE,
} from './driver.ts';

const only = (records: ExchangeRecord[]): ExchangeRecord => {
  expect(records).toHaveLength(1);
  return records[0] as ExchangeRecord;
};

describe('Exchange record', () => {
  it('tells method, tool, id, era and sizes of an answered call', () => {
    const d = drive('POST', [
      'MCP-Protocol-Version',
      '2026-07-28',
      'Mcp-Method',
      'tools/call',
      'Mcp-Name',
      '=?base64?YWRk?=',
    ]);
    const sent = call('7', 'add', MODERN_META);
    const answered = result('7', '"resultType":"complete","content":[]');
    d.request(sent);
    d.respond(200, JSON_TYPE, answered);
    expect(only(d.records)).toMatchObject({
      era: 'modern',
      protocolVersion: '2026-07-28',
      outcome: 'ok',
      status: 200,
      requestBytes: sent.length,
      responseBytes: answered.length,
      stream: 'none',
      batch: false,
      problems: [],
      calls: [
        {
          kind: 'request',
          id: '7',
          method: 'tools/call',
          target: { kind: 'tool', name: 'add' },
          outcome: 'ok',
        },
      ],
    });
  });

  it('tells a call without a modern claim as legacy', () => {
    const d = drive();
    d.request(call('1', 'add'));
    d.respond(200, JSON_TYPE, result('1'));
    expect(only(d.records).era).toBe('legacy');
  });

  it('lets the body overrule a version header', () => {
    const modern = drive('POST', []);
    modern.request(call('1', 'add', MODERN_META));
    modern.exchange.downstreamClosed();
    expect(only(modern.records).era).toBe('modern');
    const legacy = drive('POST', ['MCP-Protocol-Version', '2026-07-28']);
    legacy.request('{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}');
    legacy.respond(200, JSON_TYPE, result('1'));
    expect(only(legacy.records).era).toBe('legacy');
  });

  it.each([
    ['ok', result('1')],
    ['tool_error', result('1', '"isError":true')],
    ['input_required', result('1', '"resultType":"input_required"')],
    ['rpc_error', rpcError('1', -32602)],
    ['rpc_error', rpcError('null', -32600)],
  ])('reads outcome %s from %s inside a 200', (outcome, answered) => {
    const d = drive();
    d.request(call('1', 'add'));
    d.respond(200, JSON_TYPE, answered);
    expect(only(d.records).outcome).toBe(outcome);
    expect(d.records[0]?.calls[0]?.outcome).toBe(outcome);
  });

  it.each([
    ['unparsed', 200, JSON_TYPE, '{"jsonrpc":"2.0","id":"1","result":{}}'],
    ['unparsed', 200, ['Content-Type', 'text/html'], '<p>'],
    ['http_error', 503, ['Content-Type', 'text/plain'], 'no'],
    ['rpc_error', 400, JSON_TYPE, rpcError('1', -32020)],
    ['ok', 202, [], ''],
  ])('is %s for status %i, headers %j, body %s', (outcome, status, headers, body) => {
    const d = drive();
    d.request(call('1', 'add'));
    d.respond(status, headers as string[], body);
    expect(only(d.records).outcome).toBe(outcome);
  });

  it('never takes an answer to "1" for one to 1', () => {
    const d = drive();
    d.request(call('1', 'add'));
    d.respond(200, SSE_TYPE, event(result('"1"')), event(result('1', '"isError":true')));
    expect(only(d.records).outcome).toBe('tool_error');
  });

  it.each(['{"jsonrpc":', 'grant_type=x', '', '[]', '[1]', '"text"', '{}'])(
    'counts the body %j as unparsed',
    (body) => {
      const d = drive();
      d.request(body);
      d.respond(200, JSON_TYPE, '{}');
      expect(only(d.records).outcome).toBe('unparsed');
    },
  );

  it('is http_error for a GET answered 405, ok for a DELETE answered 200', () => {
    const get = drive('GET', []);
    get.request();
    get.respond(405, []);
    expect(only(get.records).outcome).toBe('http_error');
    const del = drive('DELETE', ['Mcp-Session-Id', 's']);
    del.request();
    del.respond(200, []);
    expect(only(del.records).outcome).toBe('ok');
  });

  it('takes a batch by its worst call and keeps each', () => {
    const d = drive();
    d.request(`[${call('1', 'a')},${call('2', 'b')},{"jsonrpc":"2.0","method":"notifications/x"}]`);
    d.respond(200, JSON_TYPE, `[${result('2')},${rpcError('1', -32603)}]`);
    const record = only(d.records);
    expect(record).toMatchObject({ batch: true, outcome: 'rpc_error', errorCode: -32603 });
    expect(record.calls.map((c) => c.outcome)).toEqual(['rpc_error', 'ok', null]);
  });

  it('counts the messages of the server and its events by type', () => {
    const d = drive();
    d.request(call('1', 'add'));
    d.respond(
      200,
      SSE_TYPE,
      'id: 1\ndata: \n\n',
      event('{"jsonrpc":"2.0","method":"notifications/progress","params":{}}', 'message'),
      event('{"jsonrpc":"2.0","id":0,"method":"roots/list"}'),
      event('x', 'other'),
      event(result('1')),
    );
    const record = only(d.records);
    expect(record.stream).toBe('post');
    expect([...record.sseEvents]).toEqual([
      ['message', 4],
      ['other', 1],
    ]);
    expect([...record.serverMessages]).toEqual([
      ['notifications/progress', 1],
      ['roots/list', 1],
    ]);
    expect(record.outcome).toBe('ok');
    expect(d.events[0]).toBe('started POST');
    expect(d.events[1]).toBe('opened post');
    expect(d.events.at(-1)).toBe('ended');
  });

  it('names the stream of subscriptions/listen and of GET', () => {
    const listen = drive();
    listen.request(
      `{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{${MODERN_META}}}`,
    );
    listen.respond(200, SSE_TYPE, ': keep-alive\n\n');
    expect(only(listen.records)).toMatchObject({ stream: 'listen', outcome: 'ok' });
    const get = drive('GET', ['Last-Event-ID', '4']);
    get.request();
    get.respond(200, SSE_TYPE, event(rpcError('3', -32000)));
    expect(only(get.records)).toMatchObject({
      stream: 'get',
      resumed: true,
      strayErrorCodes: [-32000],
      outcome: 'ok',
    });
  });

  it('tells a modern stream that ended without its answer from a legacy one', () => {
    for (const [meta, outcome] of [
      [MODERN_META, 'upstream_aborted'],
      ['', 'ok'],
    ] as const) {
      const d = drive();
      d.request(call('1', 'slow', meta));
      d.respond(200, SSE_TYPE, 'id: 1\nretry: 10\ndata: \n\n');
      expect(only(d.records).outcome).toBe(outcome);
    }
  });

  it('records duplicate deciding keys and header disagreement as problems', () => {
    const d = drive('POST', ['MCP-Protocol-Version', '2026-07-28', 'Mcp-Method', 'tools/list']);
    d.request(
      `{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"tools/call","params":{"name":"a",${MODERN_META}}}`,
    );
    d.respond(200, JSON_TYPE, result('1'));
    const { problems } = only(d.records);
    expect(problems.some((p) => p.parser === 'jsonrpc' && p.reason.includes('method'))).toBe(true);
    expect(problems.some((p) => p.parser === 'headers')).toBe(true);
  });

  it('separates waiting for the upstream from its own time', () => {
    const d = drive();
    d.exchange.requestChunk(bytes(call('1', 'a')));
    d.tick(2);
    d.exchange.requestEnd();
    d.exchange.dispatched();
    d.tick(40);
    d.exchange.responseHead(200, readResponseFields(JSON_TYPE));
    d.tick(5);
    d.exchange.responseChunk(bytes(result('1')));
    d.exchange.responseEnd();
    expect(only(d.records)).toMatchObject({
      durationMs: 47,
      dispatchedAfterMs: 2,
      respondedAfterMs: 42,
      upstreamFirstByteMs: 40,
      upstreamTotalMs: 45,
      overheadMs: 2,
    });
  });

  it('keeps maps and lists bounded whatever the upstream sends', () => {
    const d = drive();
    d.request(call('1', 'a'));
    const flood: string[] = [];
    for (let i = 0; i < 500; i++) {
      flood.push(event(`{"jsonrpc":"2.0","method":"m${i}"}`), event('x', `type${i}`));
      flood.push(event(rpcError(String(i + 1000), i)), event('{broken'));
    }
    d.respond(200, SSE_TYPE, ...flood);
    const record = only(d.records);
    expect(record.sseEvents.size).toBeLessThanOrEqual(33);
    expect(record.serverMessages.size).toBeLessThanOrEqual(33);
    expect(record.strayErrorCodes.length).toBeLessThanOrEqual(32);
    expect(record.problems.length).toBe(8);
    expect([...record.sseEvents.values()].reduce((a, b) => a + b)).toBe(2000);
  });
});

describe('Exchange endings', () => {
  it('answers an unreachable upstream with 502 and the id as it was written', () => {
    for (const id of ['1', '"1"', '9007199254740993', '"\\u0031"']) {
      const d = drive();
      d.request(call(id, 'a'));
      const local = d.exchange.upstreamFailed('unreachable', 'connect ECONNREFUSED 10.0.0.1:1');
      expect(local?.status).toBe(502);
      expect(local?.body).toContain(`"id":${id},`);
      expect(local?.body).not.toContain('10.0.0.1');
      expect(only(d.records)).toMatchObject({
        outcome: 'upstream_unreachable',
        status: 502,
        reason: 'connect ECONNREFUSED 10.0.0.1:1',
      });
      expect(d.records[0]?.calls[0]?.outcome).toBe('upstream_unreachable');
    }
  });

  it('echoes no id for a batch, a notification or an unread body', () => {
    for (const body of [`[${call('1', 'a')},${call('2', 'b')}]`, '{"method":"x"}', '{', '']) {
      const d = drive();
      d.request(body);
      const local = d.exchange.upstreamFailed('timeout', 'slow');
      expect(local?.status).toBe(504);
      expect(JSON.parse(local?.body ?? '')).not.toHaveProperty('id');
    }
  });

  it('aborts instead of answering once the head was sent', () => {
    const d = drive();
    d.request(call('1', 'a'));
    d.exchange.responseHead(200, readResponseFields(JSON_TYPE));
    d.exchange.headSent();
    d.exchange.responseChunk(bytes('{"jsonrpc"'));
    expect(d.exchange.upstreamFailed('aborted', 'reset')).toBeNull();
    expect(only(d.records)).toMatchObject({ outcome: 'upstream_aborted', status: 200 });
  });

  it.each([
    ['modern', call('1', 'a', MODERN_META), 'abort'],
    ['legacy', call('1', 'a'), 'drain'],
    ['legacy without a pending request', '{"jsonrpc":"2.0","method":"notifications/x"}', 'abort'],
    ['unread', '{', 'abort'],
  ])('tells what a disconnect means: %s', (_name, body, action) => {
    const d = drive();
    d.request(body);
    expect(d.exchange.downstreamClosed()).toBe(action);
    expect(only(d.records)).toMatchObject({ outcome: 'canceled', status: 0 });
    expect(d.exchange.downstreamClosed()).toBe('none');
  });

  it('aborts a legacy call whose request was not complete', () => {
    const d = drive();
    d.exchange.requestChunk(bytes(call('1', 'a')));
    d.exchange.dispatched();
    expect(d.exchange.downstreamClosed()).toBe('abort');
  });

  it('takes the client leaving a GET stream for its ordinary end', () => {
    const d = drive('GET', []);
    d.request();
    d.exchange.responseHead(200, readResponseFields(SSE_TYPE));
    d.exchange.headSent();
    expect(d.exchange.downstreamClosed()).toBe('abort');
    expect(only(d.records)).toMatchObject({ outcome: 'ok', stream: 'get', status: 200 });
  });

  it('emits one record whatever comes after the end', () => {
    const steps: ((d: ReturnType<typeof drive>) => void)[] = [
      (d) => d.exchange.requestChunk(bytes('x')),
      (d) => d.exchange.requestEnd(),
      (d) => d.exchange.dispatched(),
      (d) => d.exchange.responseHead(200, readResponseFields(SSE_TYPE)),
      (d) => d.exchange.responseChunk(bytes('data: {}\n\n')),
      (d) => void d.exchange.responseEnd(),
      (d) => void d.exchange.upstreamFailed('aborted', 'x'),
      (d) => void d.exchange.downstreamClosed(),
      (d) => d.exchange.headSent(),
    ];
    fc.assert(
      fc.property(fc.array(fc.nat(steps.length - 1), { maxLength: 30 }), (order) => {
        const d = drive();
        for (const step of order) steps[step]?.(d);
        d.exchange.downstreamClosed();
        expect(d.events.filter((e) => e === 'ended')).toHaveLength(1);
        expect(d.events.at(-1)).toBe('ended');
      }),
    );
  });
});

describe('Exchange with content codings', () => {
  const settled = async (d: ReturnType<typeof drive>): Promise<ExchangeRecord> => {
    while (d.records.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    return only(d.records);
  };

  it('reads a decoded copy of both bodies', async () => {
    const d = drive('POST', ['Content-Encoding', 'gzip']);
    const sent = gzipSync(call('1', 'add'));
    d.request(sent);
    d.respond(
      200,
      [...JSON_TYPE, 'Content-Encoding', 'GZip'],
      gzipSync(result('1', '"isError":true')),
    );
    expect(await settled(d)).toMatchObject({
      outcome: 'tool_error',
      requestBytes: sent.length,
      calls: [{ target: { name: 'add' } }],
    });
  });

  it.each([
    ['br', new Uint8Array([1, 2, 3]), 'unsupported_encoding'],
    ['gzip', new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]), 'invalid_encoding'],
  ])('counts what it cannot decode: %s', async (coding, body, reason) => {
    const d = drive('POST', ['Content-Encoding', coding]);
    d.request(body);
    d.respond(200, JSON_TYPE, '{}');
    const record = await settled(d);
    expect(record.outcome).toBe('unparsed');
    expect(record.problems[0]).toMatchObject({ side: 'request', parser: 'encoding', reason });
  });

  it('gives up on a decompression bomb', async () => {
    const d = drive('POST', ['Content-Encoding', 'gzip']);
    d.request(gzipSync(new Uint8Array(80 * 1024 * 1024)));
    d.respond(200, JSON_TYPE, '{}');
    const record = await settled(d);
    expect(record.problems.map((p) => p.reason)).toContain('decoded_too_large');
  });
});

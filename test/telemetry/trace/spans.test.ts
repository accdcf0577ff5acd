import { describe, expect, it } from 'vitest';
import type { ExchangeRecord } from '../../../src/exchange/record.ts';
import type { ExchangeTrace } from '../../../src/exchange/trace.ts';
import { sanitizeAttributes } from '../../../src/redact/attributes.ts';
import type { Span } from '../../../src/telemetry/otlp/span.ts';
import { errorsOf, hasFailed } from '../../../src/telemetry/trace/errors.ts';
import { type SpanExtras, spanName, spansOf } from '../../../src/telemetry/trace/spans.ts';
import { makeCall, makeRecord, makeToolCall } from '../records.ts';

const TRACE: ExchangeTrace = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  serverSpanId: '1111111111111111',
  clientSpanId: '2222222222222222',
  parentSpanId: '00f067aa0ba902b7',
  sampled: true,
  traceState: 'a=1',
  links: [{ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', flags: 1 }],
  httpVersion: '2.0',
  session: null,
};

const NOTHING: SpanExtras = { user: null, session: null, toolArguments: null, toolResult: null };
const SERVER = { host: 'mcp.internal', port: 3001 };

function spans(
  changes: Partial<ExchangeRecord> = {},
  extras: Partial<SpanExtras> = {},
): { server: Span; client: Span | undefined } {
  const record = makeRecord({ trace: TRACE, ...changes });
  const [server, client] = spansOf(record, TRACE, SERVER, { ...NOTHING, ...extras });
  return { server: server as Span, client };
}

describe('spansOf', () => {
  it('makes a server span and a client span below it, as the conventions name them', () => {
    const { server, client } = spans({
      calls: [makeToolCall('get-weather', { id: '"req-7"' })],
      era: 'modern',
      protocolVersion: '2026-07-28',
    });
    expect(server).toEqual({
      traceId: TRACE.traceId,
      spanId: TRACE.serverSpanId,
      traceState: 'a=1',
      traceFlags: 1,
      parentSpanId: '00f067aa0ba902b7',
      parentIsRemote: true,
      name: 'tools/call get-weather',
      kind: 'server',
      startMs: Date.UTC(2026, 10, 20),
      endMs: Date.UTC(2026, 10, 20) + 5,
      attributes: {
        'mcp.method.name': 'tools/call',
        'mcp.protocol.version': '2026-07-28',
        'jsonrpc.request.id': 'req-7',
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': 'get-weather',
        'network.transport': 'tcp',
        'network.protocol.name': 'http',
        'http.request.method': 'POST',
        'network.protocol.version': '2',
        'url.path': '/mcp',
        'http.response.status_code': 200,
        'client.address': '192.0.2.1',
        'weir.outcome': 'ok',
        'weir.overhead_ms': 0.2,
      },
      events: [],
      droppedEvents: 0,
      links: [
        {
          traceId: '0af7651916cd43dd8448eb211c80319c',
          spanId: 'b7ad6b7169203331',
          traceState: null,
          traceFlags: 1,
          attributes: {},
        },
      ],
      status: { code: 'unset', message: '' },
    });
    expect(client).toMatchObject({
      spanId: TRACE.clientSpanId,
      parentSpanId: TRACE.serverSpanId,
      parentIsRemote: false,
      name: 'tools/call get-weather',
      kind: 'client',
      startMs: Date.UTC(2026, 10, 20) + 1,
      endMs: Date.UTC(2026, 10, 20) + 5,
      links: [],
    });
    expect(client?.attributes).toEqual({
      'mcp.method.name': 'tools/call',
      'mcp.protocol.version': '2026-07-28',
      'jsonrpc.request.id': 'req-7',
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'get-weather',
      'network.transport': 'tcp',
      'network.protocol.name': 'http',
      'http.request.method': 'POST',
      'server.address': 'mcp.internal',
      'server.port': 3001,
      'http.response.status_code': 200,
    });
  });

  it('makes no client span of what went nowhere', () => {
    const { client } = spans({
      outcome: 'denied',
      status: 403,
      errorCode: -31008,
      dispatchedAfterMs: null,
      respondedAfterMs: null,
      upstreamFirstByteMs: null,
      upstreamTotalMs: null,
    });
    expect(client).toBeUndefined();
  });

  it('ends the client span with the exchange when no answer came', () => {
    const { client } = spans({
      outcome: 'upstream_timeout',
      status: 504,
      durationMs: 30_001,
      respondedAfterMs: null,
      upstreamFirstByteMs: null,
      upstreamTotalMs: null,
    });
    expect(client?.endMs).toBe(Date.UTC(2026, 10, 20) + 30_001);
    expect(client?.attributes).not.toHaveProperty('http.response.status_code');
  });

  it.each([
    ['a tool', [makeToolCall('t')], 'POST', false, 'tools/call t'],
    [
      'a prompt',
      [makeCall({ method: 'prompts/get', target: { kind: 'prompt', name: 'p' } })],
      'POST',
      false,
      'prompts/get p',
    ],
    [
      'a resource, of which there are too many',
      [makeCall({ method: 'resources/read', target: { kind: 'resource', name: 'file:///a' } })],
      'POST',
      false,
      'resources/read',
    ],
    [
      'a notification',
      [makeCall({ kind: 'notification', method: 'notifications/x' })],
      'POST',
      false,
      'notifications/x',
    ],
    ['a batch', [makeCall(), makeToolCall('t')], 'POST', true, 'batch'],
    ['a batch of one', [makeToolCall('t')], 'POST', true, 'batch'],
    [
      'an answer to the server',
      [makeCall({ kind: 'result', method: null })],
      'POST',
      false,
      'POST',
    ],
    ['a stream', [], 'GET', false, 'GET'],
    ['the end of a session', [], 'DELETE', false, 'DELETE'],
    [
      'a name that is too long',
      [makeToolCall('x'.repeat(300))],
      'POST',
      false,
      `tools/call ${'x'.repeat(256)}…(44 more)`,
    ],
  ] as const)('names %s', (_, calls, httpMethod, batch, name) => {
    expect(spanName(makeRecord({ calls: [...calls], httpMethod, batch }))).toBe(name);
  });

  it('tells of a batch how long it is and what is in it', () => {
    const { server } = spans({
      batch: true,
      calls: [makeCall(), makeToolCall('a'), makeToolCall('b'), makeCall({ method: null })],
    });
    expect(server.attributes).toMatchObject({
      'mcp.method.name': 'batch',
      'weir.batch.size': 4,
      'weir.batch.methods': ['ping', 'tools/call'],
    });
    expect(server.attributes).not.toHaveProperty('jsonrpc.request.id');
    expect(server.attributes).not.toHaveProperty('gen_ai.tool.name');
  });

  it('tells of a stream its kind and how many events it had', () => {
    const { server } = spans({
      stream: 'post',
      sseEvents: new Map([
        ['message', 3],
        ['x', 2],
      ]),
    });
    expect(server.attributes).toMatchObject({
      'weir.stream.kind': 'post',
      'weir.stream.events': 5,
    });
    expect(server.events).toEqual([]);
  });

  it('leaves the id out where there is none, and where it is null', () => {
    for (const id of [null, 'null']) {
      const { server } = spans({ calls: [makeCall({ id })] });
      expect(server.attributes).not.toHaveProperty('jsonrpc.request.id');
    }
  });

  it('hides secrets in names, resources and reasons', () => {
    const { server, client } = spans({
      calls: [
        makeCall({
          method: 'resources/read',
          target: { kind: 'resource', name: 'https://user:hunter2@host/x?token=abcdef' },
        }),
      ],
      path: '/mcp;token=abcdef',
      outcome: 'upstream_unreachable',
      reason: 'connect http://user:hunter2@host failed',
    });
    const shown = JSON.stringify([server, client]);
    expect(shown).not.toContain('hunter2');
    expect(shown).not.toContain('abcdef');
  });

  it('shows a session of the legacy era only', () => {
    expect(spans({ era: 'legacy' }, { session: 'ab' }).server.attributes['mcp.session.id']).toBe(
      'ab',
    );
    expect(spans({ era: 'modern' }, { session: 'ab' }).server.attributes).not.toHaveProperty(
      'mcp.session.id',
    );
  });

  it('shows users and content as it was given them, towards the client only', () => {
    const { server, client } = spans(
      { calls: [makeToolCall('t')] },
      { user: 'f00', toolArguments: '{"a":1}', toolResult: '{"b":2}' },
    );
    expect(server.attributes).toMatchObject({
      'user.id': 'f00',
      'gen_ai.tool.call.arguments': '{"a":1}',
      'gen_ai.tool.call.result': '{"b":2}',
    });
    expect(client?.attributes).not.toHaveProperty('gen_ai.tool.call.arguments');
  });

  it('has no attribute that would be dropped or hashed on its way out, but the user', async () => {
    const { server, client } = spans(
      { calls: [makeToolCall('t')], outcome: 'rpc_error', errorCode: -32603, stream: 'post' },
      { user: 'f00', session: 'ab', toolArguments: '{}', toolResult: '{}' },
    );
    for (const { attributes } of [server, client as Span]) {
      const names = Object.keys(attributes).filter((name) => name !== 'user.id');
      const kept = await sanitizeAttributes(Object.entries(attributes), null);
      expect(kept.map(([name]) => name)).toEqual(names);
    }
  });
});

describe('errorsOf', () => {
  const rpc = (code: number) =>
    makeRecord({ outcome: 'rpc_error', errorCode: code, calls: [makeCall({ errorCode: code })] });

  it.each([
    ['ok', makeRecord(), null, null],
    ['input required', makeRecord({ outcome: 'input_required' }), null, null],
    ['a client that left', makeRecord({ outcome: 'canceled', status: 0 }), null, null],
    ['a tool that failed', makeRecord({ outcome: 'tool_error' }), 'tool_error', 'tool_error'],
    ['an internal error', rpc(-32603), '-32603', '-32603'],
    ['a header that disagrees', rpc(-32020), '-32020', '-32020'],
    ['a parse error', rpc(-32700), null, '-32700'],
    ['an invalid request', rpc(-32600), null, '-32600'],
    ['an unknown method', rpc(-32601), null, '-32601'],
    ['invalid params', rpc(-32602), null, '-32602'],
    ['an unknown resource', rpc(-32002), null, '-32002'],
    ['HTTP 404', makeRecord({ outcome: 'http_error', status: 404 }), null, '404'],
    ['HTTP 503', makeRecord({ outcome: 'http_error', status: 503 }), '503', '503'],
    [
      'a refusal',
      makeRecord({ outcome: 'denied', status: 403, errorCode: -31008, dispatchedAfterMs: null }),
      '-31008',
      null,
    ],
    [
      'no connection',
      makeRecord({ outcome: 'upstream_unreachable', status: 502, errorCode: -31001 }),
      '-31001',
      'upstream_unreachable',
    ],
    [
      'no answer in time',
      makeRecord({ outcome: 'upstream_timeout', status: 504, errorCode: -31002 }),
      '-31002',
      'timeout',
    ],
    [
      'a stream that broke off',
      makeRecord({ outcome: 'upstream_aborted', status: 200, stream: 'post' }),
      'upstream_aborted',
      'upstream_aborted',
    ],
  ])('%s', (_, record, server, client) => {
    expect(errorsOf(record)).toEqual({ server, client });
    const { server: span, client: below } = spans({ ...record });
    expect(span.status.code).toBe(server === null ? 'unset' : 'error');
    expect(span.attributes['error.type']).toBe(server ?? undefined);
    if (below !== undefined) expect(below.attributes['error.type']).toBe(client ?? undefined);
  });

  it('of a batch the first code that counts', () => {
    const record = makeRecord({
      batch: true,
      outcome: 'rpc_error',
      calls: [makeCall({ errorCode: -32602 }), makeCall({ errorCode: -32603 })],
    });
    expect(errorsOf(record)).toEqual({ server: '-32603', client: '-32602' });
  });

  it('a refusal is no failure, everything else that is an error is one', () => {
    const refused = makeRecord({ outcome: 'denied', errorCode: -31007 });
    expect(hasFailed(refused, errorsOf(refused))).toBe(false);
    for (const record of [rpc(-32603), rpc(-32601), makeRecord({ outcome: 'tool_error' })]) {
      expect(hasFailed(record, errorsOf(record))).toBe(true);
    }
    expect(hasFailed(makeRecord(), errorsOf(makeRecord()))).toBe(false);
  });

  it('gives the code of weir itself to the client, and that of the upstream to nobody else', () => {
    const own = spans({ outcome: 'upstream_unreachable', status: 502, errorCode: -31001 });
    expect(own.server.attributes['rpc.response.status_code']).toBe('-31001');
    expect(own.client?.attributes).not.toHaveProperty('rpc.response.status_code');
    const theirs = spans({ ...rpc(-32603) });
    expect(theirs.client?.attributes['rpc.response.status_code']).toBe('-32603');
  });
});

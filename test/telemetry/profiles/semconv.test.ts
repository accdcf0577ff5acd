import { describe, expect, it } from 'vitest';
import type { ExchangeRecord, RpcCall } from '../../../src/exchange/record.ts';
import { createProfileStore } from '../../../src/telemetry/profile-store.ts';
import { toOtelNames } from '../../../src/telemetry/profiles/otel-names.ts';
import { makeCall, makeRecord, makeToolCall } from '../records.ts';
import { FACTS, familiesOf } from './driver.ts';

interface Point {
  /** Attributes that apply. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly count: number;
  readonly sum: number;
}

/** What is measured, as OpenTelemetry spells it. */
async function measure(
  changes: Partial<ExchangeRecord> = {},
  facts = FACTS,
): Promise<Record<string, readonly Point[]>> {
  const { store, sink } = await createProfileStore(['semconv'], facts);
  sink.ended(makeRecord(changes));
  return Object.fromEntries(
    store.snapshot().map(({ definition, series }) => {
      const { name, attributes } = toOtelNames(definition);
      const points = series.map(({ labelValues, bucketCounts = [], sum = 0 }) => ({
        attributes: Object.fromEntries(
          attributes.map((key, i) => [key, labelValues[i] as string]).filter(([, v]) => v !== ''),
        ),
        count: bucketCounts.reduce((total, count) => total + count, 0),
        sum: Number(sum.toFixed(9)),
      }));
      return [name, points];
    }),
  );
}

const SERVER = 'mcp.server.operation.duration';
const CLIENT = 'mcp.client.operation.duration';
const PING = {
  'mcp.method.name': 'ping',
  'mcp.protocol.version': '2025-11-25',
  'network.transport': 'tcp',
  'network.protocol.name': 'http',
};
const UPSTREAM = { 'server.address': 'localhost', 'server.port': '3001' };

/** `error.type` and `rpc.response.status_code` on both sides; null for none. */
async function errorsOf(changes: Partial<ExchangeRecord>, call: Partial<RpcCall> = {}) {
  const all = await measure({ calls: [makeCall(call)], ...changes });
  return [SERVER, CLIENT].map((name) => {
    const attributes = all[name]?.[0]?.attributes;
    if (attributes === undefined) return null;
    return [attributes['error.type'] ?? null, attributes['rpc.response.status_code'] ?? null];
  });
}

describe('the semconv profile', () => {
  it('measures an operation on both sides, with their attributes', async () => {
    expect(await measure()).toEqual({
      [SERVER]: [{ attributes: PING, count: 1, sum: 0.005 }],
      [CLIENT]: [{ attributes: { ...PING, ...UPSTREAM }, count: 1, sum: 0.004 }],
    });
  });

  it('names the tool of a call and the prompt of a get, and no resource', async () => {
    const attributesOf = async (call: RpcCall) =>
      (await measure({ calls: [call] }))[SERVER]?.[0]?.attributes;
    expect(await attributesOf(makeToolCall('t'))).toEqual({
      ...PING,
      'mcp.method.name': 'tools/call',
      'gen_ai.tool.name': 't',
      'gen_ai.operation.name': 'execute_tool',
    });
    expect(
      await attributesOf(
        makeCall({ method: 'prompts/get', target: { kind: 'prompt', name: 'p' } }),
      ),
    ).toEqual({ ...PING, 'mcp.method.name': 'prompts/get', 'gen_ai.prompt.name': 'p' });
    expect(
      await attributesOf(
        makeCall({ method: 'resources/read', target: { kind: 'resource', name: 'file:///x' } }),
      ),
    ).toEqual({ ...PING, 'mcp.method.name': 'resources/read' });
  });

  it('success and what is nobody’s error has no error.type', async () => {
    for (const outcome of ['ok', 'input_required', 'unparsed', 'canceled'] as const) {
      expect(await errorsOf({ outcome }, { outcome }), outcome).toEqual([
        [null, null],
        [null, null],
      ]);
    }
  });

  it('isError inside an HTTP 200 is tool_error on both sides', async () => {
    expect(await errorsOf({ outcome: 'tool_error' }, { outcome: 'tool_error' })).toEqual([
      ['tool_error', null],
      ['tool_error', null],
    ]);
  });

  it('a JSON-RPC error has its code; what the caller did wrong is no error of the server', async () => {
    const answered = (errorCode: number) =>
      errorsOf({ outcome: 'rpc_error', errorCode }, { outcome: 'rpc_error', errorCode });
    expect(await answered(-32603)).toEqual([
      ['-32603', '-32603'],
      ['-32603', '-32603'],
    ]);
    for (const code of [-32700, -32600, -32601, -32602, -32002]) {
      expect(await answered(code)).toEqual([
        [null, String(code)],
        [String(code), String(code)],
      ]);
    }
  });

  it('weir’s own answer has a code towards the client only', async () => {
    const failed = (outcome: 'upstream_timeout' | 'upstream_unreachable', errorCode: number) =>
      errorsOf(
        { outcome, errorCode, upstreamTotalMs: null, upstreamFirstByteMs: null },
        { outcome },
      );
    expect(await failed('upstream_timeout', -31002)).toEqual([
      ['-31002', '-31002'],
      ['timeout', null],
    ]);
    expect(await failed('upstream_unreachable', -31001)).toEqual([
      ['-31001', '-31001'],
      ['upstream_unreachable', null],
    ]);
  });

  it('what never went upstream is no operation of the client', async () => {
    const denied = {
      outcome: 'denied',
      errorCode: -31008,
      dispatchedAfterMs: null,
      upstreamTotalMs: null,
      upstreamFirstByteMs: null,
    } as const;
    expect(await errorsOf(denied, { outcome: 'denied' })).toEqual([['-31008', '-31008'], null]);
  });

  it('without an answer the time upstream ends when weir gave up', async () => {
    const all = await measure({
      outcome: 'upstream_timeout',
      errorCode: -31002,
      upstreamTotalMs: null,
      durationMs: 31,
      dispatchedAfterMs: 1,
    });
    expect(all[CLIENT]?.[0]?.sum).toBe(0.03);
  });

  it('measures each message of a batch, with its own error', async () => {
    const all = await measure({
      batch: true,
      protocolVersion: '2025-03-26',
      outcome: 'rpc_error',
      errorCode: -32603,
      calls: [
        makeToolCall('a'),
        makeToolCall('b', { outcome: 'rpc_error', errorCode: -32603 }),
        makeCall({ kind: 'notification', method: 'notifications/progress', outcome: null }),
        makeCall({ kind: 'result', method: null, outcome: null }),
      ],
    });
    const errors = all[SERVER]?.map(({ attributes }) => [
      attributes['mcp.method.name'],
      attributes['gen_ai.tool.name'],
      attributes['error.type'],
    ]);
    expect(errors).toHaveLength(3);
    expect(errors).toContainEqual(['tools/call', 'a', undefined]);
    expect(errors).toContainEqual(['tools/call', 'b', '-32603']);
    expect(errors).toContainEqual(['notifications/progress', undefined, undefined]);
  });

  it('every message of a refused batch has the code of the refusal', async () => {
    const calls = ['a', 'b'].map((name) => makeToolCall(name, { outcome: 'denied' }));
    const all = await measure({ batch: true, outcome: 'denied', errorCode: -31008, calls });
    expect(all[SERVER]?.map(({ attributes }) => attributes['error.type'])).toEqual([
      '-31008',
      '-31008',
    ]);
  });

  it('what holds no request or notification is no operation', async () => {
    const nothing = { [SERVER]: [], [CLIENT]: [] };
    expect(await measure({ httpMethod: 'GET', calls: [], stream: 'get' })).toEqual(nothing);
    expect(await measure({ calls: [makeCall({ kind: 'result', method: null })] })).toEqual(nothing);
  });

  it('an unknown version, method or code is shown within the label limit', async () => {
    const { store, sink } = await createProfileStore(['semconv'], { ...FACTS, labelLimit: 2 });
    for (let i = 0; i < 40; i++) {
      const call = makeCall({ method: `m${i}`, outcome: 'rpc_error', errorCode: i });
      sink.ended(
        makeRecord({ protocolVersion: `v${i}`, calls: [call], outcome: 'rpc_error', errorCode: i }),
      );
    }
    for (const { definition, series } of store.snapshot()) {
      definition.labels.forEach((label, index) => {
        const values = new Set(series.map(({ labelValues }) => labelValues[index]));
        expect(values.size, label).toBeLessThanOrEqual(3);
      });
    }
  });

  it.each([
    ['localhost:3001', 'localhost', '3001'],
    ['https://mcp.example.com/prefix', 'mcp.example.com', '443'],
    ['http://mcp.example.com', 'mcp.example.com', '80'],
    ['http://[::1]:9/x', '::1', '9'],
    ['not an address', undefined, undefined],
  ])('the server behind %s is %s port %s', async (target, address, port) => {
    const [point] = (await measure({}, { ...FACTS, target }))[CLIENT] ?? [];
    expect(point?.attributes['server.address']).toBe(address);
    expect(point?.attributes['server.port']).toBe(port);
  });
});

describe('toOtelNames', () => {
  it('gives names and units of the conventions, and leaves all others as they are', async () => {
    const names = new Map(
      (await familiesOf('semconv', 'sidecar')).map((family) => [family.name, toOtelNames(family)]),
    );
    expect(names.get('mcp_server_operation_duration_seconds')).toMatchObject({
      name: SERVER,
      unit: 's',
    });
    expect(names.get('mcp_requests_total')).toEqual({
      name: 'mcp_requests_total',
      unit: '',
      attributes: ['method', 'server_name', 'status'],
    });
    expect(names.get('mcp_message_bytes_total')?.unit).toBe('By');
    expect(names.get('mcp_request_duration_seconds')?.unit).toBe('s');
  });
});

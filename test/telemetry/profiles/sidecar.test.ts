import { describe, expect, it } from 'vitest';
import type { ExchangeRecord, Outcome } from '../../../src/exchange/record.ts';
import { createProfileStore } from '../../../src/telemetry/profile-store.ts';
import { makeCall, makeRecord, makeToolCall, toLive } from '../records.ts';
import { flatten } from '../snapshot-reader.ts';
import { FACTS, only, run } from './driver.ts';

const moved = (changes: Partial<ExchangeRecord> = {}) => run('sidecar', makeRecord(changes));
const requests = async (changes: Partial<ExchangeRecord> = {}) =>
  only(await moved(changes), 'mcp_requests_total');

const PING = {
  'mcp_requests_total{method="ping",server_name="pay",status="ok"}': 1,
  'mcp_request_duration_seconds{method="ping",server_name="pay",status="ok"}:count': 1,
  'mcp_request_duration_seconds{method="ping",server_name="pay",status="ok"}:sum': 0.005,
  'mcp_message_bytes_total{direction="in",server_name="pay"}': 40,
  'mcp_message_bytes_total{direction="out",server_name="pay"}': 36,
};

describe('the sidecar profile', () => {
  it('a plain request moves these and nothing else', async () => {
    expect(await moved()).toEqual(PING);
  });

  it.each<[Outcome, string]>([
    ['ok', 'ok'],
    ['input_required', 'ok'],
    ['unparsed', 'ok'],
    ['canceled', 'ok'],
    ['tool_error', 'error'],
    ['rpc_error', 'error'],
    ['http_error', 'error'],
    ['denied', 'error'],
    ['upstream_unreachable', 'error'],
    ['upstream_timeout', 'error'],
    ['upstream_aborted', 'error'],
  ])(
    'the status of %s is %s, whatever the HTTP status, on every request counter',
    async (outcome, status) => {
      const series = await moved({
        outcome,
        status: 200,
        calls: [makeToolCall('t', { outcome })],
      });
      expect(series).toMatchObject({
        [`mcp_requests_total{method="tools/call",server_name="pay",status="${status}"}`]: 1,
        [`mcp_request_duration_seconds{method="tools/call",server_name="pay",status="${status}"}:count`]: 1,
        [`mcp_tool_calls_total{tool_name="t",server_name="pay",status="${status}"}`]: 1,
        'mcp_tool_duration_seconds{tool_name="t",server_name="pay"}:count': 1,
        'mcp_tool_duration_seconds{tool_name="t",server_name="pay"}:sum': 0.005,
      });
      const other = status === 'ok' ? 'error' : 'ok';
      expect(Object.keys(series).filter((key) => key.includes(`status="${other}"`))).toEqual([]);
    },
  );

  it('shows the other status as 0 from the first request on', async () => {
    const { store, sink } = await createProfileStore(['sidecar'], FACTS);
    sink.ended(makeRecord({ calls: [makeToolCall('t')] }));
    const values = flatten(store.snapshot());
    const error = 'server_name="pay",status="error"}';
    expect(values.get(`mcp_requests_total{method="tools/call",${error}`)).toBe(0);
    expect(values.get(`mcp_tool_calls_total{tool_name="t",${error}`)).toBe(0);
  });

  it('counts every message of a batch by its own method and status', async () => {
    const series = await moved({
      batch: true,
      outcome: 'rpc_error',
      errorCode: -32602,
      calls: [
        makeToolCall('a'),
        makeToolCall('b', { outcome: 'rpc_error', errorCode: -32602 }),
        makeCall({ kind: 'notification', method: 'notifications/progress', outcome: null }),
        makeCall({ kind: 'result', method: null, outcome: null }),
      ],
    });
    expect(only(series, 'mcp_requests_total')).toEqual({
      'mcp_requests_total{method="tools/call",server_name="pay",status="ok"}': 1,
      'mcp_requests_total{method="tools/call",server_name="pay",status="error"}': 1,
      'mcp_requests_total{method="notifications/progress",server_name="pay",status="ok"}': 1,
    });
    expect(only(series, 'mcp_tool')).toEqual({
      'mcp_tool_calls_total{tool_name="a",server_name="pay",status="ok"}': 1,
      'mcp_tool_calls_total{tool_name="b",server_name="pay",status="error"}': 1,
    });
    expect(only(series, 'mcp_protocol_errors_total')).toEqual({
      'mcp_protocol_errors_total{error_code="-32602",method="tools/call",server_name="pay"}': 1,
    });
  });

  it('an exchange without a request or notification counts once, as unknown', async () => {
    const posted = [makeCall({ kind: 'result', method: null, outcome: null })];
    const expected = { 'mcp_requests_total{method="unknown",server_name="pay",status="ok"}': 1 };
    expect(await requests({ httpMethod: 'GET', calls: [], stream: 'get' })).toEqual(expected);
    expect(await requests({ httpMethod: 'DELETE', calls: [] })).toEqual(expected);
    expect(await requests({ calls: posted })).toEqual(expected);
    expect(await requests({ calls: [], outcome: 'denied', status: 403 })).toEqual({
      'mcp_requests_total{method="unknown",server_name="pay",status="error"}': 1,
    });
  });

  it('SSE connections have no request duration; POST streams have', async () => {
    const kinds = async (stream: ExchangeRecord['stream']) =>
      Object.keys(only(await moved({ stream }), 'mcp_request_duration_seconds')).length;
    expect(await kinds('get')).toBe(0);
    expect(await kinds('listen')).toBe(0);
    expect(await kinds('post')).toBe(2);
  });

  it.each([
    ['tools/list', 'mcp_tools_listed_total'],
    ['resources/list', 'mcp_resources_listed_total'],
    ['prompts/list', 'mcp_prompts_listed_total'],
  ])('%s moves %s by one, and no other list', async (method, name) => {
    const listed = (series: Record<string, number>) =>
      Object.fromEntries(Object.entries(series).filter(([key]) => key.includes('_listed_')));
    const call = makeCall({ method });
    expect(listed(await moved({ calls: [call] }))).toEqual({ [`${name}{server_name="pay"}`]: 1 });
    expect(listed(await moved({ calls: [{ ...call, kind: 'notification' }] }))).toEqual({});
    expect(listed(await moved())).toEqual({});
  });

  it('counts reads by reduced URI and prompts by name', async () => {
    const read = makeCall({
      method: 'resources/read',
      target: { kind: 'resource', name: 'file:///etc/x' },
    });
    const get = makeCall({ method: 'prompts/get', target: { kind: 'prompt', name: 'p' } });
    const named = (series: Record<string, number>) => ({
      ...only(series, 'mcp_resource_reads'),
      ...only(series, 'mcp_prompt_gets'),
    });
    expect(named(await moved({ calls: [read] }))).toEqual({
      'mcp_resource_reads_total{resource_uri="file:///{path}",server_name="pay"}': 1,
    });
    expect(named(await moved({ calls: [get] }))).toEqual({
      'mcp_prompt_gets_total{prompt_name="p",server_name="pay"}': 1,
    });
    expect(named(await moved())).toEqual({});
  });

  it('counts errors by code, weir’s own and those in streams included', async () => {
    const errors = async (changes: Partial<ExchangeRecord>) =>
      only(await moved(changes), 'mcp_protocol_errors_total');
    expect(await errors({})).toEqual({});
    expect(await errors({ outcome: 'denied', errorCode: -31008 })).toEqual({
      'mcp_protocol_errors_total{error_code="-31008",method="ping",server_name="pay"}': 1,
    });
    expect(await errors({ stream: 'get', calls: [], strayErrorCodes: [-32000] })).toEqual({
      'mcp_protocol_errors_total{error_code="-32000",method="sse",server_name="pay"}': 1,
    });
  });

  it('gauges follow requests and streams, and return to 0', async () => {
    const { store, sink } = await createProfileStore(['sidecar'], FACTS);
    const read = () => {
      const values = flatten(store.snapshot());
      return [
        values.get('mcp_active_connections{server_name="pay"}'),
        values.get('mcp_sse_streams_active{server_name="pay"}'),
      ];
    };
    expect(read()).toEqual([0, 0]);
    const records = (['get', 'post', 'listen', 'none'] as const).map((stream, sequence) =>
      makeRecord({ stream, sequence }),
    );
    for (const record of records) {
      sink.started?.(toLive(record));
      if (record.stream !== 'none') sink.streamOpened?.(toLive(record));
    }
    expect(read()).toEqual([4, 3]);
    for (const record of records) sink.ended(record);
    expect(read()).toEqual([0, 0]);
  });

  it('hostile prompt names stay within the label limit', async () => {
    const { store, sink } = await createProfileStore(['sidecar'], { ...FACTS, labelLimit: 3 });
    for (let i = 0; i < 50; i++) {
      const target = { kind: 'prompt', name: `p${i}` } as const;
      sink.ended(makeRecord({ calls: [makeCall({ method: 'prompts/get', target })] }));
    }
    const values = flatten(store.snapshot());
    expect(values.get('mcp_prompt_gets_total{prompt_name="_other",server_name="pay"}')).toBe(47);
  });
});

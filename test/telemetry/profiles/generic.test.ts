import { describe, expect, it } from 'vitest';
import type { ExchangeRecord } from '../../../src/exchange/record.ts';
import { createProfileStore } from '../../../src/telemetry/profile-store.ts';
import { makeCall, makeRecord, makeToolCall, toLive } from '../records.ts';
import { flatten } from '../snapshot-reader.ts';
import { FACTS, only, run } from './driver.ts';

const moved = (changes: Partial<ExchangeRecord> = {}) => run('generic', makeRecord(changes));

const POST = 'method="POST",path="/mcp",status_code="200",service="pay"';
const PING = {
  [`http_requests_total{${POST}}`]: 1,
  [`http_request_duration_seconds{${POST}}:count`]: 1,
  [`http_request_duration_seconds{${POST}}:sum`]: 0.005,
  'http_request_size_bytes{method="POST",path="/mcp",service="pay"}:count': 1,
  'http_request_size_bytes{method="POST",path="/mcp",service="pay"}:sum': 40,
  [`http_response_size_bytes{${POST}}:count`]: 1,
  [`http_response_size_bytes{${POST}}:sum`]: 36,
  'external_api_calls_total{service_name="pay",api_name="ping",status="success"}': 1,
  'external_api_call_duration_seconds{service_name="pay",api_name="ping",status="success"}:count': 1,
  'external_api_call_duration_seconds{service_name="pay",api_name="ping",status="success"}:sum': 0.003,
};

describe('the generic profile', () => {
  it('a plain request moves these and nothing else', async () => {
    expect(await moved()).toEqual(PING);
  });

  it('a tool call has a status read from the message', async () => {
    const tools = async (changes: Partial<ExchangeRecord>) => only(await moved(changes), 'tool_');
    expect(await tools({})).toEqual({});
    expect(await tools({ calls: [makeToolCall('t')] })).toEqual({
      'tool_calls_total{service_name="pay",tool_name="t",status="success"}': 1,
      'tool_call_duration_seconds{service_name="pay",tool_name="t",status="success"}:count': 1,
      'tool_call_duration_seconds{service_name="pay",tool_name="t",status="success"}:sum': 0.005,
    });
    for (const outcome of ['tool_error', 'rpc_error'] as const) {
      const series = await tools({ outcome, calls: [makeToolCall('t', { outcome })] });
      expect(Object.keys(series).every((key) => key.includes('status="error"'))).toBe(true);
      expect(series).toMatchObject({
        'tool_calls_total{service_name="pay",tool_name="t",status="error"}': 1,
      });
    }
    expect(await tools({ batch: true, calls: [makeToolCall('a'), makeToolCall('b')] })).toEqual({
      'tool_calls_total{service_name="pay",tool_name="a",status="success"}': 1,
      'tool_calls_total{service_name="pay",tool_name="b",status="success"}': 1,
    });
  });

  it('calls upstream have a status too, and those that never went there are none', async () => {
    const calls = async (changes: Partial<ExchangeRecord>) =>
      only(await moved(changes), 'external_api');
    expect(
      await calls({ outcome: 'upstream_timeout', status: 504, upstreamFirstByteMs: null }),
    ).toEqual({ 'external_api_calls_total{service_name="pay",api_name="ping",status="error"}': 1 });
    expect(await calls({ outcome: 'denied', status: 403, dispatchedAfterMs: null })).toEqual({});
  });

  it.each([
    ['/mcp', '/mcp'],
    ['/sse', '/sse'],
    ['/', '/'],
    ['/a-secret-key/mcp', '_other'],
    ['/mcp/17', '_other'],
  ])('the path %s is shown as %s', async (path, shown) => {
    expect(await moved({ path })).toHaveProperty([
      `http_requests_total{method="POST",path="${shown}",status_code="200",service="pay"}`,
    ]);
  });

  it('an HTTP method of a client’s own is _other, and one that left early is 499', async () => {
    expect(await moved({ httpMethod: 'BREW', calls: [], status: 0 })).toHaveProperty([
      'http_requests_total{method="_other",path="/mcp",status_code="499",service="pay"}',
    ]);
  });

  it('SSE connections have no duration, empty bodies no size', async () => {
    const get = await moved({
      httpMethod: 'GET',
      stream: 'get',
      calls: [],
      requestBytes: 0,
      responseBytes: 0,
    });
    expect(only(get, 'http_')).toEqual({
      'http_requests_total{method="GET",path="/mcp",status_code="200",service="pay"}': 1,
    });
    expect(await moved({ stream: 'post', calls: [makeCall()] })).toHaveProperty([
      `http_request_duration_seconds{${POST}}:count`,
    ]);
  });

  it('http_connections_active counts what has started and not ended; build_info says what runs', async () => {
    const { store, sink } = await createProfileStore(['generic'], FACTS);
    const read = () => flatten(store.snapshot());
    sink.started?.(toLive(makeRecord()));
    expect(read().get('http_connections_active')).toBe(1);
    sink.ended(makeRecord());
    expect(read().get('http_connections_active')).toBe(0);
    expect(read().get('build_info{version="1.2.3",runtime="node"}')).toBe(1);
  });
});

import { describe, expect, it } from 'vitest';
import type { ExchangeRecord } from '../../src/exchange/record.ts';
import { MemoryMetricsStore } from '../../src/telemetry/memory-store.ts';
import { createMetricsSink, type MetricsSinkOptions } from '../../src/telemetry/metrics-sink.ts';
import { makeCall, makeRecord, makeToolCall, toLive } from './records.ts';
import { changes, flatten } from './snapshot-reader.ts';

const BYTES = [100, 1000, 10000, 100000, 1000000];

function setUp(options: Partial<MetricsSinkOptions> = {}) {
  const store = new MemoryMetricsStore();
  const sink = createMetricsSink(store, {
    version: '1.2.3',
    runtime: 'node',
    target: 'http://user:secret@localhost:3001/mcp',
    ...options,
  });
  return { store, sink };
}

/** Runs one exchange with these events and returns what moved. */
function run(record: ExchangeRecord, events: readonly string[] = [], options = {}) {
  const { store, sink } = setUp(options);
  const before = flatten(store.snapshot());
  sink.started?.(toLive(record));
  if (record.stream !== 'none') sink.streamOpened?.(toLive(record));
  for (const type of events) sink.streamEvent?.(toLive(record), type);
  sink.ended(record);
  return changes(before, flatten(store.snapshot()));
}

/** What `ping` in 5 ms moves; tests name only what differs from it. */
const PING = {
  'mcp_requests_total{status="200",method="ping"}': 1,
  'mcp_request_duration_seconds:count': 1,
  'mcp_request_duration_seconds:sum': 0.005,
  'mcp_request_size_bytes:count': 1,
  'mcp_request_size_bytes:sum': 40,
  'mcp_response_size_bytes:count': 1,
  'mcp_response_size_bytes:sum': 36,
  'weir_exchanges_total{method="ping",outcome="ok",era="legacy"}': 1,
  'weir_overhead_seconds:count': 1,
  'weir_overhead_seconds:sum': 0.0002,
  'weir_upstream_first_byte_seconds:count': 1,
  'weir_upstream_first_byte_seconds:sum': 0.003,
};

describe('createMetricsSink', () => {
  it('declares exactly these families', () => {
    const { store } = setUp();
    const shapes = store.snapshot().map(({ definition }) => {
      const { name, type, labels, buckets, unit } = definition;
      return [
        name,
        type,
        labels.join(),
        ...(buckets ? [[...buckets]] : []),
        ...(unit ? [unit] : []),
      ];
    });
    const durations = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
    const ages = [1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600];
    const overheads = [
      0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
    ];
    const firstBytes = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
    const tools = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];
    expect(shapes).toEqual([
      ['mcp_active_connections', 'gauge', ''],
      ['mcp_proxy_info', 'gauge', 'version,target'],
      ['mcp_request_duration_seconds', 'histogram', '', durations, 'seconds'],
      ['mcp_request_errors_total', 'counter', 'method,error_code'],
      ['mcp_request_size_bytes', 'histogram', '', BYTES, 'bytes'],
      ['mcp_requests_total', 'counter', 'status,method'],
      ['mcp_resource_reads_total', 'counter', 'resource_uri'],
      ['mcp_response_size_bytes', 'histogram', '', BYTES, 'bytes'],
      ['mcp_sse_connection_duration_seconds', 'histogram', '', ages, 'seconds'],
      ['mcp_sse_connections_active', 'gauge', ''],
      ['mcp_sse_connections_total', 'counter', ''],
      ['mcp_sse_events_total', 'counter', 'event_type'],
      ['mcp_tool_calls_total', 'counter', 'tool_name'],
      ['weir_auth_failures_total', 'counter', 'reason'],
      ['weir_build_info', 'gauge', 'version,runtime'],
      ['weir_denied_total', 'counter', 'error_code'],
      ['weir_exchanges_total', 'counter', 'method,outcome,era'],
      ['weir_overhead_seconds', 'histogram', '', overheads, 'seconds'],
      ['weir_parse_problems_total', 'counter', 'side,parser,reason'],
      ['weir_policy_decisions_total', 'counter', 'policy,decision'],
      ['weir_stream_bytes_total', 'counter', 'direction', 'bytes'],
      ['weir_stream_events_total', 'counter', 'kind,event_type'],
      ['weir_streams_active', 'gauge', 'kind'],
      ['weir_tool_calls_total', 'counter', 'tool_name,outcome'],
      ['weir_tool_duration_seconds', 'histogram', 'tool_name', tools, 'seconds'],
      ['weir_upstream_first_byte_seconds', 'histogram', '', firstBytes, 'seconds'],
    ]);
  });

  it('shows what is running, without credentials of the target', () => {
    const values = flatten(setUp().store.snapshot());
    expect(values.get('mcp_proxy_info{version="1.2.3",target="http://localhost:3001"}')).toBe(1);
    expect(values.get('weir_build_info{version="1.2.3",runtime="node"}')).toBe(1);
  });

  it('shows gauges at rest as 0', () => {
    const values = flatten(setUp().store.snapshot());
    for (const key of [
      'mcp_active_connections',
      'mcp_sse_connections_active',
      'weir_streams_active{kind="get"}',
      'weir_streams_active{kind="post"}',
      'weir_streams_active{kind="listen"}',
    ]) {
      expect(values.get(key), key).toBe(0);
    }
  });

  it('a plain request moves these and nothing else', () => {
    expect(run(makeRecord())).toEqual(PING);
  });

  it('counts what policies said, and failures of authentication by reason', () => {
    const decision = { rule: null, reason: 'r' } as const;
    const decisions = [
      { ...decision, policy: 'auth', decision: 'allow', reason: 'api_key' },
      { ...decision, policy: 'authorize', decision: 'allow' },
      { ...decision, policy: 'authorize', decision: 'allow' },
      { ...decision, policy: 'validate', decision: 'report' },
      { ...decision, policy: 'limits', decision: 'limit' },
    ] as const;
    expect(run(makeRecord({ decisions }))).toEqual({
      ...PING,
      'weir_policy_decisions_total{policy="auth",decision="allow"}': 1,
      'weir_policy_decisions_total{policy="authorize",decision="allow"}': 2,
      'weir_policy_decisions_total{policy="validate",decision="report"}': 1,
      'weir_policy_decisions_total{policy="limits",decision="limit"}': 1,
    });
    const refused = { policy: 'auth', decision: 'deny', rule: null, reason: 'expired' } as const;
    expect(run(makeRecord({ decisions: [refused] }))).toEqual({
      ...PING,
      'weir_policy_decisions_total{policy="auth",decision="deny"}': 1,
      'weir_auth_failures_total{reason="expired"}': 1,
    });
  });

  it('counts reasons of authentication beyond the cap as _other', () => {
    const { store, sink } = setUp({ labelLimit: 1 });
    for (const reason of ['expired', 'missing', 'claims']) {
      const refused = { policy: 'auth', decision: 'deny', rule: null, reason } as const;
      sink.ended(makeRecord({ decisions: [refused] }));
    }
    const values = flatten(store.snapshot());
    expect(values.get('weir_auth_failures_total{reason="expired"}')).toBe(1);
    expect(values.get('weir_auth_failures_total{reason="_other"}')).toBe(2);
  });

  it('mcp_active_connections counts what has started and not ended', () => {
    const { store, sink } = setUp();
    const read = () => flatten(store.snapshot()).get('mcp_active_connections');
    sink.started?.(toLive(makeRecord({ sequence: 1 })));
    sink.started?.(toLive(makeRecord({ sequence: 2 })));
    expect(read()).toBe(2);
    sink.ended(makeRecord({ sequence: 1 }));
    sink.ended(makeRecord({ sequence: 2, outcome: 'canceled', status: 0 }));
    expect(read()).toBe(0);
  });

  it.each([
    ['a GET', { calls: [], httpMethod: 'GET' }, 'unknown'],
    ['an unreadable body', { calls: [], outcome: 'unparsed' as const }, 'unknown'],
    ['a posted response', { calls: [makeCall({ kind: 'result', method: null })] }, 'unknown'],
    ['a batch of one', { calls: [makeCall()], batch: true }, 'ping'],
    ['a batch of two', { calls: [makeCall(), makeCall()], batch: true }, 'batch'],
  ])('the method of %s', (_, change, method) => {
    const moved = run(makeRecord(change));
    expect(moved[`mcp_requests_total{status="200",method="${method}"}`]).toBe(1);
  });

  it('a client that left before a status was sent counts as 499', () => {
    const moved = run(makeRecord({ status: 0, outcome: 'canceled' }));
    expect(moved['mcp_requests_total{status="499",method="ping"}']).toBe(1);
    expect(moved['weir_exchanges_total{method="ping",outcome="canceled",era="legacy"}']).toBe(1);
  });

  it('empty bodies have no size', () => {
    const moved = run(makeRecord({ requestBytes: 0, responseBytes: 0 }));
    expect(Object.keys(moved).filter((key) => key.includes('size_bytes'))).toEqual([]);
  });

  it('calls of a batch are counted one by one', () => {
    const moved = run(
      makeRecord({
        batch: true,
        outcome: 'tool_error',
        calls: [
          makeToolCall('a'),
          makeToolCall('a', { outcome: 'tool_error' }),
          makeToolCall('b', { outcome: 'rpc_error', errorCode: -32602 }),
          makeCall({ method: 'resources/read', target: { kind: 'resource', name: 'file:///x' } }),
          makeCall({ kind: 'notification', method: 'notifications/initialized', outcome: null }),
        ],
      }),
    );
    expect(moved).toMatchObject({
      'mcp_requests_total{status="200",method="batch"}': 1,
      'mcp_tool_calls_total{tool_name="a"}': 2,
      'mcp_tool_calls_total{tool_name="b"}': 1,
      'mcp_resource_reads_total{resource_uri="file:///{path}"}': 1,
      'mcp_request_errors_total{method="tools/call",error_code="-32602"}': 1,
      'weir_tool_calls_total{tool_name="a",outcome="ok"}': 1,
      'weir_tool_calls_total{tool_name="a",outcome="tool_error"}': 1,
      'weir_tool_calls_total{tool_name="b",outcome="rpc_error"}': 1,
    });
    expect(Object.keys(moved).some((key) => key.startsWith('weir_tool_duration'))).toBe(false);
  });

  it('a single tool call has a duration and the outcome of the exchange when it has none', () => {
    const moved = run(
      makeRecord({ calls: [makeToolCall('a', { outcome: null })], outcome: 'canceled' }),
    );
    expect(moved['weir_tool_calls_total{tool_name="a",outcome="canceled"}']).toBe(1);
    expect(moved['weir_tool_duration_seconds{tool_name="a"}:sum']).toBe(0.005);
  });

  it('only tools/call calls tools and only resources/read reads resources', () => {
    const moved = run(
      makeRecord({
        calls: [
          makeCall({ method: 'resources/subscribe', target: { kind: 'resource', name: 'x:y' } }),
          makeCall({ method: 'prompts/get', target: { kind: 'prompt', name: 'p' } }),
          makeCall({
            kind: 'notification',
            method: 'tools/call',
            target: { kind: 'tool', name: 't' },
          }),
          makeCall({ method: 'tools/call', target: null }),
        ],
      }),
    );
    expect(Object.keys(moved).filter((key) => /tool|resource/.test(key))).toEqual([]);
  });

  it('an error that belongs to no call is counted once, under the method of the exchange', () => {
    expect(
      run(makeRecord({ calls: [], errorCode: -31001, outcome: 'upstream_unreachable' })),
    ).toMatchObject({ 'mcp_request_errors_total{method="unknown",error_code="-31001"}': 1 });
    expect(
      run(makeRecord({ errorCode: -32700, strayErrorCodes: [-32700], outcome: 'rpc_error' })),
    ).toMatchObject({ 'mcp_request_errors_total{method="ping",error_code="-32700"}': 1 });
    expect(
      run(makeRecord({ errorCode: -32601, calls: [makeCall({ errorCode: -32601 })] })),
    ).toMatchObject({ 'mcp_request_errors_total{method="ping",error_code="-32601"}': 1 });
  });

  it('a GET event stream is an SSE connection and stays out of the request durations', () => {
    const record = makeRecord({
      httpMethod: 'GET',
      calls: [],
      stream: 'get',
      strayErrorCodes: [-32000],
      requestBytes: 0,
      responseBytes: 500,
      durationMs: 90_000,
    });
    expect(run(record, ['', 'message', 'endpoint', 'custom'])).toEqual({
      'mcp_requests_total{status="200",method="unknown"}': 1,
      'mcp_response_size_bytes:count': 1,
      'mcp_response_size_bytes:sum': 500,
      mcp_sse_connections_total: 1,
      'mcp_sse_connection_duration_seconds:count': 1,
      'mcp_sse_connection_duration_seconds:sum': 90,
      'mcp_sse_events_total{event_type="message"}': 2,
      'mcp_sse_events_total{event_type="endpoint"}': 1,
      'mcp_sse_events_total{event_type="custom"}': 1,
      'mcp_request_errors_total{method="sse",error_code="-32000"}': 1,
      'weir_exchanges_total{method="unknown",outcome="ok",era="legacy"}': 1,
      'weir_overhead_seconds:count': 1,
      'weir_overhead_seconds:sum': 0.0002,
      'weir_upstream_first_byte_seconds:count': 1,
      'weir_upstream_first_byte_seconds:sum': 0.003,
      'weir_stream_events_total{kind="get",event_type="message"}': 2,
      'weir_stream_events_total{kind="get",event_type="endpoint"}': 1,
      'weir_stream_events_total{kind="get",event_type="custom"}': 1,
      'weir_stream_bytes_total{direction="downstream"}': 500,
    });
  });

  it('subscriptions/listen is an SSE connection too', () => {
    const record = makeRecord({
      era: 'modern',
      stream: 'listen',
      calls: [makeCall({ method: 'subscriptions/listen' })],
    });
    expect(run(record, ['message'])).toMatchObject({
      mcp_sse_connections_total: 1,
      'mcp_sse_connection_duration_seconds:count': 1,
      'mcp_sse_events_total{event_type="message"}': 1,
      'weir_stream_events_total{kind="listen",event_type="message"}': 1,
    });
    expect(run(record)).not.toHaveProperty('mcp_request_duration_seconds:count');
  });

  it('a POST answered with an event stream is a request and touches no mcp_sse_ metric', () => {
    const record = makeRecord({ stream: 'post', calls: [makeToolCall('slow')] });
    const moved = run(record, ['message', 'message']);
    expect(Object.keys(moved).filter((key) => key.startsWith('mcp_sse_'))).toEqual([]);
    expect(moved).toMatchObject({
      'mcp_request_duration_seconds:count': 1,
      'weir_stream_events_total{kind="post",event_type="message"}': 2,
      'weir_stream_bytes_total{direction="upstream"}': 40,
      'weir_stream_bytes_total{direction="downstream"}': 36,
    });
  });

  it('a resumed stream counts as a new connection', () => {
    const { store, sink } = setUp();
    for (const sequence of [1, 2]) {
      const record = makeRecord({ sequence, stream: 'get', resumed: sequence === 2 });
      sink.started?.(toLive(record));
      sink.streamOpened?.(toLive(record));
      sink.ended(record);
    }
    expect(flatten(store.snapshot()).get('mcp_sse_connections_total')).toBe(2);
  });

  it('stream gauges go up when streams open and return to 0 however they end', () => {
    const { store, sink } = setUp();
    const kinds = ['get', 'listen', 'post'] as const;
    const records = kinds.map((stream, sequence) =>
      makeRecord({ sequence, stream, outcome: 'upstream_aborted' }),
    );
    for (const record of records) {
      sink.started?.(toLive(record));
      sink.streamOpened?.(toLive(record));
    }
    const open = flatten(store.snapshot());
    expect(open.get('mcp_sse_connections_active')).toBe(2);
    for (const kind of kinds) expect(open.get(`weir_streams_active{kind="${kind}"}`)).toBe(1);
    // One of them turned out otherwise: its gauge must come down all the same.
    for (const record of records) sink.ended({ ...record, stream: 'none' });
    // And one ended as a stream that was never announced.
    sink.started?.(toLive(makeRecord({ sequence: 9 })));
    sink.ended(makeRecord({ sequence: 9, stream: 'get' }));
    const closed = flatten(store.snapshot());
    expect(closed.get('mcp_active_connections')).toBe(0);
    expect(closed.get('mcp_sse_connections_active')).toBe(0);
    for (const kind of kinds) expect(closed.get(`weir_streams_active{kind="${kind}"}`)).toBe(0);
  });

  it('problems and refusals are counted by what they were', () => {
    const moved = run(
      makeRecord({
        outcome: 'denied',
        errorCode: -31004,
        upstreamFirstByteMs: null,
        problems: [
          { side: 'request', parser: 'jsonrpc', reason: 'malformed', offset: 3 },
          { side: 'response', parser: 'sse', reason: 'event_too_large', offset: 9 },
        ],
      }),
    );
    expect(moved).toMatchObject({
      'weir_denied_total{error_code="-31004"}': 1,
      'weir_parse_problems_total{side="request",parser="jsonrpc",reason="malformed"}': 1,
      'weir_parse_problems_total{side="response",parser="sse",reason="event_too_large"}': 1,
    });
    expect(moved).not.toHaveProperty('weir_upstream_first_byte_seconds:count');
  });

  it('hostile names stay within the label limit', () => {
    const { store, sink } = setUp({ labelLimit: 5 });
    for (let i = 0; i < 300; i++) {
      const record = makeRecord({
        sequence: i,
        stream: 'get',
        calls: [
          makeToolCall(`tool ${i}`, { errorCode: i }),
          makeCall({ method: `method ${i}`, errorCode: i }),
          makeCall({ method: 'resources/read', target: { kind: 'resource', name: `s${i}://h/` } }),
        ],
        problems: [{ side: 'request', parser: 'jsonrpc', reason: `reason ${i}`, offset: 0 }],
      });
      sink.started?.(toLive(record));
      sink.streamOpened?.(toLive(record));
      sink.streamEvent?.(toLive(record), `type ${i}`);
      sink.ended(record);
      sink.ended(makeRecord({ sequence: i + 1000, calls: [makeCall({ method: `solo ${i}` })] }));
    }
    for (const { definition, series } of store.snapshot()) {
      definition.labels.forEach((label, index) => {
        const values = new Set(series.map((item) => item.labelValues[index]));
        // The limit, _other, and at most two words of the protocol or of weir.
        expect(values.size, `${definition.name} ${label}`).toBeLessThanOrEqual(8);
      });
    }
    const values = flatten(store.snapshot());
    expect(values.get('mcp_tool_calls_total{tool_name="_other"}')).toBe(295);
  });

  it('resourceLabel decides what is shown of a URI', () => {
    const record = makeRecord({
      calls: [
        makeCall({ method: 'resources/read', target: { kind: 'resource', name: 'a://h/p?q' } }),
      ],
    });
    const shown = (resourceLabel: string) =>
      Object.keys(run(record, [], { resourceLabel })).find((key) => key.includes('resource_uri'));
    expect(shown('template')).toContain('"a://h/{path}"');
    expect(shown('scheme')).toContain('"a"');
    expect(shown('full')).toContain('"a://h/p"');
  });

  it('profiles choose which names there are', () => {
    const names = (profiles: ('operator' | 'weir')[]) =>
      new Set(
        setUp({ profiles })
          .store.snapshot()
          .map(({ definition }) => definition.name.slice(0, 4)),
      );
    expect(names(['operator'])).toEqual(new Set(['mcp_']));
    expect(names(['weir'])).toEqual(new Set(['weir']));
  });
});

import { describe, expect, it } from 'vitest';
import type { ExchangeRecord, Outcome } from '../../src/exchange/record.ts';
import { type AccessLogOptions, createAccessLogSink } from '../../src/telemetry/access-log.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { makeCall, makeRecord, makeToolCall } from './records.ts';

function log(record: ExchangeRecord, options: Partial<AccessLogOptions> = {}) {
  const lines: string[] = [];
  const write = (line: string) => lines.push(line);
  const logger = createLogger({ level: 'debug', format: 'json', write, component: 'access' });
  createAccessLogSink(logger, { service: 'svc', ...options }).ended(record);
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] as string);
}

describe('createAccessLogSink', () => {
  it('writes one entry per exchange with these keys', () => {
    const { timestamp, ...entry } = log(
      makeRecord({
        calls: [makeToolCall('echo')],
        durationMs: 5.123456,
        overheadMs: 0.1999999,
        upstreamTotalMs: 4.5,
        errorCode: -32602,
        outcome: 'rpc_error',
      }),
    );
    expect(Object.entries(entry)).toEqual([
      ['level', 'info'],
      ['component', 'access'],
      ['message', 'exchange'],
      ['service', 'svc'],
      ['tool', 'echo'],
      ['duration_ms', 5.123],
      ['client_id', null],
      ['http_method', 'POST'],
      ['path', '/mcp'],
      ['mcp_method', 'tools/call'],
      ['status', 200],
      ['outcome', 'rpc_error'],
      ['error_code', -32602],
      ['client_ip', '192.0.2.1'],
      ['request_bytes', 40],
      ['response_bytes', 36],
      ['stream', 'none'],
      ['era', 'legacy'],
      ['overhead_ms', 0.2],
      ['upstream_ms', 4.5],
    ]);
    expect(new Date(timestamp).toISOString()).toBe(timestamp);
  });

  it('a batch is a batch, and names the first tool', () => {
    const entry = log(
      makeRecord({ batch: true, calls: [makeCall(), makeToolCall('a'), makeToolCall('b')] }),
    );
    expect([entry.mcp_method, entry.tool]).toEqual(['batch', 'a']);
  });

  it('what is not known is null', () => {
    const entry = log(
      makeRecord({ calls: [], httpMethod: 'GET', clientAddress: null, upstreamTotalMs: null }),
    );
    expect([entry.mcp_method, entry.tool, entry.client_ip, entry.upstream_ms]).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });

  it('cuts a query off even when a record brings one', () => {
    expect(log(makeRecord({ path: '/message?sessionId=SECRET' })).path).toBe('/message');
    expect(log(makeRecord({ path: '/message#SECRET' })).path).toBe('/message');
  });

  it('writes nothing of ids, protocol versions or event names', () => {
    const entry = log(
      makeRecord({
        calls: [makeCall({ id: '"SECRET"' })],
        sseEvents: new Map([['SECRET', 1]]),
        serverMessages: new Map([['SECRET', 1]]),
      }),
    );
    expect(JSON.stringify(entry)).not.toContain('SECRET');
  });

  it.each<[Outcome, string]>([
    ['ok', 'info'],
    ['tool_error', 'info'],
    ['canceled', 'info'],
    ['denied', 'info'],
    ['upstream_unreachable', 'warn'],
    ['upstream_timeout', 'warn'],
    ['upstream_aborted', 'warn'],
  ])('outcome %s is logged at %s', (outcome, level) => {
    expect(log(makeRecord({ outcome })).level).toBe(level);
  });

  it('says why weir refused, and who called when that is known', () => {
    const entry = log(makeRecord({ reason: 'host is not allowed' }), { clientId: () => 'agent-7' });
    expect([entry.reason, entry.client_id]).toEqual(['host is not allowed', 'agent-7']);
  });
});

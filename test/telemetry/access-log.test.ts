import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { PolicyDecision, Principal } from '../../src/exchange/decision.ts';
import type { ExchangeRecord, Outcome } from '../../src/exchange/record.ts';
import { type AccessLogOptions, createAccessLogSink } from '../../src/telemetry/access-log.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { makeCall, makeRecord, makeToolCall } from './records.ts';

const ALICE: Principal = {
  kind: 'basic',
  subject: 'alice',
  issuer: null,
  scopes: new Set(),
  roles: new Set(),
  claims: {},
};

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

  it('every key is in docs/logging.md', () => {
    const docs = readFileSync(new URL('../../docs/logging.md', import.meta.url), 'utf8');
    const entry = log(
      makeRecord({
        outcome: 'denied',
        reason: 'r',
        trace: { traceId: 'a', serverSpanId: 'b' } as NonNullable<ExchangeRecord['trace']>,
        decisions: [{ policy: 'limits', decision: 'limit', rule: 'x', reason: 'rate' }],
      }),
    );
    expect(Object.keys(entry).filter((key) => !docs.includes(`\`${key}\``))).toEqual([]);
    expect(Object.keys(entry)).toEqual(expect.arrayContaining(['trace_id', 'rule', 'reason']));
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

  it('names the trace and the span of weir where exchanges are traced', () => {
    const trace = {
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      serverSpanId: '1111111111111111',
      clientSpanId: '2222222222222222',
      parentSpanId: null,
      sampled: false,
      traceState: null,
      links: [],
      httpVersion: '1.1',
      session: null,
    };
    const entry = log(makeRecord({ trace }));
    expect([entry.trace_id, entry.span_id]).toEqual([trace.traceId, trace.serverSpanId]);
    expect(log(makeRecord())).not.toHaveProperty('trace_id');
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

  it('says why weir refused', () => {
    const entry = log(makeRecord({ reason: 'host is not allowed' }));
    expect(entry.reason).toBe('host is not allowed');
    expect(Object.keys(entry)).not.toContain('policy');
  });

  it('names an authenticated caller, and nothing of it but the name', () => {
    const principal = { ...ALICE, claims: { jti: 'SECRET' }, roles: new Set(['SECRET']) };
    const entry = log(makeRecord({ principal }));
    expect(entry.client_id).toBe('alice');
    expect(JSON.stringify(entry)).not.toContain('SECRET');
    expect(log(makeRecord({ principal: { ...ALICE, kind: 'anonymous' } })).client_id).toBeNull();
    expect(log(makeRecord({ principal: ALICE }), { namesCallers: false }).client_id).toBeNull();
  });

  it('names the policy that refused, and the reason the caller is not told', () => {
    const entry = log(
      makeRecord({
        outcome: 'denied',
        status: 401,
        reason: 'Authentication is required',
        decisions: [
          { policy: 'limits', decision: 'allow', rule: null, reason: 'within_limits' },
          { policy: 'auth', decision: 'deny', rule: null, reason: 'wrong_password' },
        ],
      }),
    );
    expect([entry.policy, entry.decision_reason]).toEqual(['auth', 'wrong_password']);
    expect(Object.keys(entry)).not.toContain('rule');
  });

  it('names the rule or limit that refused', () => {
    const decisions: PolicyDecision[] = [
      { policy: 'auth', decision: 'allow', rule: null, reason: 'api_key' },
      { policy: 'authorize', decision: 'report', rule: 'r1', reason: 'rule' },
      { policy: 'limits', decision: 'limit', rule: 'per-minute', reason: 'rate' },
    ];
    const entry = log(makeRecord({ outcome: 'denied', decisions }));
    expect([entry.policy, entry.rule, entry.decision_reason]).toEqual([
      'limits',
      'per-minute',
      'rate',
    ]);
    const allowed = log(makeRecord({ decisions: decisions.slice(0, 2) }));
    expect(Object.keys(allowed)).not.toContain('policy');
  });
});

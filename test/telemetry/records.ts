/**
 * Exchange records for tests: a quiet one, with what matters changed.
 *
 * @module
 */

import type { ExchangeRecord, LiveExchange, RpcCall } from '../../src/exchange/record.ts';
import type { ExchangeTrace } from '../../src/exchange/trace.ts';

/** The place of an exchange in a trace that began with it. */
export const TRACE: ExchangeTrace = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  serverSpanId: '1111111111111111',
  clientSpanId: '2222222222222222',
  parentSpanId: null,
  sampled: true,
  traceState: null,
  links: [],
  httpVersion: '1.1',
  session: null,
};

/** An answered `ping`. */
export function makeRecord(changes: Partial<ExchangeRecord> = {}): ExchangeRecord {
  return {
    sequence: 1,
    startedAt: Date.UTC(2026, 10, 20),
    era: 'legacy',
    protocolVersion: '2025-11-25',
    httpMethod: 'POST',
    path: '/mcp',
    clientAddress: '192.0.2.1',
    calls: [makeCall()],
    batch: false,
    outcome: 'ok',
    status: 200,
    errorCode: null,
    strayErrorCodes: [],
    requestBytes: 40,
    responseBytes: 36,
    dispatchedAfterMs: 1,
    respondedAfterMs: 4,
    upstreamFirstByteMs: 3,
    upstreamTotalMs: 4,
    durationMs: 5,
    overheadMs: 0.2,
    stream: 'none',
    resumed: false,
    principal: null,
    decisions: [],
    sseEvents: new Map(),
    serverMessages: new Map(),
    problems: [],
    reason: null,
    trace: null,
    ...changes,
  };
}

export function makeCall(changes: Partial<RpcCall> = {}): RpcCall {
  return {
    kind: 'request',
    id: '1',
    method: 'ping',
    target: null,
    outcome: 'ok',
    errorCode: null,
    ...changes,
  };
}

export function makeToolCall(name: string, changes: Partial<RpcCall> = {}): RpcCall {
  return makeCall({ method: 'tools/call', target: { kind: 'tool', name }, ...changes });
}

/** The exchange of a record while it is under way. */
export function toLive(record: ExchangeRecord): LiveExchange {
  const { sequence, startedAt, httpMethod, path, stream } = record;
  return { sequence, startedAt, httpMethod, path, stream };
}

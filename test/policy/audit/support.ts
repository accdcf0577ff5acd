/**
 * An audit with everything in memory, and exchanges to watch.
 *
 * @module
 */

import { auditSchema } from '../../../src/config/policy/audit.ts';
import type { GuardedExchange, PolicyDecision, Principal } from '../../../src/exchange/guard.ts';
import type { RpcCall } from '../../../src/exchange/record.ts';
import type { AuditPolicy } from '../../../src/policy/audit/audit-policy.ts';
import { type AuditPorts, createAuditPolicy } from '../../../src/policy/audit/create-audit.ts';
import type { AuditRecord, JudgedExchange } from '../../../src/policy/audit/record.ts';
import type { AuditSettings } from '../../../src/policy/audit/settings.ts';
import type { AuditEntry } from '../../../src/policy/audit/sink.ts';
import { guardedExchange, legacyRequest, type RequestSketch } from '../guarded-exchange.ts';

export const legacyPing: Readonly<Record<string, unknown>> = legacyRequest('ping');

/** Settings as they would be read from weir.yaml. */
export function auditSettings(section: Readonly<Record<string, unknown>> = {}): AuditSettings {
  return auditSchema.parse(section);
}

export interface TestAudit {
  readonly audit: AuditPolicy;
  /** Lines on standard output. */
  readonly lines: string[];
  readonly dropped: Map<string, number>;
  readonly troubles: string[];
}

/** An audit that writes to memory unless `ports` say otherwise. */
export async function testAudit(
  section: Readonly<Record<string, unknown>> = {},
  ports: Partial<AuditPorts> = {},
): Promise<TestAudit> {
  const lines: string[] = [];
  const dropped = new Map<string, number>();
  const troubles: string[] = [];
  const audit = await createAuditPolicy(auditSettings(section), {
    service: 'payments',
    resource: { serviceName: 'weir', serviceVersion: '1', environment: 'test' },
    fetch: () => Promise.reject(new Error('no network here')),
    readSecret: async () => 'a key of sixteen bytes or more',
    writeLines: (text) => void lines.push(...text.split('\n').slice(0, -1)),
    openFile: null,
    random: () => 0.5,
    onDropped: (sink, count) => dropped.set(sink, (dropped.get(sink) ?? 0) + count),
    onTrouble: (sink, message) => troubles.push(`${sink}: ${message}`),
    ...ports,
  });
  return { audit, lines, dropped, troubles };
}

export type RecordSketch = Partial<JudgedExchange>;

/** What becomes of an exchange when it ends well. */
export function judgedRecord(exchange: GuardedExchange, parts: RecordSketch = {}): JudgedExchange {
  return {
    sequence: 1,
    startedAt: exchange.startedAt,
    era: 'modern',
    protocolVersion: null,
    httpMethod: exchange.head.httpMethod,
    path: exchange.head.path,
    clientAddress: exchange.head.peer,
    calls: exchange.messages.map(
      ({ envelope, target }): RpcCall => ({
        kind: envelope.kind,
        id: envelope.id,
        method: envelope.method,
        target,
        outcome: 'ok',
        errorCode: null,
      }),
    ),
    batch: exchange.batch,
    outcome: 'ok',
    status: 200,
    errorCode: null,
    strayErrorCodes: [],
    requestBytes: exchange.requestBytes,
    responseBytes: 100,
    dispatchedAfterMs: 0,
    respondedAfterMs: 1,
    upstreamFirstByteMs: 1,
    upstreamTotalMs: 2,
    durationMs: 12.34567,
    overheadMs: 0.1,
    stream: 'none',
    resumed: false,
    sseEvents: new Map(),
    serverMessages: new Map(),
    problems: [],
    reason: null,
    trace: null,
    decisions: [],
    principal: exchange.principal,
    ...parts,
  };
}

export function decision(parts: Partial<PolicyDecision> = {}): PolicyDecision {
  return { policy: 'authorize', decision: 'deny', rule: null, reason: 'no_rule', ...parts };
}

/** Runs one exchange through an audit as a gate would; `messages: false` is refused at its head. */
export async function watch(
  audit: AuditPolicy,
  sketch: RequestSketch & { principal?: Principal | null },
  parts: RecordSketch = {},
  { messages = true }: { messages?: boolean } = {},
): Promise<void> {
  const exchange = guardedExchange(sketch);
  const run = audit.open(exchange);
  await run.head?.();
  if (messages) await run.messages?.();
  const calls = messages ? {} : { calls: [] };
  run.ended?.(judgedRecord(exchange, { ...calls, ...parts }));
}

/** The records of one exchange, parsed. */
export async function recordsOf(
  section: Readonly<Record<string, unknown>>,
  sketch: RequestSketch,
  parts: RecordSketch = {},
  options: { messages?: boolean } = {},
): Promise<Record<string, unknown>[]> {
  const { audit, lines } = await testAudit(section);
  await watch(audit, sketch, parts, options);
  await audit.close();
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** A record without an exchange. */
export function auditRecord(parts: Partial<AuditRecord> = {}): AuditRecord {
  return {
    sequence: 1,
    startedAt: 1_700_000_000_000,
    durationMs: 1.5,
    service: 'payments',
    client: 'alice',
    clientKind: 'jwt',
    clientIssuer: null,
    clientAddress: '192.0.2.1',
    httpMethod: 'POST',
    path: '/mcp',
    method: 'tools/call',
    target: { kind: 'tool', name: 'echo' },
    params: '{"name":"echo"}',
    paramsTruncated: false,
    batchIndex: null,
    decision: 'allow',
    decidedBy: null,
    decisions: [],
    outcome: 'ok',
    status: 200,
    errorCode: null,
    reason: null,
    traceId: null,
    spanId: null,
    ...parts,
  };
}

/** An entry of a line, with a record beside it. */
export function auditEntry(line: string, record: AuditRecord = auditRecord()): AuditEntry {
  return { record, line, bytes: new TextEncoder().encode(line).length + 1 };
}

export { settled } from '../../delivery/held-sink.ts';

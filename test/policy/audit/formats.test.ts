import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PolicyDecision } from '../../../src/exchange/guard.ts';
import { formatRecord, writeRecord } from '../../../src/policy/audit/formats.ts';
import { type AuditRecord, decisiveOf } from '../../../src/policy/audit/record.ts';
import { LineStore, toText } from '../../../src/policy/audit/stored-lines.ts';
import { auditRecord } from './support.ts';

const decision = fc.record<PolicyDecision>({
  policy: fc.constantFrom('auth', 'limits'),
  decision: fc.constantFrom('allow', 'deny'),
  rule: fc.constantFrom(null, 'r"1'),
  reason: fc.constantFrom('rule', 'rate'),
});

/** Few values for each member, so that records that differ in one of them only do come up. */
const record = fc
  .record({
    sequence: fc.oneof(fc.nat(), fc.maxSafeNat(), fc.constantFrom(0, 9, 10, 999_999_999, 1e9)),
    startedAt: fc.constantFrom(0, 1_800_000_000_123),
    durationMs: fc.oneof(
      fc.constantFrom(0, 1.2345678, 0.001, 0.01, 0.1, 12.05, 1.999_9, 7_000, 1e9, 1e18, -0.5),
      fc.double({ min: 0, max: 100_000, noNaN: true }),
    ),
    service: fc.constantFrom('payments', 'search'),
    client: fc.constantFrom(null, 'alice', 'al\nice', 'x'.repeat(600)),
    clientKind: fc.constantFrom(null, 'basic' as const, 'jwt' as const),
    clientIssuer: fc.constantFrom(null, 'https://issuer.example'),
    clientAddress: fc.constantFrom(null, '192.0.2.1'),
    httpMethod: fc.constantFrom('POST', 'GET'),
    path: fc.constantFrom('/mcp', '/\u202e'),
    method: fc.constantFrom(null, 'tools/call', 'ping'),
    target: fc.constantFrom(
      null,
      { kind: 'tool' as const, name: 'add' },
      { kind: 'prompt' as const, name: 'add' },
      { kind: 'tool' as const, name: 'ping' },
    ),
    params: fc.constantFrom(null, '{"a":1}'),
    paramsTruncated: fc.boolean(),
    batchIndex: fc.constantFrom(null, 0, 3),
    decisions: fc.array(decision, { maxLength: 3 }),
    outcome: fc.constantFrom('ok' as const, 'denied' as const, 'rpc_error' as const),
    status: fc.constantFrom(200, 403),
    errorCode: fc.constantFrom(null, -32602),
    reason: fc.constantFrom(null, 'not allowed'),
    traceId: fc.constantFrom(null, 'a'.repeat(32)),
  })
  .map((parts) => {
    const decidedBy = decisiveOf(parts.decisions);
    return auditRecord({ ...parts, decidedBy, decision: decidedBy?.decision ?? 'allow' });
  });

const shown = (text: string | null) =>
  text !== null && text.length > 512 ? `${text.slice(0, 512)}…(${text.length - 512} more)` : text;

/** What both formats say, read from the record alone. */
function expected(given: AuditRecord): Readonly<Record<string, unknown>> {
  const { decidedBy, decisions, target } = given;
  return {
    timestamp: new Date(given.startedAt).toISOString(),
    duration_ms: Math.round(given.durationMs * 1000) / 1000,
    client_kind: given.clientKind,
    client_issuer: given.clientIssuer,
    method: given.method,
    target_kind: target?.kind ?? null,
    target: target?.name ?? null,
    decision: given.decision,
    policy: decidedBy?.policy ?? null,
    rule: decidedBy?.rule ?? null,
    decision_reason: decidedBy?.reason ?? null,
    outcome: given.outcome,
    error_code: given.errorCode,
    http_method: given.httpMethod,
    path: given.path,
    trace_id: given.traceId,
    ...(given.paramsTruncated ? { params_truncated: true } : {}),
    ...(given.batchIndex === null ? {} : { batch_index: given.batchIndex }),
    ...(decisions.length > 1 ? { decisions } : {}),
    sequence: given.sequence,
  };
}

describe('formatRecord', () => {
  it('says of each record what is in it, whatever was written before', () => {
    const formats = fc.constantFrom('short' as const, 'long' as const);
    fc.assert(
      fc.property(fc.array(fc.tuple(record, formats), { maxLength: 60 }), (given) => {
        const store = new LineStore();
        for (const [each, format] of given) {
          const line = formatRecord(each, format);
          expect(line).not.toMatch(/[\n\u202e]/);
          store.begin();
          writeRecord(each, format, store);
          expect(toText(store.end())).toBe(line);
          const tool = each.target?.kind === 'tool' ? each.target.name : null;
          const params = each.params === null ? null : JSON.parse(each.params);
          const own =
            format === 'short'
              ? {
                  client: shown(each.client),
                  service: each.service,
                  tool,
                  params,
                  status: each.status,
                  client_ip: each.clientAddress,
                  reason: each.reason,
                }
              : {
                  user_id: shown(each.client),
                  caller_ip: each.clientAddress,
                  service_name: each.service,
                  tool_name: tool,
                  action: each.method,
                  input_params: params,
                  output: null,
                  http_status: each.status,
                };
          expect(JSON.parse(line)).toMatchObject({ ...expected(each), ...own });
        }
      }),
      { numRuns: 60 },
    );
  });

  it('stays within bounds for more clients and tools than it remembers', () => {
    for (let i = 0; i < 2_000; i++) {
      const line = formatRecord(auditRecord({ client: `c${i}`, sequence: i }), 'short');
      expect(JSON.parse(line)).toMatchObject({ client: `c${i}`, sequence: i });
    }
  });
});

import { describe, expect, it } from 'vitest';
import type { ExchangeRecord } from '../../../src/exchange/record.ts';
import { Pseudonyms } from '../../../src/redact/pseudonyms.ts';
import type { Span } from '../../../src/telemetry/otlp/span.ts';
import { createTraces } from '../../../src/telemetry/trace/create-traces.ts';
import type { TraceSettings } from '../../../src/telemetry/trace/settings.ts';
import { principal } from '../../policy/guarded-exchange.ts';
import { makeRecord, makeToolCall, TRACE, toLive } from '../records.ts';

const SETTINGS: TraceSettings = {
  mode: 'on',
  propagators: ['tracecontext'],
  sampler: 'parentbased_always_on',
  samplerArg: 1,
  errors: true,
  parent: 'meta',
  rewriteMeta: false,
  content: 'off',
  maxContentBytes: 4096,
  hashKey: null,
};

function open(settings: Partial<TraceSettings> = {}) {
  const spans: Span[] = [];
  const { sink } = createTraces(
    { ...SETTINGS, ...settings },
    { host: 'h', port: 1 },
    { add: (span) => spans.push(span) },
  );
  if (sink === null) throw new Error('no sink');
  return {
    spans,
    sink,
    end: (changes: Partial<ExchangeRecord>) => sink.ended(makeRecord({ trace: TRACE, ...changes })),
  };
}

const UNSAMPLED = { ...TRACE, sampled: false };

describe('createTraces', () => {
  it('hands in the spans of exchanges that were sampled', () => {
    const { spans, end } = open();
    end({});
    end({ trace: UNSAMPLED });
    end({ trace: null });
    expect(spans.map(({ kind, traceFlags }) => [kind, traceFlags])).toEqual([
      ['server', 1],
      ['client', 1],
    ]);
  });

  it('hands in what failed although it was not sampled, flags as they were told', () => {
    const { spans, end } = open();
    end({ trace: UNSAMPLED, outcome: 'tool_error' });
    expect(spans.map(({ traceFlags, status }) => [traceFlags, status.code])).toEqual([
      [0, 'error'],
      [0, 'error'],
    ]);
  });

  it.each([
    ['switched off', { errors: false }, { outcome: 'tool_error' as const }],
    [
      'always_off is asked for',
      { sampler: 'always_off' as const },
      { outcome: 'tool_error' as const },
    ],
    ['it is a refusal', {}, { outcome: 'denied' as const, errorCode: -31008 }],
  ])('not where %s', (_, settings, record) => {
    const { spans, end } = open(settings);
    end({ trace: UNSAMPLED, ...record });
    expect(spans).toEqual([]);
  });

  it('leaves users and sessions out without a key', () => {
    const { spans, end } = open();
    end({ principal: principal({ subject: 'alice' }) });
    expect(spans[0]?.attributes).not.toHaveProperty('user.id');
    expect(JSON.stringify(spans)).not.toContain('alice');
  });

  it('shows users under the pseudonym they have in the audit, and waits for it', async () => {
    const { spans, sink, end } = open({ hashKey: 'a-key-of-16-bytes' });
    const session = new Pseudonyms('a-key-of-16-bytes').of('session');
    end({
      principal: principal({ subject: 'alice', issuer: 'idp' }),
      trace: { ...TRACE, session },
    });
    expect(spans).toEqual([]);
    await sink.settled();
    expect(spans).toHaveLength(2);
    expect(spans[0]?.attributes).toMatchObject({
      'user.id': await new Pseudonyms('a-key-of-16-bytes').of('api_key\0idp\0alice'),
      'mcp.session.id': await session,
    });
    expect(JSON.stringify(spans)).not.toContain('alice');
    // Known by now.
    end({ principal: principal({ subject: 'alice', issuer: 'idp' }) });
    expect(spans).toHaveLength(4);
    end({ principal: principal({ kind: 'anonymous', subject: 'nobody' }) });
    expect(spans[4]?.attributes).not.toHaveProperty('user.id');
  });

  it('hands in a span without names rather than none', async () => {
    const { spans, sink, end } = open();
    end({ trace: { ...TRACE, session: Promise.reject(new Error('no crypto')) } });
    await sink.settled();
    expect(spans).toHaveLength(2);
    expect(spans[0]?.attributes).not.toHaveProperty('mcp.session.id');
  });

  it('looks at bodies only where content is asked for', () => {
    expect(open().sink.requestBytes).toBeUndefined();
    expect(open().sink.responseBytes).toBeUndefined();
    const { spans, sink, end } = open({ content: 'full' });
    const calls = [makeToolCall('t')];
    const live = toLive(makeRecord({ calls }));
    const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
    sink.requestBytes?.(
      live,
      encode({ id: 1, method: 'tools/call', params: { arguments: { a: 1 } } }),
    );
    sink.responseBytes?.(live, encode({ id: 1, result: { b: 2 } }));
    end({ calls });
    expect(spans[0]?.attributes).toMatchObject({
      'gen_ai.tool.call.arguments': '{"a":1}',
      'gen_ai.tool.call.result': '{"b":2}',
    });
  });

  it('has no sink where nobody takes spans', () => {
    expect(createTraces(SETTINGS, { host: 'h', port: 1 }, null).sink).toBeNull();
  });
});

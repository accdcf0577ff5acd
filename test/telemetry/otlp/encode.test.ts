import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Attributes } from '../../../src/telemetry/otlp/attributes.ts';
import { logEncoder, metricsEncoder, spanEncoder } from '../../../src/telemetry/otlp/encode.ts';
import { toHrTime } from '../../../src/telemetry/otlp/hr-time.ts';
import type { LogRecord } from '../../../src/telemetry/otlp/log-record.ts';
import type { MetricsRequest } from '../../../src/telemetry/otlp/metric-data.ts';
import type { OtlpProtocol } from '../../../src/telemetry/otlp/settings.ts';
import type { Span } from '../../../src/telemetry/otlp/span.ts';
import { decodeRequest } from '../../otel/official.ts';
import { attributesOf, type WireRequest } from '../../otel/wire.ts';

const RESOURCE = { 'service.name': 'weir', 'service.instance.id': 'a' };
const PROTOCOLS: readonly OtlpProtocol[] = ['http/protobuf', 'http/json'];
const RUNS = { numRuns: 60 };

/** What was written, whichever way. */
function read(
  protocol: OtlpProtocol,
  signal: 'metrics' | 'traces' | 'logs',
  bytes: Uint8Array,
): WireRequest {
  return protocol === 'http/json'
    ? (JSON.parse(new TextDecoder().decode(bytes)) as WireRequest)
    : decodeRequest(signal, bytes);
}

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
const attributes: fc.Arbitrary<Attributes> = fc.dictionary(
  fc.stringMatching(/^[a-z]{1,6}\.[a-z]{1,6}$/).filter((name) => !name.includes('token')),
  fc.oneof(
    text,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.array(text, { maxLength: 3 }),
  ),
  { maxKeys: 5 },
);
const time = fc.double({ min: 1, max: 4e12, noNaN: true });
const context = fc.record({
  traceId: hex(32),
  spanId: hex(16),
  traceState: fc.option(fc.constant('vendor=1')),
  traceFlags: fc.constantFrom(0, 1, 3),
});
const span: fc.Arbitrary<Span> = fc
  .record({
    context,
    parentSpanId: fc.option(hex(16)),
    parentIsRemote: fc.boolean(),
    name: text,
    kind: fc.constantFrom('internal' as const, 'server' as const, 'client' as const),
    startMs: time,
    lasted: fc.double({ min: 0, max: 1e6, noNaN: true }),
    attributes,
    events: fc.array(fc.record({ name: text, timeMs: time, attributes }), { maxLength: 2 }),
    droppedEvents: fc.nat(9),
    links: fc.array(
      fc.tuple(context, attributes).map(([linked, of]) => ({ ...linked, attributes: of })),
      { maxLength: 2 },
    ),
    status: fc.record({
      code: fc.constantFrom('unset' as const, 'ok' as const, 'error' as const),
      message: text,
    }),
  })
  .map(({ context, lasted, ...rest }) => ({
    ...context,
    ...rest,
    endMs: rest.startMs + lasted,
  }));

const nanos = (ms: number): string => {
  const [seconds, nanoseconds] = toHrTime(ms);
  return String(BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds));
};

/** -0 is no other number on the wire of whole numbers. */
const plain = (values: Attributes): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, Object.is(value, -0) ? 0 : value]),
  );

describe.each(PROTOCOLS)('requests as %s, read with the official definitions', (protocol) => {
  it('hold spans as they were', () => {
    const encoder = spanEncoder(protocol);
    fc.assert(
      fc.property(fc.array(span, { minLength: 1, maxLength: 4 }), (spans) => {
        const { resourceSpans } = read(protocol, 'traces', encoder.encode(spans, RESOURCE));
        expect(resourceSpans).toHaveLength(1);
        expect(attributesOf(resourceSpans?.[0]?.resource.attributes)).toEqual(RESOURCE);
        expect(resourceSpans?.[0]?.scopeSpans).toHaveLength(1);
        const { scope, spans: written } = resourceSpans?.[0]?.scopeSpans[0] ?? {};
        expect(scope?.name).toBe('weir');
        expect(
          written?.map((one) => ({
            traceId: one.traceId,
            spanId: one.spanId,
            parentSpanId: one.parentSpanId ?? null,
            traceState: one.traceState ?? null,
            traceFlags: one.flags & 0xff,
            parentIsRemote: one.parentSpanId !== undefined && (one.flags & 0x200) !== 0,
            name: one.name,
            kind: ['', 'internal', 'server', 'client'][one.kind],
            start: one.startTimeUnixNano,
            end: one.endTimeUnixNano,
            attributes: attributesOf(one.attributes),
            events: (one.events ?? []).map((event) => [
              event.name,
              event.timeUnixNano,
              attributesOf(event.attributes),
            ]),
            droppedEvents: one.droppedEventsCount ?? 0,
            links: (one.links ?? []).map((link) => [
              link.traceId,
              link.spanId,
              link.traceState ?? null,
              attributesOf(link.attributes),
            ]),
            status: [one.status.code ?? 0, one.status.message ?? ''],
          })),
        ).toEqual(
          spans.map((one) => ({
            traceId: one.traceId,
            spanId: one.spanId,
            parentSpanId: one.parentSpanId,
            traceState: one.traceState,
            traceFlags: one.traceFlags,
            parentIsRemote: one.parentSpanId !== null && one.parentIsRemote,
            name: one.name,
            kind: one.kind,
            start: nanos(one.startMs),
            end: nanos(one.endMs),
            attributes: plain(one.attributes),
            events: one.events.map((event) => [
              event.name,
              nanos(event.timeMs),
              plain(event.attributes),
            ]),
            droppedEvents: one.droppedEvents,
            links: one.links.map((link) => [
              link.traceId,
              link.spanId,
              link.traceState,
              plain(link.attributes),
            ]),
            status: [{ unset: 0, ok: 1, error: 2 }[one.status.code], one.status.message],
          })),
        );
      }),
      RUNS,
    );
  });

  it('hold log records as they were', () => {
    const record: fc.Arbitrary<LogRecord> = fc.record({
      timeMs: time,
      severity: fc.constantFrom(
        'debug' as const,
        'info' as const,
        'warn' as const,
        'error' as const,
      ),
      eventName: fc.option(fc.constant('weir.exchange')),
      body: text,
      attributes,
      trace: fc.option(
        fc.record({ traceId: hex(32), spanId: hex(16), traceFlags: fc.constant(1) }),
      ),
    });
    const encoder = logEncoder(protocol);
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 4 }), (records) => {
        const { resourceLogs } = read(protocol, 'logs', encoder.encode(records, RESOURCE));
        const written = resourceLogs?.[0]?.scopeLogs[0]?.logRecords;
        expect(
          written?.map((one) => ({
            time: one.timeUnixNano,
            severity: [one.severityNumber, one.severityText],
            eventName: one.eventName ?? null,
            body: one.body.stringValue,
            attributes: attributesOf(one.attributes),
            trace: one.traceId === undefined ? null : [one.traceId, one.spanId, one.flags],
          })),
        ).toEqual(
          records.map((one) => ({
            time: nanos(one.timeMs),
            severity: [
              { debug: 5, info: 9, warn: 13, error: 17 }[one.severity],
              one.severity.toUpperCase(),
            ],
            eventName: one.eventName,
            body: one.body,
            attributes: plain(one.attributes),
            trace: one.trace === null ? null : [one.trace.traceId, one.trace.spanId, 1],
          })),
        );
      }),
      RUNS,
    );
  });

  it('hold counters as monotonic sums, gauges, and histograms with their bounds', () => {
    const bounds = [0.1, 1, 10];
    const count = fc.nat(2 ** 40);
    const value = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true });
    const series = fc.record({
      label: text.filter((label) => label !== ''),
      value,
      counts: fc.tuple(count, count, count, count),
    });
    const encoder = metricsEncoder(protocol);
    fc.assert(
      fc.property(
        fc.uniqueArray(series, { minLength: 1, maxLength: 4, selector: ({ label }) => label }),
        fc.constantFrom('cumulative' as const, 'delta' as const),
        (many, temporality) => {
          const family = (name: string, type: 'counter' | 'gauge') => ({
            definition: { name, type, help: 'Help.', labels: ['tool'], unit: 'bytes' },
            series: many.map((one) => ({ labelValues: [one.label], value: one.value })),
          });
          const request: MetricsRequest = {
            temporality,
            startMs: 1_700_000_000_000,
            timeMs: 1_700_000_010_000.5,
            families: [
              family('c_total', 'counter'),
              family('g', 'gauge'),
              {
                definition: {
                  name: 'h_seconds',
                  type: 'histogram',
                  help: 'H.',
                  labels: ['tool'],
                  unit: 'seconds',
                  buckets: bounds,
                },
                series: many.map((one) => ({
                  labelValues: [one.label],
                  value: 0,
                  bucketCounts: one.counts,
                  sum: one.value,
                })),
              },
              { definition: { name: 'e', type: 'counter', help: '', labels: [] }, series: [] },
            ],
          };
          const { resourceMetrics } = read(protocol, 'metrics', encoder.encode(request, RESOURCE));
          const [counter, gauge, histogram, ...more] =
            resourceMetrics?.[0]?.scopeMetrics[0]?.metrics ?? [];
          expect(more).toEqual([]);
          const [start, end] = ['1700000000000000000', '1700000010000500000'];
          const numbers = many.map((one) => [{ tool: one.label }, end, one.value]);
          const expectedTemporality = temporality === 'delta' ? 1 : 2;

          expect(counter).toMatchObject({ name: 'c_total', unit: 'By', description: 'Help.' });
          expect(counter?.sum).toMatchObject({
            isMonotonic: true,
            aggregationTemporality: expectedTemporality,
          });
          expect(counter?.sum?.dataPoints.map((point) => point.startTimeUnixNano)).toEqual(
            many.map(() => start),
          );
          for (const points of [counter?.sum?.dataPoints, gauge?.gauge?.dataPoints]) {
            expect(
              points?.map((point) => [
                attributesOf(point.attributes),
                point.timeUnixNano,
                point.asDouble,
              ]),
            ).toEqual(numbers);
          }
          expect(histogram?.unit).toBe('s');
          expect(histogram?.histogram?.aggregationTemporality).toBe(expectedTemporality);
          expect(
            histogram?.histogram?.dataPoints.map((point) => [
              attributesOf(point.attributes),
              point.startTimeUnixNano,
              Number(point.count),
              point.sum,
              point.bucketCounts.map(Number),
              point.explicitBounds,
            ]),
          ).toEqual(
            many.map((one) => [
              { tool: one.label },
              start,
              one.counts.reduce((sum, inBucket) => sum + inBucket, 0),
              one.value,
              one.counts,
              bounds,
            ]),
          );
        },
      ),
      RUNS,
    );
  });

  it('leave content, tokens and plain names of people behind', () => {
    const pseudonym = 'ab'.repeat(16);
    const [record] =
      read(
        protocol,
        'logs',
        logEncoder(protocol).encode(
          [
            {
              timeMs: 1,
              severity: 'info',
              eventName: null,
              body: '',
              trace: null,
              attributes: {
                'user.id': 'alice',
                'User.Account_UUID': 'u-1',
                prompt: 'tell me',
                'message.content': 'secret',
                'gen_ai.usage.input_tokens': 7,
                kept: 'yes',
                absent: null,
                missing: undefined,
              },
            },
            {
              timeMs: 1,
              severity: 'info',
              eventName: null,
              body: '',
              trace: null,
              attributes: { 'user.id': pseudonym },
            },
          ],
          RESOURCE,
        ),
      ).resourceLogs?.[0]?.scopeLogs[0]?.logRecords.map((one) => attributesOf(one.attributes)) ??
      [];
    expect(record).toEqual({ kept: 'yes' });
  });

  it('do not break on text that is not well-formed', () => {
    const bytes = spanEncoder(protocol).encode(
      [
        {
          traceId: 'a'.repeat(32),
          spanId: 'b'.repeat(16),
          traceState: null,
          traceFlags: 1,
          parentSpanId: null,
          parentIsRemote: false,
          name: 'a\ud800b',
          kind: 'server',
          startMs: 1,
          endMs: 2,
          attributes: { lone: '\udc00' },
          events: [],
          droppedEvents: 0,
          links: [],
          status: { code: 'unset', message: '' },
        },
      ],
      RESOURCE,
    );
    const [written] =
      read(protocol, 'traces', bytes).resourceSpans?.[0]?.scopeSpans[0]?.spans ?? [];
    expect(written?.name.toWellFormed()).toBe('a\ufffdb');
  });
});

describe('readRejected', () => {
  const json = (text: string) => new TextEncoder().encode(text);

  it.each([
    ['', 0],
    ['{}', 0],
    ['{"partialSuccess":{}}', 0],
    ['{"partialSuccess":{"rejectedSpans":"2"}}', 2],
    ['{"partialSuccess":{"rejectedSpans":-1}}', 0],
    ['<html>', 0],
    ['null', 0],
  ])('reads %s as %s', (answer, expected) => {
    expect(spanEncoder('http/json').readRejected(json(answer))).toBe(expected);
  });

  it('reads what collectors say in protobuf, and takes anything else for silence', () => {
    // ExportTraceServiceResponse { partial_success { rejected_spans: 3 } }
    const bytes = new Uint8Array([0x0a, 0x02, 0x08, 0x03]);
    expect(spanEncoder('http/protobuf').readRejected(bytes)).toBe(3);
    expect(logEncoder('http/protobuf').readRejected(bytes)).toBe(3);
    expect(metricsEncoder('http/protobuf').readRejected(bytes)).toBe(3);
    expect(metricsEncoder('http/protobuf').readRejected(json('<html>'))).toBe(0);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ExchangeTrace } from '../../src/exchange/trace.ts';
import {
  DeltaMerger,
  DeltaRecorder,
  mergeSnapshots,
  parseDelta,
} from '../../src/telemetry/delta.ts';
import { MemoryMetricsStore } from '../../src/telemetry/memory-store.ts';
import { createMetricsSink } from '../../src/telemetry/metrics-sink.ts';
import type { FamilySnapshot, MetricsStore } from '../../src/telemetry/metrics-store.ts';
import { renderOpenMetrics } from '../../src/telemetry/openmetrics-text.ts';
import { renderPrometheus } from '../../src/telemetry/prometheus-text.ts';
import { makeRecord } from './records.ts';

const hex = (digit: string, length: number) => digit.repeat(length);
const context = (digit: string, timestampMs = 1_700_000_000_123) => ({
  traceId: hex(digit, 32),
  spanId: hex(digit, 16),
  timestampMs,
});
const shown = (digit: string, value: string, time = '1700000000.123') =>
  ` # {trace_id="${hex(digit, 32)}",span_id="${hex(digit, 16)}"} ${value} ${time}`;

function makeStore() {
  const store = new MemoryMetricsStore();
  const counter = store
    .counter({ name: 'c_total', type: 'counter', help: 'c', labels: ['l'] })
    .with('x');
  const histogram = store
    .histogram({ name: 'h_seconds', type: 'histogram', help: 'h', labels: [], buckets: [0.1, 1] })
    .with();
  const gauge = store.gauge({ name: 'g', type: 'gauge', help: 'g', labels: [] }).with();
  return { store, counter, histogram, gauge };
}

const linesOf = (families: readonly FamilySnapshot[]) =>
  renderOpenMetrics(families)
    .split('\n')
    .filter((line) => !line.startsWith('#'));

describe('exemplars', () => {
  it('are shown with the counters and buckets they moved, in OpenMetrics', () => {
    const { store, counter, histogram, gauge } = makeStore();
    store.setExemplar(context('a'));
    counter.add(2);
    histogram.observe(0.5);
    gauge.set(7);
    store.setExemplar(context('b'));
    histogram.observe(30);
    store.setExemplar(null);
    histogram.observe(0.01);
    expect(linesOf(store.snapshot())).toEqual([
      `c_total{l="x"} 2${shown('a', '2')}`,
      'g 7',
      'h_seconds_bucket{le="0.1"} 1',
      `h_seconds_bucket{le="1.0"} 2${shown('a', '0.5')}`,
      `h_seconds_bucket{le="+Inf"} 3${shown('b', '30')}`,
      'h_seconds_sum 30.51',
      'h_seconds_count 3',
      '',
    ]);
  });

  it('are not shown in the text format 0.0.4, which has none', () => {
    const { store, counter, histogram } = makeStore();
    store.setExemplar(context('a'));
    counter.add(1);
    histogram.observe(0.5);
    expect(renderPrometheus(store.snapshot())).not.toContain('trace_id');
  });

  it('stay within the 128 characters that names and values may have', () => {
    expect(`trace_id${hex('a', 32)}span_id${hex('a', 16)}`.length).toBeLessThanOrEqual(128);
  });

  it('are the newest, and stay when something untraced moves the series', () => {
    const { store, counter } = makeStore();
    store.setExemplar(context('a', 1_000));
    counter.add(1);
    store.setExemplar(context('b', 2_000));
    counter.add(1);
    store.setExemplar(null);
    counter.add(1);
    expect(linesOf(store.snapshot())[0]).toBe(`c_total{l="x"} 3${shown('b', '1', '2.000')}`);
  });

  it('are not left behind by what is refused', () => {
    const { store, counter, histogram } = makeStore();
    store.setExemplar(context('a'));
    counter.add(-1);
    counter.add(Number.NaN);
    histogram.observe(Number.NaN);
    expect(renderOpenMetrics(store.snapshot())).not.toContain('trace_id');
  });

  it('travel with deltas, once for each, and are merged by their time', () => {
    const merger = new DeltaMerger();
    const stores = [makeStore(), makeStore()] as const;
    const recorders = stores.map(
      ({ store }, i) => new DeltaRecorder(store as MetricsStore, { source: `s${i}` }),
    );
    const send = (i: number): unknown => {
      const delta = JSON.parse(JSON.stringify(recorders[i]?.take()));
      merger.apply(parseDelta(delta), 0);
      recorders[i]?.acknowledge(delta.sequence);
      return delta;
    };
    stores[0].store.setExemplar(context('a', 2_000));
    stores[0].counter.add(1);
    stores[0].histogram.observe(0.5);
    send(0);
    stores[1].store.setExemplar(context('b', 1_000));
    stores[1].counter.add(1);
    stores[1].histogram.observe(0.5);
    stores[1].histogram.observe(0.05);
    send(1);
    stores[0].histogram.observe(5);
    const second = JSON.stringify(send(0));
    // Only the bucket that grew.
    expect(second.split('traceId')).toHaveLength(2);
    const expected = [
      `c_total{l="x"} 2${shown('a', '1', '2.000')}`,
      'g 0',
      `h_seconds_bucket{le="0.1"} 1${shown('b', '0.05', '1.000')}`,
      `h_seconds_bucket{le="1.0"} 3${shown('a', '0.5', '2.000')}`,
      `h_seconds_bucket{le="+Inf"} 4${shown('a', '5', '2.000')}`,
      'h_seconds_sum 6.05',
      'h_seconds_count 4',
      '',
    ];
    expect(linesOf(merger.snapshot(0))).toEqual(expected);
    expect(linesOf(mergeSnapshots([merger.snapshot(0)]))).toEqual(expected);
  });

  it('are not stored: a restarted merger has the numbers without them', () => {
    const { store, counter } = makeStore();
    store.setExemplar(context('a'));
    counter.add(3);
    const merger = new DeltaMerger();
    const delta = new DeltaRecorder(store, { source: 's' }).take();
    merger.apply(parseDelta(JSON.parse(JSON.stringify(delta))), 0);
    const restarted = new DeltaMerger();
    restarted.load(merger.takeChanges().put);
    expect(linesOf(restarted.snapshot(0))[0]).toBe('c_total{l="x"} 3');
  });

  it('that are none are refused: they are written out as they came', () => {
    const { store, counter, histogram } = makeStore();
    store.setExemplar(context('a'));
    counter.add(1);
    histogram.observe(1);
    const delta = JSON.stringify(new DeltaRecorder(store, { source: 's' }).take());
    for (const [from, to] of [
      [hex('a', 32), 'a\\"} 1\\nevil 1 # {'],
      [hex('a', 32), hex('A', 32)],
      ['1700000000123', '"soon"'],
      ['1700000000123', 'null'],
    ] as const) {
      expect(() => parseDelta(JSON.parse(delta.replace(from, to)))).toThrow(/exemplar/);
    }
    const few = JSON.parse(delta);
    few.families.at(-1).series[0].bucketExemplars = [null];
    expect(() => parseDelta(few)).toThrow(/exemplars/);
  });

  it('property: any series of moves shows the last traced move of each bucket', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(null, 'a', 'b', 'c'), fc.constantFrom(0.05, 0.5, 5)), {
          maxLength: 20,
        }),
        (moves) => {
          const { store, histogram } = makeStore();
          const last = new Map<number, string>();
          for (const [digit, value] of moves) {
            store.setExemplar(digit === null ? null : context(digit));
            histogram.observe(value);
            if (digit !== null) last.set(value, digit);
          }
          const buckets = linesOf(store.snapshot()).filter((line) => line.includes('_bucket'));
          for (const [at, value] of [0.05, 0.5, 5].entries()) {
            const digit = last.get(value);
            if (digit === undefined) expect(buckets[at]).not.toContain('#');
            else expect(buckets[at]).toContain(shown(digit, String(value)));
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('createMetricsSink', () => {
  const trace: ExchangeTrace = {
    traceId: hex('a', 32),
    serverSpanId: hex('a', 16),
    clientSpanId: hex('b', 16),
    parentSpanId: null,
    sampled: true,
    traceState: null,
    links: [],
    httpVersion: '1.1',
    session: null,
  };
  const rendered = (...traces: (ExchangeTrace | null)[]) => {
    const store = new MemoryMetricsStore();
    const sink = createMetricsSink(store, { version: '1', runtime: 'node', target: 'x:1' });
    for (const each of traces) {
      sink.ended(makeRecord({ trace: each, startedAt: 1_700_000_000_000, durationMs: 123 }));
    }
    return renderOpenMetrics(store.snapshot());
  };

  it('gives the trace of a recorded exchange to what it moves', () => {
    const text = rendered(trace);
    expect(text).toMatch(
      /^mcp_requests_total\{.*\} 1 # \{trace_id="a{32}",span_id="a{16}"\} 1 1700000000\.123$/m,
    );
    expect(text).toMatch(
      /^mcp_request_duration_seconds_bucket\{le="0\.25"\} 1 # .* 0\.123 1700000000\.123$/m,
    );
  });

  it('gives none of an exchange that is not recorded, and keeps the one before', () => {
    expect(rendered({ ...trace, sampled: false }, null)).not.toContain('trace_id');
    expect(rendered(trace, null)).toMatch(/^mcp_requests_total\{.*\} 2 # \{trace_id="a{32}"/m);
  });
});

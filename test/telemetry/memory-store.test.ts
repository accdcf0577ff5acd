import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryMetricsStore } from '../../src/telemetry/memory-store.ts';
import type { MetricDefinition } from '../../src/telemetry/metrics-store.ts';
import { flatten } from './snapshot-reader.ts';

const counter = (name: string, labels: string[] = []): MetricDefinition => ({
  name,
  type: 'counter',
  help: 'h',
  labels,
});

describe('MemoryMetricsStore', () => {
  it('counts, sets and observes bound series', () => {
    const store = new MemoryMetricsStore();
    const requests = store.counter(counter('a_total', ['x'])).with('1');
    requests.add(1);
    requests.add(2.5);
    const gauge = store.gauge({ name: 'g', type: 'gauge', help: 'h', labels: [] }).with();
    gauge.set(5);
    gauge.add(-7);
    expect(flatten(store.snapshot())).toEqual(
      new Map([
        ['a_total{x="1"}', 3.5],
        ['g', -2],
      ]),
    );
  });

  it('counter ignores amounts that are negative or not finite', () => {
    const store = new MemoryMetricsStore();
    const series = store.counter(counter('a_total')).with();
    for (const amount of [-1, Number.NaN, Number.POSITIVE_INFINITY, 0]) series.add(amount);
    expect(flatten(store.snapshot()).get('a_total')).toBe(0);
  });

  it('histogram puts a value equal to a bound into its bucket, and above all into the last', () => {
    const store = new MemoryMetricsStore();
    const series = store
      .histogram({ name: 'h', type: 'histogram', help: 'h', labels: [], buckets: [1, 2.5] })
      .with();
    for (const value of [-1, 1, 1.000001, 2.5, 2.6, 1e9]) series.observe(value);
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) series.observe(value);
    const [snapshot] = store.snapshot()[0]?.series ?? [];
    expect(snapshot?.bucketCounts).toEqual([2, 2, 2]);
    expect(snapshot?.sum).toBeCloseTo(1e9 + 6.100001, 5);
  });

  it('histogram agrees with a plain search for any bounds and values', () => {
    const bounds = fc
      .uniqueArray(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 20 })
      .map((list) => list.map((item) => item + 0).sort((a, b) => a - b))
      .filter((list) => list.every((item, index) => index === 0 || item > (list[index - 1] ?? 0)));
    fc.assert(
      fc.property(
        bounds,
        fc.array(fc.double({ min: -2e6, max: 2e6, noNaN: true })),
        (buckets, values) => {
          const store = new MemoryMetricsStore();
          const series = store
            .histogram({ name: 'h', type: 'histogram', help: 'h', labels: [], buckets })
            .with();
          const expected = new Array<number>(buckets.length + 1).fill(0);
          for (const value of values) {
            series.observe(value);
            const found = buckets.findIndex((bound) => value <= bound);
            const index = found === -1 ? buckets.length : found;
            expected[index] = (expected[index] ?? 0) + 1;
          }
          expect(store.snapshot()[0]?.series[0]?.bucketCounts).toEqual(expected);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('returns the same series for the same label values and different ones for different', () => {
    const store = new MemoryMetricsStore();
    const family = store.counter(counter('a_total', ['a', 'b']));
    expect(family.with('x|', 'y')).not.toBe(family.with('x', '|y'));
    const values = fc.string({
      unit: fc.constantFrom('a', '|', ',', '"', '1', ':', '\u0000'),
      maxLength: 4,
    });
    fc.assert(
      fc.property(values, values, values, values, (a, b, c, d) => {
        expect(family.with(a, b) === family.with(c, d)).toBe(a === c && b === d);
      }),
      { numRuns: 300 },
    );
  });

  it('folds strings that UTF-8 writes alike into one series', () => {
    const store = new MemoryMetricsStore();
    const family = store.counter(counter('a_total', ['a']));
    family.with('\ud800').add(1);
    family.with('\ufffd').add(1);
    expect(flatten(store.snapshot())).toEqual(new Map([['a_total{a="\ufffd"}', 2]]));
  });

  it('snapshot has a stable order whatever the order of first use', () => {
    const names = (order: string[]) => {
      const store = new MemoryMetricsStore();
      for (const item of order) {
        store.counter(counter(`m_${item}_total`, ['l']));
        for (const value of order) store.counter(counter(`m_${item}_total`, ['l'])).with(value);
      }
      return [...flatten(store.snapshot()).keys()];
    };
    expect(names(['b', 'a', 'c'])).toEqual(names(['c', 'b', 'a']));
    expect(names(['b', 'a'])[0]).toBe('m_a_total{l="a"}');
  });

  it('snapshot is a copy', () => {
    const store = new MemoryMetricsStore();
    const series = store
      .histogram({ name: 'h', type: 'histogram', help: 'h', labels: [], buckets: [1] })
      .with();
    const before = store.snapshot();
    series.observe(0.5);
    expect(before[0]?.series[0]?.bucketCounts).toEqual([0, 0]);
  });

  it('snapshot calls collectors first', () => {
    const store = new MemoryMetricsStore();
    const gauge = store.gauge({ name: 'g', type: 'gauge', help: 'h', labels: [] }).with();
    let reads = 0;
    store.onSnapshot(() => gauge.set(++reads));
    store.snapshot();
    expect(flatten(store.snapshot()).get('g')).toBe(2);
  });

  it('declares a family once and refuses another under its name', () => {
    const store = new MemoryMetricsStore();
    store
      .counter(counter('a_total', ['x']))
      .with('1')
      .add(1);
    store
      .counter({ ...counter('a_total', ['x']), help: 'other words' })
      .with('1')
      .add(1);
    expect(flatten(store.snapshot()).get('a_total{x="1"}')).toBe(2);
    expect(() => store.counter(counter('a_total', ['y']))).toThrow(TypeError);
    expect(() => store.gauge({ ...counter('a_total', ['x']), type: 'gauge' })).toThrow(TypeError);
  });

  it.each<[string, Partial<MetricDefinition>]>([
    ['name', { name: 'a b' }],
    ['label name', { labels: ['a-b'] }],
    ['reserved label', { labels: ['__name__'] }],
    ['label twice', { labels: ['a', 'a'] }],
    ['le on a histogram', { type: 'histogram', buckets: [1], labels: ['le'] }],
    ['no buckets', { type: 'histogram' }],
    ['descending buckets', { type: 'histogram', buckets: [2, 1] }],
    ['infinite bucket', { type: 'histogram', buckets: [1, Number.POSITIVE_INFINITY] }],
    ['buckets on a counter', { buckets: [1] }],
  ])('refuses a definition with a bad %s', (_, change) => {
    const store = new MemoryMetricsStore();
    const definition = { ...counter('a_total'), ...change };
    const declare = definition.type === 'histogram' ? 'histogram' : 'counter';
    expect(() => store[declare](definition)).toThrow(TypeError);
  });

  it('refuses the wrong number of label values', () => {
    const family = new MemoryMetricsStore().counter(counter('a_total', ['a', 'b']));
    expect(() => family.with('x')).toThrow('got 1 label values, expected 2');
  });

  it('counts combinations beyond the bound in one _other series and keeps the total', () => {
    const store = new MemoryMetricsStore({ maxSeriesPerFamily: 10 });
    const family = store.counter(counter('a_total', ['a', 'b']));
    for (let i = 0; i < 1000; i++) family.with(`${i % 40}`, `${i}`).add(1);
    family.with('_other', '_other').add(1);
    family.with('0', '0').add(1);
    const values = flatten(store.snapshot());
    expect(values.size).toBe(11);
    expect(values.get('a_total{a="0",b="0"}')).toBe(2);
    expect(values.get('a_total{a="_other",b="_other"}')).toBe(991);
  });
});

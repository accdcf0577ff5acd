import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SEQUENCE_WINDOW, SequenceWindow } from '../../src/telemetry/delta/sequence-window.ts';
import {
  DeltaMerger,
  type DeltaMergerOptions,
  DeltaRecorder,
  type MergerEntry,
  type MetricsDelta,
  mergeSnapshots,
  parseDelta,
} from '../../src/telemetry/delta.ts';
import { MemoryMetricsStore } from '../../src/telemetry/memory-store.ts';
import type { FamilySnapshot } from '../../src/telemetry/metrics-store.ts';
import { flatten } from './snapshot-reader.ts';

const NOW = Date.UTC(2026, 10, 20);

/** One isolate: a counter with a label, a histogram, a summed gauge and an info gauge. */
class Isolate {
  readonly store: MemoryMetricsStore = new MemoryMetricsStore();
  readonly recorder: DeltaRecorder;
  readonly #hits = this.store.counter({
    name: 'hits_total',
    type: 'counter',
    help: 'h',
    labels: ['tool_name'],
  });
  readonly #sizes = this.store
    .histogram({ name: 'sizes', type: 'histogram', help: 'h', labels: [], buckets: [1, 10] })
    .with();
  readonly active = this.store
    .gauge({ name: 'active', type: 'gauge', help: 'h', labels: [] })
    .with();

  constructor(source: string) {
    this.recorder = new DeltaRecorder(this.store, { source });
    this.store
      .gauge({ name: 'info', type: 'gauge', help: 'h', labels: ['version'], merge: 'max' })
      .with('1')
      .set(1);
  }

  hit(name: string, amount = 1): void {
    this.#hits.with(name).add(amount);
  }

  observe(value: number): void {
    this.#sizes.observe(value);
  }

  /** A delta as it goes over the wire. */
  cut(): string | null {
    const delta = this.recorder.take();
    return delta === null ? null : JSON.stringify(delta);
  }
}

function read(text: string): MetricsDelta {
  return parseDelta(JSON.parse(text));
}

/** A merger with the storage behind it, as a Durable Object would hold them. */
class Shard {
  readonly #options: DeltaMergerOptions;
  readonly storage: Map<string, string> = new Map();
  merger: DeltaMerger;

  constructor(options: DeltaMergerOptions = {}) {
    this.#options = options;
    this.merger = new DeltaMerger(options);
  }

  apply(text: string, now = NOW): void {
    this.merger.apply(read(text), now);
    this.persist();
  }

  persist(): void {
    const changes = this.merger.takeChanges();
    for (const [key, value] of changes.put) this.storage.set(key, JSON.stringify(value));
    for (const key of changes.delete) this.storage.delete(key);
  }

  restart(options: DeltaMergerOptions = this.#options): void {
    this.merger = new DeltaMerger(options);
    this.merger.load(
      Array.from(this.storage, ([key, value]): MergerEntry => [key, JSON.parse(value)]),
    );
  }
}

function totals(families: readonly FamilySnapshot[]): Record<string, number> {
  return Object.fromEntries(flatten(families));
}

describe('DeltaRecorder', () => {
  it('sends changes since the last acknowledged delta, and null when there are none', () => {
    const isolate = new Isolate('a');
    isolate.hit('x', 2);
    const first = isolate.recorder.take();
    expect(first).toMatchObject({ version: 1, source: 'a', sequence: 1 });
    expect(totals(first?.families ?? [])).toMatchObject({ 'hits_total{tool_name="x"}': 2 });
    expect(isolate.recorder.acknowledge(1)).toBe(true);
    expect(isolate.recorder.take()).toBeNull();
    isolate.hit('x', 3);
    isolate.hit('y');
    isolate.observe(5);
    const second = isolate.recorder.take();
    expect(second?.sequence).toBe(2);
    expect(totals(second?.families ?? [])).toEqual({
      'hits_total{tool_name="x"}': 3,
      'hits_total{tool_name="y"}': 1,
      'sizes:count': 1,
      'sizes:sum': 5,
      active: 0,
      'info{version="1"}': 1,
    });
  });

  it('resends the same delta until it is acknowledged, without later counts', () => {
    const isolate = new Isolate('a');
    isolate.hit('x');
    const first = isolate.cut();
    isolate.hit('x');
    expect(isolate.cut()).toBe(first);
    expect(isolate.recorder.acknowledge(2)).toBe(false);
    expect(isolate.cut()).toBe(first);
    isolate.recorder.acknowledge(1);
    expect(totals(isolate.recorder.take()?.families ?? [])['hits_total{tool_name="x"}']).toBe(1);
  });

  it('discard gives the refused counts up and goes on', () => {
    const isolate = new Isolate('a');
    isolate.hit('x', 5);
    isolate.recorder.take();
    isolate.hit('x', 1);
    expect(isolate.recorder.discard(1)).toBe(true);
    expect(totals(isolate.recorder.take()?.families ?? [])['hits_total{tool_name="x"}']).toBe(1);
  });

  it('keeps speaking while a summed gauge is above zero', () => {
    const isolate = new Isolate('a');
    isolate.active.set(1);
    for (const sequence of [1, 2, 3]) {
      expect(isolate.recorder.take()?.sequence).toBe(sequence);
      isolate.recorder.acknowledge(sequence);
    }
    isolate.active.set(0);
    expect(totals(isolate.recorder.take()?.families ?? []).active).toBe(0);
    isolate.recorder.acknowledge(4);
    expect(isolate.recorder.take()).toBeNull();
  });

  it('refuses an id that a receiver would refuse', () => {
    for (const source of ['', 'a b', 'x'.repeat(65)]) {
      expect(() => new DeltaRecorder(new MemoryMetricsStore(), { source })).toThrow(TypeError);
    }
  });
});

describe('parseDelta', () => {
  const good = () => {
    const isolate = new Isolate('a');
    isolate.hit('x');
    return JSON.parse(isolate.cut() as string);
  };

  it('reads what a recorder wrote, and keeps only known members', () => {
    const delta = good();
    delta.extra = 1;
    delta.families[0].definition.extra = 1;
    delta.families[0].series[0].extra = 1;
    expect(JSON.stringify(parseDelta(delta))).not.toContain('extra');
    expect(parseDelta(good())).toEqual(good());
  });

  it.each<[string, (delta: ReturnType<typeof good>) => void]>([
    ['version', (delta) => (delta.version = 2)],
    ['source', (delta) => (delta.source = '../x')],
    ['sequence 0', (delta) => (delta.sequence = 0)],
    ['sequence 1.5', (delta) => (delta.sequence = 1.5)],
    ['families', (delta) => (delta.families = {})],
    ['too many families', (delta) => (delta.families = new Array(257).fill(delta.families[0]))],
    ['metric name', (delta) => (delta.families[0].definition.name = 'a b')],
    ['type', (delta) => (delta.families[0].definition.type = 'summary')],
    ['help', (delta) => (delta.families[0].definition.help = 'x'.repeat(1001))],
    ['labels', (delta) => (delta.families[0].definition.labels = ['__proto__'])],
    ['label count', (delta) => delta.families[1].series[0].labelValues.push('y')],
    ['label value', (delta) => (delta.families[1].series[0].labelValues = [1])],
    ['long label value', (delta) => (delta.families[1].series[0].labelValues = ['x'.repeat(1025)])],
    ['negative counter', (delta) => (delta.families[1].series[0].value = -1)],
    ['value null', (delta) => (delta.families[0].series[0].value = null)],
    ['bucket counts', (delta) => delta.families[3].series[0].bucketCounts.push(1)],
    ['bucket count', (delta) => (delta.families[3].series[0].bucketCounts[0] = 0.5)],
    ['sum', (delta) => (delta.families[3].series[0].sum = '1')],
    ['series', (delta) => (delta.families[3].series = new Array(20_001).fill(delta))],
  ])('refuses a bad %s in one line', (_, spoil) => {
    const delta = good();
    spoil(delta);
    expect(() => parseDelta(delta)).toThrow(/^Cannot read metrics delta: [^\n]+$/);
  });

  it.each([null, 1, 'x', [], {}])('refuses %j', (value) => {
    expect(() => parseDelta(value)).toThrow(TypeError);
  });

  it('never throws anything but TypeError, whatever the input', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (value, definition) => {
        for (const input of [value, { ...good(), families: [{ definition, series: [value] }] }]) {
          try {
            parseDelta(input);
          } catch (error) {
            expect(error).toBeInstanceOf(TypeError);
            expect((error as Error).message).toMatch(/^Cannot read metrics delta/);
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('SequenceWindow', () => {
  it('accepts each number once, in any order within the window', () => {
    const order = fc.shuffledSubarray(Array.from({ length: 60 }, (_, i) => i + 1));
    fc.assert(
      fc.property(order, (numbers) => {
        const window = new SequenceWindow();
        expect(numbers.map((number) => window.accept(number))).toEqual(numbers.map(() => true));
        const { floor, above } = window.toState();
        const restored = new SequenceWindow(floor, above);
        expect(numbers.map((number) => restored.accept(number))).toEqual(numbers.map(() => false));
      }),
      { numRuns: 100 },
    );
  });

  it('stays bounded behind a gap, and gives the gap up rather than count twice', () => {
    const window = new SequenceWindow();
    for (let i = 2; i < 10_000; i++) expect(window.accept(i)).toBe(true);
    expect(window.toState().above.length).toBeLessThanOrEqual(SEQUENCE_WINDOW);
    expect(window.accept(1)).toBe(false);
    expect(window.accept(9_999)).toBe(false);
  });
});

describe('DeltaMerger', () => {
  it('adds up sources: counters and histograms sum, gauges by their definition', () => {
    const shard = new Shard();
    for (const [source, amount] of [
      ['a', 1],
      ['b', 10],
    ] as const) {
      const isolate = new Isolate(source);
      isolate.hit('x', amount);
      isolate.observe(amount);
      isolate.active.set(amount);
      shard.apply(isolate.cut() as string);
    }
    expect(totals(shard.merger.snapshot(NOW))).toEqual({
      'hits_total{tool_name="x"}': 11,
      'sizes:count': 2,
      'sizes:sum': 11,
      active: 11,
      'info{version="1"}': 1,
    });
  });

  it('tells duplicates from new deltas', () => {
    const isolate = new Isolate('a');
    isolate.hit('x');
    const delta = read(isolate.cut() as string);
    const merger = new DeltaMerger();
    expect(merger.apply(delta, NOW).applied).toBe(true);
    expect(merger.apply(delta, NOW).applied).toBe(false);
    expect(totals(merger.snapshot(NOW))['hits_total{tool_name="x"}']).toBe(1);
  });

  it('an older delta does not bring old gauges back', () => {
    const isolate = new Isolate('a');
    isolate.active.set(5);
    const first = isolate.cut() as string;
    isolate.recorder.acknowledge(1);
    isolate.active.set(2);
    isolate.hit('x');
    const merger = new DeltaMerger();
    merger.apply(read(isolate.cut() as string), NOW);
    merger.apply(read(first), NOW);
    expect(totals(merger.snapshot(NOW)).active).toBe(2);
  });

  it('drops the gauges of a source that fell silent and keeps its counts', () => {
    const shard = new Shard({ gaugeTtlMs: 1000 });
    const gone = new Isolate('gone');
    gone.hit('x', 3);
    gone.active.set(3);
    shard.apply(gone.cut() as string, NOW);
    const alive = new Isolate('alive');
    alive.active.set(1);
    shard.apply(alive.cut() as string, NOW + 1001);
    expect(totals(shard.merger.snapshot(NOW + 1001))).toMatchObject({
      'hits_total{tool_name="x"}': 3,
      active: 1,
    });
    shard.persist();
    shard.restart();
    // Even by a clock that is behind: dropped is dropped.
    expect(totals(shard.merger.snapshot(NOW)).active).toBe(1);
  });

  it('remembers a bounded number of sources; the counts of forgotten ones stay', () => {
    const shard = new Shard({ maxSources: 10 });
    for (let i = 0; i < 100; i++) {
      const isolate = new Isolate(`s${i}`);
      isolate.hit('x');
      isolate.active.set(1);
      shard.apply(isolate.cut() as string, NOW + i);
    }
    const expected = { 'hits_total{tool_name="x"}': 100, active: 10 };
    expect(totals(shard.merger.snapshot(NOW + 100))).toMatchObject(expected);
    expect([...shard.storage.keys()].filter((key) => key.includes(':source:'))).toHaveLength(10);
    shard.restart();
    expect(totals(shard.merger.snapshot(NOW + 100))).toMatchObject(expected);
  });

  it('caps labels over all sources, MCP methods passing', () => {
    const merger = new DeltaMerger({ labelLimit: 5 });
    for (let i = 0; i < 50; i++) {
      const store = new MemoryMetricsStore();
      const family = store.counter({
        name: 'm_total',
        type: 'counter',
        help: 'h',
        labels: ['method', 'tool_name'],
      });
      family.with('tools/call', `tool ${i}`).add(1);
      family.with(`stranger ${i}`, 'x'.repeat(200)).add(1);
      merger.apply(parseDelta(new DeltaRecorder(store, { source: `s${i}` }).take()), NOW);
    }
    const [family] = merger.snapshot(NOW);
    const column = (index: number) => new Set(family?.series.map((s) => s.labelValues[index]));
    expect(column(0).size).toBe(7);
    expect(column(0)).toContain('tools/call');
    expect(column(1).size).toBe(6);
    expect(family?.series.reduce((sum, { value }) => sum + value, 0)).toBe(100);
  });

  it('bounds the gauges of one source', () => {
    const store = new MemoryMetricsStore();
    const family = store.gauge({ name: 'g', type: 'gauge', help: 'h', labels: ['l'] });
    for (let i = 0; i < 5000; i++) family.with(`${i}`).set(1);
    const shard = new Shard();
    shard.apply(JSON.stringify(new DeltaRecorder(store, { source: 'a' }).take()));
    const [, value] = [...shard.storage].find(([key]) => key.includes(':source:')) ?? [];
    expect(value?.length).toBeLessThan(50_000);
    expect(shard.merger.snapshot(NOW)[0]?.series.length).toBeLessThanOrEqual(201);
  });

  it('leaves a family of another shape out and says so', () => {
    const make = (source: string, buckets: number[]) => {
      const store = new MemoryMetricsStore();
      store
        .histogram({ name: 'h', type: 'histogram', help: 'h', labels: [], buckets })
        .with()
        .observe(1);
      return parseDelta(new DeltaRecorder(store, { source }).take());
    };
    const merger = new DeltaMerger();
    expect(merger.apply(make('a', [1, 2]), NOW).skipped).toEqual([]);
    expect(merger.apply(make('b', [1, 3]), NOW).skipped).toEqual(['h']);
    expect(totals(merger.snapshot(NOW))['h:count']).toBe(1);
  });

  it('entries() is the whole state, and load() takes it back in any order', () => {
    const shard = new Shard();
    const isolate = new Isolate('a');
    for (let i = 0; i < 20; i++) isolate.hit(`tool ${i}`, i + 1);
    isolate.observe(0.5);
    isolate.active.set(2);
    shard.apply(isolate.cut() as string);
    const entries = [...shard.merger.entries()];
    expect(new Map(entries.map(([key, value]) => [key, JSON.stringify(value)]))).toEqual(
      shard.storage,
    );
    const restored = new DeltaMerger();
    restored.load(entries.reverse());
    expect(restored.snapshot(NOW)).toEqual(shard.merger.snapshot(NOW));
    expect(restored.apply(read(isolate.cut() as string), NOW).applied).toBe(false);
  });

  it('load() leaves alone what it cannot read', () => {
    const shard = new Shard();
    const isolate = new Isolate('a');
    isolate.hit('x');
    shard.apply(isolate.cut() as string);
    const merger = new DeltaMerger();
    merger.load([
      ['other', 1],
      ['metrics1:family:x', { name: 'a b' }],
      ['metrics1:series:hits_total:1', { labelValues: [1], value: 'x' }],
      ['metrics1:series:nowhere:0', { labelValues: [], value: 1 }],
      ['metrics1:series:hits_total:-1', null],
      ['metrics1:source:a b', {}],
      ['metrics1:source:b', { floor: 'x' }],
      [
        'metrics1:source:c',
        {
          floor: 0,
          above: [],
          seenAt: NOW,
          gaugeSequence: 0,
          gauges: [null, { family: 'active' }],
        },
      ],
      ...shard.merger.entries(),
    ]);
    expect(merger.snapshot(NOW)).toEqual(shard.merger.snapshot(NOW));
  });

  it('a restart with a lower label limit folds series together, once', () => {
    const shard = new Shard();
    const isolate = new Isolate('a');
    for (let i = 0; i < 10; i++) isolate.hit(`tool ${i}`);
    shard.apply(isolate.cut() as string);
    const sum = () =>
      shard.merger
        .snapshot(NOW)
        .find(({ definition }) => definition.name === 'hits_total')
        ?.series.reduce((total, { value }) => total + value, 0);
    for (let i = 0; i < 3; i++) {
      shard.restart({ labelLimit: 3 });
      shard.persist();
      expect(sum()).toBe(10);
    }
    expect(
      [...shard.storage.keys()].filter((key) => key.includes(':series:hits_total')),
    ).toHaveLength(4);
  });

  it('writes only what a delta moved', () => {
    const merger = new DeltaMerger();
    const isolate = new Isolate('a');
    isolate.hit('x');
    isolate.hit('y');
    merger.apply(read(isolate.cut() as string), NOW);
    merger.takeChanges();
    isolate.recorder.acknowledge(1);
    isolate.hit('y');
    merger.apply(read(isolate.cut() as string), NOW);
    expect(merger.takeChanges().put.map(([key]) => key)).toEqual([
      'metrics1:series:hits_total:1',
      'metrics1:source:a',
    ]);
    expect(merger.takeChanges()).toEqual({ put: [], delete: [] });
  });
});

/** What can happen between isolates and their shard. Numbers pick a source or a message. */
const event = fc.oneof(
  fc.record({ do: fc.constant('count' as const), pick: fc.nat(2), amount: fc.nat(5) }),
  fc.record({ do: fc.constant('send' as const), pick: fc.nat(2) }),
  fc.record({ do: fc.constantFrom('deliver', 'repeat', 'lose', 'crash'), pick: fc.nat(50) }),
  fc.record({ do: fc.constantFrom('ack', 'loseAck'), pick: fc.nat(50) }),
  fc.record({ do: fc.constant('restart' as const) }),
);

describe('DeltaRecorder and DeltaMerger', () => {
  it('totals are exact after any duplicates, reorders, losses, resends, crashes and restarts', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 80 }), (events) => {
        const isolates = ['a', 'b', 'c'].map((source) => new Isolate(source));
        const shard = new Shard();
        const messages: string[] = [];
        const acks: { source: string; sequence: number }[] = [];
        let hits = 0;
        const takeFrom = <T>(list: T[], pick: number) => list.splice(pick % list.length, 1)[0] as T;
        const deliver = (text: string) => {
          shard.apply(text);
          const { source, sequence } = read(text);
          acks.push({ source, sequence });
        };
        const acknowledge = (ack: { source: string; sequence: number }) =>
          isolates[['a', 'b', 'c'].indexOf(ack.source)]?.recorder.acknowledge(ack.sequence);

        for (const step of events) {
          if (step.do === 'count') {
            isolates[step.pick]?.hit(`tool ${step.amount}`, step.amount);
            isolates[step.pick]?.observe(step.amount);
            hits += step.amount;
          } else if (step.do === 'send') {
            const text = isolates[step.pick]?.cut();
            if (text) messages.push(text);
          } else if (step.do === 'restart') {
            shard.restart();
          } else if (step.do === 'ack' || step.do === 'loseAck') {
            if (acks.length === 0) continue;
            const ack = takeFrom(acks, step.pick);
            if (step.do === 'ack') acknowledge(ack);
          } else if (messages.length > 0) {
            const text = messages[step.pick % messages.length] as string;
            if (step.do !== 'repeat') takeFrom(messages, step.pick);
            if (step.do === 'deliver' || step.do === 'repeat') deliver(text);
            if (step.do === 'crash') {
              // Applied in memory, gone before it was stored: it must not be acknowledged.
              shard.merger.apply(read(text), NOW);
              shard.restart();
            }
          }
        }
        // The storm is over: everything still to be said is said, old messages included.
        for (const text of messages) deliver(text);
        for (const isolate of isolates) {
          for (let text = isolate.cut(); text !== null; text = isolate.cut()) {
            deliver(text);
            isolate.recorder.acknowledge(read(text).sequence);
          }
        }
        shard.restart();

        const expected = mergeSnapshots(isolates.map((isolate) => isolate.store.snapshot()));
        // A family nobody has used has nothing to send.
        expect(shard.merger.snapshot(NOW)).toEqual(
          expected.filter(({ series }) => series.length > 0),
        );
        const sum = totals(shard.merger.snapshot(NOW))['sizes:sum'];
        expect(sum).toBe(hits);
      }),
      { numRuns: 150 },
    );
  });

  it('deltas sent ahead of their acknowledgements add up in any order', () => {
    const deltas: string[] = [];
    const isolate = new Isolate('a');
    for (let i = 1; i <= 20; i++) {
      isolate.hit('x', i);
      deltas.push(isolate.cut() as string);
      isolate.recorder.acknowledge(i);
    }
    fc.assert(
      fc.property(fc.shuffledSubarray([...deltas, ...deltas], { minLength: 40 }), (order) => {
        const shard = new Shard();
        order.forEach((text, index) => {
          shard.apply(text);
          if (index % 7 === 0) shard.restart();
        });
        expect(totals(shard.merger.snapshot(NOW))['hits_total{tool_name="x"}']).toBe(210);
      }),
      { numRuns: 50 },
    );
  });
});

describe('mergeSnapshots', () => {
  it('adds shards up and caps labels again', () => {
    const shards = ['a', 'b', 'c'].map((source, index) => {
      const isolate = new Isolate(source);
      isolate.hit('x', index + 1);
      isolate.hit(`only ${source}`);
      isolate.observe(20);
      isolate.active.set(-1);
      return isolate.store.snapshot();
    });
    expect(totals(mergeSnapshots(shards, { labelLimit: 2 }))).toEqual({
      'hits_total{tool_name="_other"}': 2,
      'hits_total{tool_name="only a"}': 1,
      'hits_total{tool_name="x"}': 6,
      'sizes:count': 3,
      'sizes:sum': 60,
      active: -3,
      'info{version="1"}': 1,
    });
  });

  it('is the snapshot itself for one shard, and empty for none', () => {
    const isolate = new Isolate('a');
    isolate.hit('x');
    expect(mergeSnapshots([isolate.store.snapshot()])).toEqual(isolate.store.snapshot());
    expect(mergeSnapshots([])).toEqual([]);
  });

  it('does not add families of different shapes', () => {
    const family = (labels: string[]): FamilySnapshot => ({
      definition: { name: 'm', type: 'gauge', help: 'h', labels },
      series: [{ labelValues: labels, value: 1 }],
    });
    expect(totals(mergeSnapshots([[family(['a'])], [family(['a', 'b'])]]))).toEqual({
      'm{a="a"}': 1,
    });
  });
});

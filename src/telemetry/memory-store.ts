/**
 * The metrics store in memory: one object per series, bound once and then moved without a lookup.
 *
 * @module
 */

import { findDefinitionFault, isSameShape } from './definition.ts';
import type {
  CounterSeries,
  ExemplarContext,
  Family,
  FamilySnapshot,
  GaugeSeries,
  HistogramSeries,
  MetricDefinition,
  MetricsStore,
  MetricType,
} from './metrics-store.ts';
import { Counter, type ExemplarSlot, Gauge, Histogram } from './series.ts';
import { DEFAULT_MAX_SERIES, SeriesTable } from './series-table.ts';

export interface MemoryMetricsStoreOptions {
  /**
   * Most series of one family; further combinations of label values are counted in one series
   * whose values all are `_other`. Default 10 000.
   */
  maxSeriesPerFamily?: number;
}

class MemoryFamily<S extends Counter | Gauge | Histogram> implements Family<S> {
  readonly definition: MetricDefinition;
  readonly #table: SeriesTable<S>;

  constructor(definition: MetricDefinition, create: () => S, maxSeries: number) {
    this.definition = definition;
    this.#table = new SeriesTable(definition.labels.length, create, maxSeries);
    // A family without labels is one series, and it is there from the start.
    if (definition.labels.length === 0) this.#table.get([]);
  }

  with(...labelValues: string[]): S {
    return this.#table.get(labelValues);
  }

  snapshot(): FamilySnapshot {
    return {
      definition: this.definition,
      series: this.#table.sorted().map(({ labelValues, series }) => series.snapshot(labelValues)),
    };
  }
}

export class MemoryMetricsStore implements MetricsStore {
  readonly #families: Map<string, MemoryFamily<Counter | Gauge | Histogram>> = new Map();
  readonly #collectors: (() => void)[] = [];
  readonly #maxSeries: number;
  readonly #exemplar: ExemplarSlot = { current: null };

  constructor(options: MemoryMetricsStoreOptions = {}) {
    this.#maxSeries = options.maxSeriesPerFamily ?? DEFAULT_MAX_SERIES;
  }

  counter(definition: MetricDefinition): Family<CounterSeries> {
    return this.#declare('counter', definition, () => new Counter(this.#exemplar));
  }

  gauge(definition: MetricDefinition): Family<GaugeSeries> {
    return this.#declare('gauge', definition, () => new Gauge());
  }

  histogram(definition: MetricDefinition): Family<HistogramSeries> {
    return this.#declare(
      'histogram',
      definition,
      () => new Histogram(definition.buckets ?? [], this.#exemplar),
    );
  }

  setExemplar(context: ExemplarContext | null): void {
    this.#exemplar.current = context;
  }

  onSnapshot(collect: () => void): void {
    this.#collectors.push(collect);
  }

  /** Families by name, series by label values: two snapshots never differ in order. */
  snapshot(): readonly FamilySnapshot[] {
    for (const collect of this.#collectors) collect();
    return Array.from(this.#families.values(), (family) => family.snapshot()).sort((a, b) =>
      a.definition.name < b.definition.name ? -1 : 1,
    );
  }

  #declare<S extends Counter | Gauge | Histogram>(
    type: MetricType,
    definition: MetricDefinition,
    create: () => S,
  ): Family<S> {
    const fault =
      findDefinitionFault(definition) ??
      (definition.type === type ? null : `${definition.name} is declared as ${definition.type}`);
    if (fault !== null) throw new TypeError(`Cannot declare ${type}: ${fault}`);
    const existing = this.#families.get(definition.name);
    if (existing !== undefined) {
      if (!isSameShape(existing.definition, definition)) {
        throw new TypeError(
          `Cannot declare ${type}: ${definition.name} is taken by another definition`,
        );
      }
      // Same shape means same type, hence the same class of series.
      return existing as MemoryFamily<Counter | Gauge | Histogram> as MemoryFamily<S>;
    }
    const family = new MemoryFamily(definition, create, this.#maxSeries);
    this.#families.set(definition.name, family as MemoryFamily<Counter | Gauge | Histogram>);
    return family;
  }
}

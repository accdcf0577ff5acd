/**
 * The port of the metrics store: bind a series once, move it cheaply, read everything at once.
 *
 * @module
 */

export type MetricType = 'counter' | 'gauge' | 'histogram';

/** Declares one metric family. */
export interface MetricDefinition {
  /** Full Prometheus name, with unit suffix and `_total` where it applies. */
  name: string;
  type: MetricType;
  help: string;
  labels: readonly string[];
  /** Upper bounds of a histogram, ascending, without +Inf. */
  buckets?: readonly number[];
  /** Unit for OpenMetrics `# UNIT` (`seconds`, `bytes`), when the name ends in it. */
  unit?: string;
  /**
   * How one gauge series of several processes becomes one number. Default `sum` (things in
   * flight); `max` for facts that are the same everywhere, such as build info.
   */
  merge?: 'sum' | 'max';
}

/** One series, bound to its label values. */
export interface CounterSeries {
  add(amount: number): void;
}
export interface GaugeSeries {
  set(value: number): void;
  add(amount: number): void;
}
export interface HistogramSeries {
  observe(value: number): void;
}

export interface Family<Series> {
  /** The series with these label values, in the order of `labels`; made on first use. */
  with(...labelValues: string[]): Series;
}

/** An exchange of which a trace is recorded. */
export interface ExemplarContext {
  /** 32 lower-case hexadecimal digits. */
  readonly traceId: string;
  /** 16 lower-case hexadecimal digits. */
  readonly spanId: string;
  /** Milliseconds since the epoch. */
  readonly timestampMs: number;
}

/** An example of what moved a series: see OpenMetrics 1.0, "Exemplars". */
export interface Exemplar extends ExemplarContext {
  /** What was added or observed. */
  readonly value: number;
}

/** State of one series at one moment. */
export interface SeriesSnapshot {
  labelValues: readonly string[];
  /** Counter or gauge value; unused for histograms. */
  value: number;
  /** Histogram counts per bucket (not cumulative), the last being above every bound. */
  bucketCounts?: readonly number[];
  sum?: number;
  /** Of a counter: what moved it last. */
  exemplar?: Exemplar;
  /** Of a histogram: what fell into each bucket last, as far as it is known. */
  bucketExemplars?: readonly (Exemplar | null)[];
}

export interface FamilySnapshot {
  definition: MetricDefinition;
  series: readonly SeriesSnapshot[];
}

/** Where series live. Memory on Node, Deno and Bun; per isolate with deltas on Workers. */
export interface MetricsStore {
  /** @throws {TypeError} when the name is taken by another definition. */
  counter(definition: MetricDefinition): Family<CounterSeries>;
  gauge(definition: MetricDefinition): Family<GaugeSeries>;
  histogram(definition: MetricDefinition): Family<HistogramSeries>;
  /** What moves counters and histograms from now on; null for nothing that has a trace. */
  setExemplar(context: ExemplarContext | null): void;
  /** Calls `collect` before each snapshot, for values that are read rather than counted. */
  onSnapshot(collect: () => void): void;
  snapshot(): readonly FamilySnapshot[];
}

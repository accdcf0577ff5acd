/**
 * Adds attempts up, in memory that does not grow with their number.
 *
 * @module
 */

import { FAILURE_KINDS, type Failure, type FailureKind } from './failure.ts';
import { DurationHistogram } from './histogram.ts';
import type { LoadEra } from './mix.ts';

/** Durations in ms. */
export interface Latency {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

export interface MethodReport {
  readonly era: LoadEra;
  readonly method: string;
  readonly sent: number;
  readonly failed: number;
  /** Of right answers only: a refusal can be very fast. */
  readonly latencyMs: Latency;
}

export interface FailureReport {
  readonly kind: FailureKind;
  readonly detail: string;
  readonly count: number;
}

export interface LoadReport {
  /** Requests of the mix that were sent. */
  readonly sent: number;
  readonly failed: number;
  /** Messages beside the mix, which open and close legacy sessions. */
  readonly extra: { readonly sent: number; readonly failed: number };
  readonly durationMs: number;
  readonly requestsPerSecond: number;
  readonly latencyMs: Latency;
  /** By era and name, whichever answer came first. */
  readonly methods: readonly MethodReport[];
  /** By kind, the most frequent detail first. */
  readonly failures: readonly FailureReport[];
}

/** Different details kept per kind; the rest is counted together. */
const MAX_DETAILS = 10;
const OTHER_DETAIL = 'other';

class Row {
  sent = 0;
  failed = 0;
  readonly durations: DurationHistogram = new DurationHistogram();

  add(ms: number, failure: Failure | null): void {
    this.sent++;
    if (failure === null) this.durations.record(ms);
    else this.failed++;
  }
}

export class Tally {
  readonly #all: Row = new Row();
  readonly #rows: Map<LoadEra, Map<string, Row>> = new Map();
  readonly #failures: Map<FailureKind, Map<string, number>> = new Map();
  #extraSent = 0;
  #extraFailed = 0;

  get sent(): number {
    return this.#all.sent;
  }

  /** Failures of every kind, those beside the mix included. */
  get failed(): number {
    return this.#all.failed + this.#extraFailed;
  }

  add(era: LoadEra, method: string, ms: number, failure: Failure | null): void {
    let rows = this.#rows.get(era);
    if (rows === undefined) {
      rows = new Map();
      this.#rows.set(era, rows);
    }
    let row = rows.get(method);
    if (row === undefined) {
      row = new Row();
      rows.set(method, row);
    }
    row.add(ms, failure);
    this.#all.add(ms, failure);
    if (failure !== null) this.#count(failure);
  }

  addExtra(failure: Failure | null): void {
    this.#extraSent++;
    if (failure === null) return;
    this.#extraFailed++;
    this.#count(failure);
  }

  report(durationMs: number): LoadReport {
    const { sent, failed, durations } = this.#all;
    return {
      sent,
      failed,
      extra: { sent: this.#extraSent, failed: this.#extraFailed },
      durationMs,
      requestsPerSecond: durationMs > 0 ? (sent / durationMs) * 1000 : 0,
      latencyMs: latencyOf(durations),
      methods: sortByName(this.#rows).flatMap(([era, rows]) =>
        sortByName(rows).map(([method, row]) => ({
          era,
          method,
          sent: row.sent,
          failed: row.failed,
          latencyMs: latencyOf(row.durations),
        })),
      ),
      failures: FAILURE_KINDS.flatMap((kind) =>
        [...(this.#failures.get(kind) ?? [])]
          .map(([detail, count]) => ({ kind, detail, count }))
          .sort((a, b) => b.count - a.count),
      ),
    };
  }

  #count({ kind, detail }: Failure): void {
    let details = this.#failures.get(kind);
    if (details === undefined) {
      details = new Map();
      this.#failures.set(kind, details);
    }
    const key = details.has(detail) || details.size < MAX_DETAILS ? detail : OTHER_DETAIL;
    details.set(key, (details.get(key) ?? 0) + 1);
  }
}

function sortByName<K extends string, V>(entries: ReadonlyMap<K, V>): [K, V][] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
}

function latencyOf(durations: DurationHistogram): Latency {
  return {
    p50: durations.percentile(0.5),
    p90: durations.percentile(0.9),
    p99: durations.percentile(0.99),
    max: durations.max,
  };
}

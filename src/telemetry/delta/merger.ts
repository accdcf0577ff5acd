/**
 * Adds up the deltas of many isolates, each exactly once.
 *
 * Pure: it holds state, and tells which parts of it changed, so that a storage can be kept in step
 * key by key. A delta may be acknowledged once its changes are stored; until then a restart
 * brings the state before it back, and the resend finds it unapplied.
 *
 * @module
 */

import { isSameShape } from '../definition.ts';
import { DEFAULT_LABEL_LIMIT } from '../label-cap.ts';
import type { FamilySnapshot, MetricDefinition } from '../metrics-store.ts';
import { DEFAULT_MAX_SERIES } from '../series-table.ts';
import { isKnownLabelValue } from '../wire-labels.ts';
import {
  AccumulatedFamily,
  type AccumulatedSeries,
  byName,
  LabelCaps,
} from './accumulated-family.ts';
import { SequenceWindow } from './sequence-window.ts';
import { Source, type SourceGauge, SourceTable } from './source-table.ts';
import {
  definitionEntry,
  familyKey,
  type MergerEntry,
  readEntry,
  readGauges,
  seriesEntry,
  seriesKey,
  sourceEntry,
  sourceKey,
} from './state.ts';
import type { MetricsDelta } from './wire.ts';

/** Isolates come and go; 4096 of them alive at once on one shard is far above what one sees. */
export const DEFAULT_MAX_SOURCES = 4096;
/** Without a word for this long an isolate is taken for gone, and its gauges with it. */
export const DEFAULT_GAUGE_TTL_MS = 300_000;

/** Gauge series kept of one source; ours sends a dozen. The rest is left out. */
const MAX_GAUGES_PER_SOURCE = 200;

export interface DeltaMergerOptions {
  /** Distinct values one label may take, all sources together. Default 200. */
  labelLimit?: number;
  /** Series of one family. Default 10 000. */
  maxSeriesPerFamily?: number;
  /**
   * Sources remembered. Beyond it the one longest unheard of is forgotten: its counts stay, its
   * gauges go, and a resend of a delta it had applied before would count again. Default 4096.
   */
  maxSources?: number;
  /** Milliseconds after which the gauges of a silent source are dropped. Default 300 000. */
  gaugeTtlMs?: number;
}

export interface ApplyResult {
  /** False for a delta that was applied before. It is to be acknowledged all the same. */
  readonly applied: boolean;
  /** Families left out because their name is taken by another shape (two versions of weir). */
  readonly skipped: readonly string[];
}

/** What to write so that a storage holds the current state: together, or not at all. */
export interface StateChanges {
  readonly put: readonly MergerEntry[];
  readonly delete: readonly string[];
}

export class DeltaMerger {
  readonly #caps: LabelCaps;
  readonly #maxSeries: number;
  readonly #gaugeTtlMs: number;
  readonly #families: Map<string, AccumulatedFamily> = new Map();
  readonly #sources: SourceTable;
  /** Entries to write, by key, made when they are asked for: only the last state counts. */
  readonly #dirty: Map<string, () => MergerEntry> = new Map();
  readonly #deleted: Set<string> = new Set();

  constructor(options: DeltaMergerOptions = {}) {
    this.#caps = new LabelCaps(options.labelLimit ?? DEFAULT_LABEL_LIMIT, isKnownLabelValue);
    this.#maxSeries = options.maxSeriesPerFamily ?? DEFAULT_MAX_SERIES;
    this.#gaugeTtlMs = options.gaugeTtlMs ?? DEFAULT_GAUGE_TTL_MS;
    this.#sources = new SourceTable(options.maxSources ?? DEFAULT_MAX_SOURCES);
  }

  /**
   * Takes a delta, once. Any order will do, within a window of 64 deltas per source.
   *
   * @param nowMs milliseconds since the epoch
   */
  apply(delta: MetricsDelta, nowMs: number): ApplyResult {
    const source =
      this.#sources.get(delta.source) ??
      new Source(delta.source, new SequenceWindow(), nowMs, 0, []);
    source.seenAt = Math.max(source.seenAt, nowMs);
    const applied = source.window.accept(delta.sequence);
    const skipped: string[] = [];
    if (applied) {
      const gauges: SourceGauge[] = [];
      for (const family of delta.families) {
        if (!this.#addFamily(family, gauges)) skipped.push(family.definition.name);
      }
      if (delta.sequence > source.gaugeSequence) {
        source.gaugeSequence = delta.sequence;
        source.gauges = gauges;
      }
    }
    this.#touch(source);
    return { applied, skipped };
  }

  /** When a delta last arrived, in milliseconds since the epoch; 0 for never. */
  get lastSeenAt(): number {
    let latest = 0;
    for (const { seenAt } of this.#sources.values()) latest = Math.max(latest, seenAt);
    return latest;
  }

  /** Everything, in the form every renderer takes. Gauges of silent sources are dropped first. */
  snapshot(nowMs: number): FamilySnapshot[] {
    const gauges = new Map<string, AccumulatedFamily>();
    for (const source of this.#sources.values()) {
      if (nowMs - source.seenAt > this.#gaugeTtlMs && source.gauges.length > 0) {
        source.gauges = [];
        this.#markSource(source);
      }
      for (const { family, series } of source.gauges) {
        const definition = this.#families.get(family)?.definition;
        if (definition === undefined) continue;
        let sum = gauges.get(family);
        if (sum === undefined) {
          sum = new AccumulatedFamily(definition, this.#caps, this.#maxSeries);
          gauges.set(family, sum);
        }
        sum.add(series);
      }
    }
    return Array.from(this.#families.values(), (family) =>
      (gauges.get(family.definition.name) ?? family).snapshot(),
    ).sort(byName);
  }

  /** The whole state, as entries that {@link load} takes back. Plain JSON values. */
  *entries(): Generator<MergerEntry> {
    for (const family of this.#families.values()) {
      yield definitionEntry(family.definition);
      for (const series of family.series()) yield seriesEntry(family.definition, series);
    }
    for (const source of this.#sources.values()) yield sourceEntry(source);
  }

  /** What changed since the call before. Store it before the delta is acknowledged. */
  takeChanges(): StateChanges {
    const changes = {
      put: Array.from(this.#dirty.values(), (make) => make()),
      delete: Array.from(this.#deleted),
    };
    this.#dirty.clear();
    this.#deleted.clear();
    return changes;
  }

  /**
   * Restores state into a new merger. Entries may come in any order; those that cannot be read
   * (another version wrote them) are left alone.
   */
  load(entries: Iterable<readonly [string, unknown]>): void {
    const read = Array.from(entries, ([key, value]) => readEntry(key, value));
    for (const entry of read) {
      if (entry?.kind === 'family') this.#declare(entry.definition);
    }
    const series = read.filter((entry) => entry?.kind === 'series');
    // In order of creation, so that the same values are admitted by the caps as before.
    for (const entry of series.sort((a, b) => a.index - b.index)) {
      const family = this.#families.get(entry.family);
      if (family === undefined) continue;
      const parsed = entry.parse(family.definition);
      if (parsed === null) continue;
      const restored = family.restore(parsed, entry.index);
      if (restored.index === entry.index) continue;
      // A lower cap than before folded this series into another one.
      this.#deleted.add(seriesKey(entry.family, entry.index));
      this.#markSeries(family.definition, restored);
    }
    const sources = read.filter((entry) => entry?.kind === 'source').map((entry) => entry.source);
    for (const source of sources.sort((a, b) => a.seenAt - b.seenAt)) {
      source.gauges = readGauges(source.gauges, (name) => this.#families.get(name)?.definition);
      const evicted = this.#sources.touch(source);
      if (evicted !== null) this.#deleted.add(sourceKey(evicted.id));
    }
  }

  /** @returns false when the name is taken by another shape */
  #addFamily({ definition, series }: FamilySnapshot, gauges: SourceGauge[]): boolean {
    const family = this.#families.get(definition.name) ?? this.#declareNew(definition);
    if (!isSameShape(family.definition, definition)) return false;
    for (const item of series) {
      if (definition.type !== 'gauge') {
        this.#markSeries(definition, family.add(item));
      } else if (gauges.length < MAX_GAUGES_PER_SOURCE) {
        const labelValues = family.cap(item.labelValues);
        gauges.push({ family: definition.name, series: { labelValues, value: item.value } });
      }
    }
    return true;
  }

  #declare(definition: MetricDefinition): AccumulatedFamily {
    const family = new AccumulatedFamily(definition, this.#caps, this.#maxSeries);
    this.#families.set(definition.name, family);
    return family;
  }

  #declareNew(definition: MetricDefinition): AccumulatedFamily {
    this.#dirty.set(familyKey(definition.name), () => definitionEntry(definition));
    return this.#declare(definition);
  }

  #touch(source: Source): void {
    const evicted = this.#sources.touch(source);
    this.#markSource(source);
    if (evicted === null) return;
    this.#dirty.delete(sourceKey(evicted.id));
    this.#deleted.add(sourceKey(evicted.id));
  }

  #markSource(source: Source): void {
    this.#deleted.delete(sourceKey(source.id));
    this.#dirty.set(sourceKey(source.id), () => sourceEntry(source));
  }

  #markSeries(definition: MetricDefinition, series: AccumulatedSeries): void {
    this.#dirty.set(seriesKey(definition.name, series.index), () =>
      seriesEntry(definition, series),
    );
  }
}

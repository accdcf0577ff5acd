/**
 * The state of a merger as key-value entries. Keys are short whatever the labels are; one series
 * is one entry, so that a delta rewrites only what it moved.
 *
 * | key | value |
 * |---|---|
 * | `metrics1:family:<name>` | definition |
 * | `metrics1:series:<name>:<index>` | `{labelValues, value}` or `{labelValues, bucketCounts, sum}` |
 * | `metrics1:source:<id>` | sequences taken, time last seen, gauges |
 *
 * @module
 */

import type { MetricDefinition, SeriesSnapshot } from '../metrics-store.ts';
import type { AccumulatedSeries } from './accumulated-family.ts';
import { SequenceWindow } from './sequence-window.ts';
import { Source, type SourceGauge } from './source-table.ts';
import { isSourceId, parseDefinition, parseSeries } from './wire.ts';

/** Key and JSON value. */
export type MergerEntry = readonly [key: string, value: unknown];

/** Before every key; the number is the version of the layout. */
export const STATE_PREFIX = 'metrics1:';
const FAMILY_PREFIX = `${STATE_PREFIX}family:`;
const SERIES_PREFIX = `${STATE_PREFIX}series:`;
const SOURCE_PREFIX = `${STATE_PREFIX}source:`;

export function familyKey(name: string): string {
  return FAMILY_PREFIX + name;
}

export function seriesKey(family: string, index: number): string {
  return `${SERIES_PREFIX}${family}:${index}`;
}

export function sourceKey(id: string): string {
  return SOURCE_PREFIX + id;
}

export function definitionEntry(definition: MetricDefinition): MergerEntry {
  return [familyKey(definition.name), definition];
}

/** Without exemplars: there are newer ones soon, and they are most of what would be stored. */
export function seriesEntry(definition: MetricDefinition, series: AccumulatedSeries): MergerEntry {
  const { exemplar: _, bucketExemplars: __, ...numbers } = series.snapshot();
  return [seriesKey(definition.name, series.index), numbers];
}

interface SourceState {
  floor: number;
  above: number[];
  seenAt: number;
  gaugeSequence: number;
  gauges: readonly SourceGauge[];
}

export function sourceEntry(source: Source): MergerEntry {
  const { seenAt, gaugeSequence, gauges } = source;
  const state: SourceState = { ...source.window.toState(), seenAt, gaugeSequence, gauges };
  return [sourceKey(source.id), state];
}

/** An entry as it was read back. */
export type ReadEntry =
  | { readonly kind: 'family'; readonly definition: MetricDefinition }
  | {
      readonly kind: 'series';
      readonly family: string;
      readonly index: number;
      /** The numbers, checked against the family's definition; null when they do not fit. */
      readonly parse: (definition: MetricDefinition) => SeriesSnapshot | null;
    }
  | { readonly kind: 'source'; readonly source: Source };

/** Reads an entry; null when it is none of ours or cannot be read. */
export function readEntry(key: string, value: unknown): ReadEntry | null {
  if (key.startsWith(FAMILY_PREFIX)) {
    const definition = orNull(() => parseDefinition(value));
    return definition === null ? null : { kind: 'family', definition };
  }
  if (key.startsWith(SERIES_PREFIX)) return readSeries(key.slice(SERIES_PREFIX.length), value);
  if (key.startsWith(SOURCE_PREFIX)) return readSource(key.slice(SOURCE_PREFIX.length), value);
  return null;
}

function readSeries(rest: string, value: unknown): ReadEntry | null {
  // Metric names may hold colons, indexes do not.
  const colon = rest.lastIndexOf(':');
  const index = Number(rest.slice(colon + 1));
  if (colon === -1 || !isSequence(index)) return null;
  return {
    kind: 'series',
    family: rest.slice(0, colon),
    index,
    parse: (definition) => orNull(() => parseSeries(value, definition)),
  };
}

function readSource(id: string, value: unknown): ReadEntry | null {
  if (!isSourceId(id) || typeof value !== 'object' || value === null) return null;
  const { floor, above, seenAt, gaugeSequence, gauges } = value as Partial<SourceState>;
  if (!isSequence(floor) || !isSequence(gaugeSequence) || !Number.isFinite(seenAt)) return null;
  if (!Array.isArray(above) || !above.every(isSequence) || !Array.isArray(gauges)) return null;
  const window = new SequenceWindow(floor, above);
  return {
    kind: 'source',
    source: new Source(id, window, seenAt as number, gaugeSequence, gauges as SourceGauge[]),
  };
}

/** The gauges of a source that fit a family which is there. */
export function readGauges(
  gauges: readonly unknown[],
  definitionOf: (family: string) => MetricDefinition | undefined,
): SourceGauge[] {
  return gauges.flatMap((gauge) => {
    const { family, series } = (gauge ?? {}) as Partial<SourceGauge>;
    const definition = family === undefined ? undefined : definitionOf(family);
    if (family === undefined || definition?.type !== 'gauge') return [];
    const parsed = orNull(() => parseSeries(series, definition));
    return parsed === null ? [] : [{ family, series: parsed }];
  });
}

function isSequence(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

/**
 * What one isolate sends to the store that adds up all of them, and the check the receiver makes.
 *
 * @module
 */

import { findDefinitionFault } from '../definition.ts';
import type {
  Exemplar,
  FamilySnapshot,
  MetricDefinition,
  SeriesSnapshot,
} from '../metrics-store.ts';

/**
 * Changes of one source since its delta before. Counters and histograms hold what was added;
 * gauges hold their value, and are always all there. Plain JSON.
 */
export interface MetricsDelta {
  readonly version: 1;
  /** Id of the isolate: unique per run, 1 to 64 of `A-Z a-z 0-9 _ -`. */
  readonly source: string;
  /** 1 for the first delta of a source, then one more each. */
  readonly sequence: number;
  readonly families: readonly FamilySnapshot[];
}

const SOURCE = /^[A-Za-z0-9_-]{1,64}$/;
const TRACE_ID = /^[0-9a-f]{32}$/;
const SPAN_ID = /^[0-9a-f]{16}$/;
const MAX_FAMILIES = 256;
/** Series of one delta, all families together. */
const MAX_SERIES = 20_000;
/** Longer values are refused here; those above the label cap's own length become `_other`. */
const MAX_LABEL_VALUE_CHARS = 1024;

/** Whether {@link parseDelta} accepts this id. */
export function isSourceId(source: string): boolean {
  return SOURCE.test(source);
}

/**
 * Reads a delta from parsed JSON. The result shares nothing with the input and holds only known
 * members, so a hostile sender can at worst send wrong numbers.
 *
 * @throws {TypeError} with one line that says what is wrong
 */
export function parseDelta(value: unknown): MetricsDelta {
  const { version, source, sequence, families } = toRecord(value, 'delta');
  if (version !== 1) throw invalid('version is not 1');
  if (typeof source !== 'string' || !isSourceId(source)) throw invalid('source is not an id');
  if (!isCount(sequence) || sequence === 0) throw invalid('sequence is not a positive integer');
  if (!Array.isArray(families) || families.length > MAX_FAMILIES) {
    throw invalid(`families are not a list of at most ${MAX_FAMILIES}`);
  }
  let seriesCount = 0;
  const parsed = (families as unknown[]).map((item) => {
    const family = parseFamily(item);
    seriesCount += family.series.length;
    if (seriesCount > MAX_SERIES) throw invalid(`more than ${MAX_SERIES} series`);
    return family;
  });
  return { version: 1, source, sequence, families: parsed };
}

function parseFamily(value: unknown): FamilySnapshot {
  const { definition, series } = toRecord(value, 'family');
  const parsed = parseDefinition(definition);
  if (!Array.isArray(series) || series.length > MAX_SERIES) {
    throw invalid(`series of ${parsed.name} are not a list of at most ${MAX_SERIES}`);
  }
  return {
    definition: parsed,
    series: (series as unknown[]).map((item) => parseSeries(item, parsed)),
  };
}

/**
 * Copies a definition that came as JSON.
 *
 * @throws {TypeError} with one line that says what is wrong
 */
export function parseDefinition(value: unknown): MetricDefinition {
  const fault = findDefinitionFault(value);
  if (fault !== null) throw invalid(fault);
  const { name, type, help, labels, buckets, unit, merge } = value as MetricDefinition;
  return {
    name,
    type,
    help,
    labels: [...labels],
    ...(buckets === undefined ? {} : { buckets: [...buckets] }),
    ...(unit === undefined ? {} : { unit }),
    ...(merge === undefined ? {} : { merge }),
  };
}

/**
 * Copies a series that came as JSON and checks it against its definition.
 *
 * @throws {TypeError} with one line that says what is wrong
 */
export function parseSeries(value: unknown, definition: MetricDefinition): SeriesSnapshot {
  const {
    labelValues,
    value: number,
    bucketCounts,
    sum,
    exemplar,
    bucketExemplars,
  } = toRecord(value, 'series');
  const { name, type, labels } = definition;
  if (!Array.isArray(labelValues) || labelValues.length !== labels.length) {
    throw invalid(`a series of ${name} does not have ${labels.length} label values`);
  }
  const values = (labelValues as unknown[]).map((item) => {
    if (typeof item !== 'string' || item.length > MAX_LABEL_VALUE_CHARS) {
      throw invalid(`a label value of ${name} is not a short string`);
    }
    return item;
  });
  if (type === 'histogram') {
    const bucketCount = (definition.buckets?.length ?? 0) + 1;
    if (
      !Array.isArray(bucketCounts) ||
      bucketCounts.length !== bucketCount ||
      !(bucketCounts as unknown[]).every(isCount)
    ) {
      throw invalid(`a series of ${name} does not have ${bucketCount} bucket counts`);
    }
    if (!isFiniteNumber(sum)) throw invalid(`the sum of a series of ${name} is not a number`);
    return {
      labelValues: values,
      value: 0,
      bucketCounts: [...(bucketCounts as number[])],
      sum,
      ...parseBucketExemplars(bucketExemplars, bucketCount, name),
    };
  }
  if (!isFiniteNumber(number)) throw invalid(`the value of a series of ${name} is not a number`);
  if (type === 'counter' && number < 0) throw invalid(`counter ${name} would go down`);
  const series: SeriesSnapshot = { labelValues: values, value: number };
  if (type === 'counter' && exemplar !== undefined) series.exemplar = parseExemplar(exemplar, name);
  return series;
}

function parseBucketExemplars(
  value: unknown,
  bucketCount: number,
  name: string,
): Pick<SeriesSnapshot, 'bucketExemplars'> {
  if (value === undefined) return {};
  if (!Array.isArray(value) || value.length !== bucketCount) {
    throw invalid(`a series of ${name} does not have ${bucketCount} exemplars`);
  }
  return {
    bucketExemplars: (value as unknown[]).map((item) =>
      item === null ? null : parseExemplar(item, name),
    ),
  };
}

/** Nothing but digits gets in: it is written out as it came. */
function parseExemplar(value: unknown, name: string): Exemplar {
  const { traceId, spanId, timestampMs, value: number } = toRecord(value, 'exemplar');
  if (
    typeof traceId !== 'string' ||
    !TRACE_ID.test(traceId) ||
    typeof spanId !== 'string' ||
    !SPAN_ID.test(spanId) ||
    !isFiniteNumber(timestampMs) ||
    !isFiniteNumber(number)
  ) {
    throw invalid(`an exemplar of ${name} is none`);
  }
  return { traceId, spanId, timestampMs, value: number };
}

function toRecord(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw invalid(`${what} is not an object`);
  return value as Record<string, unknown>;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isFiniteNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

function invalid(detail: string): TypeError {
  return new TypeError(`Cannot read metrics delta: ${detail}`);
}

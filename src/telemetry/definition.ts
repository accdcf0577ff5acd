/**
 * Checks of metric definitions, made once when a family is declared, so that rendering needs none.
 *
 * @module
 */

import type { MetricDefinition, MetricType } from './metrics-store.ts';

/** Prometheus data model: metric and label names. */
const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const UNIT_NAME = /^[a-z][a-z0-9_]*$/;

/** Bounds of one definition; ours use eleven labels and fifteen buckets at most. */
const MAX_NAME_CHARS = 200;
const MAX_HELP_CHARS = 1000;
const MAX_LABELS = 16;
const MAX_BUCKETS = 64;

/**
 * Returns what is wrong with a definition, as one line, or null when it is sound.
 *
 * Takes `unknown` because the same rules judge definitions that arrive from another isolate.
 */
export function findDefinitionFault(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return 'definition is not an object';
  const { name, type, help, labels, buckets, unit, merge } = value as Record<string, unknown>;
  if (typeof name !== 'string' || name.length > MAX_NAME_CHARS || !METRIC_NAME.test(name)) {
    return 'metric name is not a Prometheus name';
  }
  if (!isMetricType(type)) return `type of ${name} is not counter, gauge or histogram`;
  if (typeof help !== 'string' || help.length > MAX_HELP_CHARS) {
    return `help of ${name} is not a text of at most ${MAX_HELP_CHARS} characters`;
  }
  if (unit !== undefined && (typeof unit !== 'string' || !UNIT_NAME.test(unit))) {
    return `unit of ${name} is not a plain word`;
  }
  if (merge !== undefined && merge !== 'sum' && merge !== 'max') {
    return `merge of ${name} is not sum or max`;
  }
  return findLabelFault(name, type, labels) ?? findBucketFault(name, type, buckets);
}

function isMetricType(value: unknown): value is MetricType {
  return value === 'counter' || value === 'gauge' || value === 'histogram';
}

function findLabelFault(name: string, type: MetricType, labels: unknown): string | null {
  if (!Array.isArray(labels) || labels.length > MAX_LABELS) {
    return `labels of ${name} are not a list of at most ${MAX_LABELS} names`;
  }
  const seen = new Set<unknown>();
  for (const label of labels as unknown[]) {
    if (typeof label !== 'string' || label.length > MAX_NAME_CHARS || !LABEL_NAME.test(label)) {
      return `a label of ${name} is not a Prometheus label name`;
    }
    if (label.startsWith('__')) return `label ${label} of ${name} is reserved by Prometheus`;
    if (type === 'histogram' && label === 'le') return `label le of ${name} belongs to the buckets`;
    if (seen.has(label)) return `label ${label} of ${name} appears twice`;
    seen.add(label);
  }
  return null;
}

function findBucketFault(name: string, type: MetricType, buckets: unknown): string | null {
  if (type !== 'histogram') {
    return buckets === undefined ? null : `${name} has buckets but is not a histogram`;
  }
  if (!Array.isArray(buckets) || buckets.length === 0 || buckets.length > MAX_BUCKETS) {
    return `histogram ${name} needs 1 to ${MAX_BUCKETS} buckets`;
  }
  let previous = Number.NEGATIVE_INFINITY;
  for (const bound of buckets as unknown[]) {
    if (typeof bound !== 'number' || !Number.isFinite(bound) || bound <= previous) {
      return `buckets of ${name} are not ascending finite numbers`;
    }
    previous = bound;
  }
  return null;
}

/** Same name, type, labels and buckets: series of both can be added up. Help may differ. */
export function isSameShape(a: MetricDefinition, b: MetricDefinition): boolean {
  return (
    a.name === b.name &&
    a.type === b.type &&
    (a.merge ?? 'sum') === (b.merge ?? 'sum') &&
    isSameList(a.labels, b.labels) &&
    isSameList(a.buckets ?? [], b.buckets ?? [])
  );
}

function isSameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

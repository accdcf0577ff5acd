/**
 * What the Prometheus text format 0.0.4 and OpenMetrics 1.0 share: numbers, escaping, and walking
 * the samples of a family. They differ in few places, and those are named here as a dialect.
 *
 * @module
 */

import type { Exemplar, FamilySnapshot, SeriesSnapshot } from './metrics-store.ts';

/** Where the two formats differ. */
export interface Dialect {
  /** Name of the sample of a counter. */
  counterSample(name: string): string;
  /** Text of a bucket bound in `le`. */
  bound(value: number): string;
  /** What follows the value of a sample that has an exemplar. */
  exemplar(exemplar: Exemplar): string;
}

/** Escapes a label value: the same three characters in both formats. */
export function escapeLabelValue(value: string): string {
  return value
    .toWellFormed()
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n');
}

/** A sample value. Both formats read what JavaScript writes, but for the infinities. */
export function formatValue(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return String(value);
}

/**
 * A bucket bound with the shortest digits, with an exponent of two digits below 1e-4 and from 1e6
 * on. OpenMetrics calls this form canonical, and exporters written in Go use it, so a series keeps
 * its `le` when one replaces the other.
 */
export function formatBound(value: number): string {
  if (value === 0) return '0';
  const [mantissa, exponentText] = value.toExponential().split('e') as [string, string];
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < 6) return String(value);
  const digits = String(Math.abs(exponent)).padStart(2, '0');
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${digits}`;
}

/** Appends the sample lines of a family to `lines`. */
export function pushSamples(lines: string[], family: FamilySnapshot, dialect: Dialect): void {
  const { name, type, labels } = family.definition;
  for (const series of family.series) {
    // To both formats an empty value is none, and saying nothing is shorter.
    const pairs = series.labelValues.flatMap((value, index) =>
      value === '' ? [] : `${labels[index]}="${escapeLabelValue(value)}"`,
    );
    if (type === 'histogram') {
      pushHistogram(lines, name, pairs, family.definition.buckets ?? [], series, dialect);
    } else {
      const sample = type === 'counter' ? dialect.counterSample(name) : name;
      const { exemplar = null } = series;
      lines.push(
        `${sample}${braced(pairs)} ${formatValue(series.value)}${shown(exemplar, dialect)}`,
      );
    }
  }
}

function pushHistogram(
  lines: string[],
  name: string,
  pairs: readonly string[],
  bounds: readonly number[],
  series: SeriesSnapshot,
  dialect: Dialect,
): void {
  const counts = series.bucketCounts ?? [];
  let total = 0;
  for (let i = 0; i <= bounds.length; i++) {
    total += counts[i] ?? 0;
    const bound = bounds[i];
    const le = bound === undefined ? '+Inf' : dialect.bound(bound);
    const exemplar = shown(series.bucketExemplars?.[i] ?? null, dialect);
    lines.push(`${name}_bucket${braced([...pairs, `le="${le}"`])} ${total}${exemplar}`);
  }
  lines.push(`${name}_sum${braced(pairs)} ${formatValue(series.sum ?? 0)}`);
  lines.push(`${name}_count${braced(pairs)} ${total}`);
}

function shown(exemplar: Exemplar | null, dialect: Dialect): string {
  return exemplar === null ? '' : dialect.exemplar(exemplar);
}

function braced(pairs: readonly string[]): string {
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

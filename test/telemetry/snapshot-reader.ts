/**
 * Looks values up in a snapshot.
 *
 * @module
 */

import type { FamilySnapshot } from '../../src/telemetry/metrics-store.ts';

/** Every number of a snapshot by a readable key: `name{a="1"}`, histograms as `…count` and `…sum`. */
export function flatten(families: readonly FamilySnapshot[]): Map<string, number> {
  const values = new Map<string, number>();
  for (const { definition, series } of families) {
    for (const item of series) {
      const labels = definition.labels
        .map((label, index) => `${label}=${JSON.stringify(item.labelValues[index])}`)
        .join(',');
      const key = labels === '' ? definition.name : `${definition.name}{${labels}}`;
      if (item.bucketCounts === undefined) {
        values.set(key, item.value);
      } else {
        values.set(
          `${key}:count`,
          item.bucketCounts.reduce((sum, count) => sum + count, 0),
        );
        values.set(`${key}:sum`, item.sum ?? 0);
      }
    }
  }
  return values;
}

/** What differs between two flattened snapshots, as amounts. Series that are new count from 0. */
export function changes(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): Record<string, number> {
  const result: Record<string, number> = {};
  for (const [key, value] of after) {
    const difference = value - (before.get(key) ?? 0);
    if (difference !== 0) result[key] = Number(difference.toFixed(9));
  }
  return result;
}

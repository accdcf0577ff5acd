/**
 * Adds up the snapshots of several shards.
 *
 * @module
 */

import { isSameShape } from '../definition.ts';
import { DEFAULT_LABEL_LIMIT } from '../label-cap.ts';
import type { FamilySnapshot } from '../metrics-store.ts';
import { isKnownLabelValue } from '../wire-labels.ts';
import { AccumulatedFamily, byName, LabelCaps } from './accumulated-family.ts';

export interface MergeSnapshotsOptions {
  /** Distinct values one label may take. Default 200. */
  labelLimit?: number;
}

/**
 * One snapshot of all shards: counters and histograms are summed, gauges as their definition says.
 * Families of one name but different shape cannot be added; the shape seen first wins.
 */
export function mergeSnapshots(
  shards: readonly (readonly FamilySnapshot[])[],
  options: MergeSnapshotsOptions = {},
): FamilySnapshot[] {
  const caps = new LabelCaps(options.labelLimit ?? DEFAULT_LABEL_LIMIT, isKnownLabelValue);
  const families = new Map<string, AccumulatedFamily>();
  for (const shard of shards) {
    for (const { definition, series } of shard) {
      let family = families.get(definition.name);
      if (family === undefined) {
        family = new AccumulatedFamily(definition, caps);
        families.set(definition.name, family);
      }
      if (!isSameShape(family.definition, definition)) continue;
      for (const item of series) family.add(item);
    }
  }
  return Array.from(families.values(), (family) => family.snapshot()).sort(byName);
}

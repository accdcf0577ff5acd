/**
 * Metrics across isolates: each cuts what it counted into deltas, one merger adds them up.
 *
 * @module
 */

export { type MergeSnapshotsOptions, mergeSnapshots } from './delta/merge-snapshots.ts';
export {
  type ApplyResult,
  DEFAULT_GAUGE_TTL_MS,
  DEFAULT_MAX_SOURCES,
  DeltaMerger,
  type DeltaMergerOptions,
  type StateChanges,
} from './delta/merger.ts';
export { DeltaRecorder, type DeltaRecorderOptions } from './delta/recorder.ts';
export { type MergerEntry, STATE_PREFIX } from './delta/state.ts';
export { type MetricsDelta, parseDelta } from './delta/wire.ts';

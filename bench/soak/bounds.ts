/**
 * What is watched, and how much of it may come on top while the traffic stays the same.
 *
 * The bounds are for the whole span that counts, whatever its length. So a longer run is a sharper
 * one: what is within bounds after a minute at 1 KiB per exchange is far beyond them after ten.
 *
 * @module
 */

import type { GrowthBound } from './growth.ts';

const MEBIBYTE = 1024 * 1024;

export type SeriesName =
  | 'resident'
  | 'heap'
  | 'openFiles'
  | 'activeRequests'
  | 'activeStreams'
  | 'activeSse';

export interface SeriesBound extends GrowthBound {
  readonly unit: 'bytes' | 'count';
}

export const BOUNDS: Readonly<Record<SeriesName, SeriesBound>> = {
  /**
   * Memory the kernel has given to the process. It is never handed back at once, and code that is
   * compiled late and caches that fill late still add to it after the warm-up.
   */
  resident: { reduction: 'middle', most: 24 * MEBIBYTE, unit: 'bytes' },
  /** What survives a collection. */
  heap: { reduction: 'valley', most: 4 * MEBIBYTE, unit: 'bytes' },
  /** Connections of both sides among them: they move with the traffic of the moment. */
  openFiles: { reduction: 'middle', most: 24, unit: 'count' },
  /** Fewer than the scenarios that run side by side, or a leak would pass as traffic. */
  activeRequests: { reduction: 'middle', most: 12, unit: 'count' },
  activeStreams: { reduction: 'middle', most: 12, unit: 'count' },
  activeSse: { reduction: 'middle', most: 12, unit: 'count' },
};

/**
 * Files that may be open at the end beyond those of the start: what the runtime opens once, on
 * first use, and keeps.
 */
export const FILES_KEPT_BY_RUNTIME = 4;

/**
 * What `weir proxy --watch` has seen so far, as far as a terminal has room for it.
 *
 * @module
 */

import type { WatchUpdate } from '../runtime/live.ts';

/** Seconds of a sparkline. */
export const SPARK_SECONDS = 60;
/** More rows than a terminal has. */
const MAX_ROWS = 200;

export type WatchSecond = WatchUpdate['seconds'][number];
export type WatchRow = WatchUpdate['rows'][number];
export type WatchTool = WatchUpdate['tools'][number];

export class WatchState {
  /** Oldest first. */
  seconds: WatchSecond[] = [];
  /** Newest first. */
  rows: WatchRow[] = [];
  readonly tools: Map<string, WatchTool> = new Map();
  standing: WatchUpdate['standing'] = null;
  upstream: WatchUpdate['upstream'] = null;

  take({ seconds, rows, tools, standing, upstream }: WatchUpdate): void {
    this.seconds = [...this.seconds, ...seconds].slice(-SPARK_SECONDS);
    this.rows = [...rows.toReversed(), ...this.rows].slice(0, MAX_ROWS);
    for (const tool of tools) this.tools.set(tool.name, tool);
    if (standing !== null) this.standing = standing;
    this.upstream = upstream;
  }

  /** The last second, as the figures show it. */
  get latest(): WatchSecond | null {
    return this.seconds.at(-1) ?? null;
  }
}

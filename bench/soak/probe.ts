/**
 * Looks at a proxy from outside: what the kernel says of its process, and what it says of itself.
 *
 * @module
 */

import { readdirSync } from 'node:fs';
import { residentBytes } from '../../test/fixtures/resident-memory.ts';
import type { SeriesName } from './bounds.ts';

/** What is watched; NaN for what cannot be told. */
export type Observation = Readonly<Record<SeriesName, number>>;

export interface Observed {
  readonly pid: number;
  readonly adminUrl: string;
}

/** A scrape that takes longer says nothing of use. */
const SCRAPE_TIMEOUT_MS = 10_000;

/** @throws {Error} when the process is gone or does not answer */
export async function observe({ pid, adminUrl }: Observed): Promise<Observation> {
  const response = await fetch(`${adminUrl}/metrics`, {
    signal: AbortSignal.timeout(SCRAPE_TIMEOUT_MS),
  });
  const totals = sumByName(await response.text());
  const total = (name: string): number => totals.get(name) ?? Number.NaN;
  return {
    resident: residentBytes(pid),
    heap: total('process_heap_bytes'),
    openFiles: openFilesOf(pid) ?? total('process_open_fds'),
    activeRequests: total('mcp_active_connections'),
    activeStreams: total('weir_streams_active'),
    activeSse: total('mcp_sse_connections_active'),
  };
}

/** The gauges that must be at rest when nothing is under way. */
export const ACTIVE_GAUGES = [
  'activeRequests',
  'activeStreams',
  'activeSse',
] as const satisfies readonly SeriesName[];

/** Sums of the samples of each name, over all labels. */
export function sumByName(metrics: string): ReadonlyMap<string, number> {
  const totals = new Map<string, number>();
  for (const line of metrics.split('\n')) {
    const [, name, value] = /^([a-zA-Z_:][\w:]*)(?:\{.*\})? (\S+)$/.exec(line) ?? [];
    if (name !== undefined) totals.set(name, (totals.get(name) ?? 0) + Number(value));
  }
  return totals;
}

/** Null where the kernel does not show them. */
function openFilesOf(pid: number): number | null {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return null;
  }
}

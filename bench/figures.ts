/**
 * What can be measured: one name, one unit, one way of writing it.
 *
 * @module
 */

/** Keys of a measurement. The unit is in the name, so that a results file explains itself. */
export type FigureName =
  | 'requestsPerSecond'
  | 'megabytesPerSecond'
  | 'eventsPerSecond'
  | 'p50Ms'
  | 'p99Ms'
  | 'cpuPercent'
  | 'rssIdleMiB'
  | 'rssPeakMiB'
  | 'rssGrowthMiB'
  | 'streamsAsked'
  | 'streamsHeld'
  | 'kibPerStream'
  | 'startMs'
  | 'callMicroseconds'
  | 'brokenPercent';

/** The figures of one candidate in one round of one workload. What could not be read is absent. */
export type Figures = Partial<Record<FigureName, number>>;

interface FigureKind {
  /** Column title. */
  readonly title: string;
  readonly digits: number;
}

export const FIGURES: Readonly<Record<FigureName, FigureKind>> = {
  requestsPerSecond: { title: 'req/s', digits: 0 },
  megabytesPerSecond: { title: 'MB/s', digits: 0 },
  eventsPerSecond: { title: 'events/s', digits: 0 },
  p50Ms: { title: 'p50 ms', digits: 3 },
  p99Ms: { title: 'p99 ms', digits: 3 },
  cpuPercent: { title: 'CPU %', digits: 0 },
  rssIdleMiB: { title: 'RSS idle MiB', digits: 1 },
  rssPeakMiB: { title: 'RSS peak MiB', digits: 1 },
  rssGrowthMiB: { title: 'RSS growth MiB', digits: 1 },
  streamsAsked: { title: 'streams asked', digits: 0 },
  streamsHeld: { title: 'streams held', digits: 0 },
  kibPerStream: { title: 'KiB/stream', digits: 1 },
  startMs: { title: 'start ms', digits: 0 },
  callMicroseconds: { title: 'µs/call', digits: 2 },
  brokenPercent: { title: 'broken %', digits: 2 },
};

/** Digits in groups of three, a fixed number of decimals: `25,310`, `0.142`. */
export function formatNumber(value: number, digits: number): string {
  return value.toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/**
 * Metric families as OTLP data points: counters as monotonic sums, gauges, histograms with explicit
 * bounds. Values are doubles throughout, for a stream must not change its type when a counter that
 * was whole becomes a fraction.
 *
 * @module
 */

import type { FamilySnapshot, MetricDefinition, SeriesSnapshot } from '../metrics-store.ts';
import { toOtelNames } from '../profiles/otel-names.ts';
import { type HrTime, toHrTime } from './hr-time.ts';

/** One export. */
export interface MetricsRequest {
  readonly families: readonly FamilySnapshot[];
  /** What counters and histograms hold: everything since `startMs`, or only what was added. */
  readonly temporality: 'cumulative' | 'delta';
  /** Beginning of the time that counters and histograms are about, in ms since the epoch. */
  readonly startMs: number;
  /** End of that time. */
  readonly timeMs: number;
}

/** Numbers of OpenTelemetry's own enumerations. */
const TEMPORALITIES = { delta: 0, cumulative: 1 } as const;
const VALUE_TYPE_DOUBLE = 1;
const POINT_TYPES = { histogram: 0, gauge: 2, counter: 3 } as const;

const NO_START: HrTime = [0, 0];

/** Data points of a request: what is counted as lost when it is refused. */
export function countPoints(families: readonly FamilySnapshot[]): number {
  return families.reduce((points, { series }) => points + series.length, 0);
}

/**
 * As `MetricData` of OpenTelemetry's SDK, as far as it is read. Left out are families without series,
 * and gauges that are no number, which JSON cannot say.
 */
export function toMetricData({
  families,
  temporality,
  startMs,
  timeMs,
}: MetricsRequest): readonly unknown[] {
  const startTime = toHrTime(startMs);
  const endTime = toHrTime(timeMs);
  return families
    .filter(({ series }) => series.length > 0)
    .map(({ definition, series }) => {
      const { name, unit, attributes } = toOtelNames(definition);
      return {
        descriptor: { name, description: definition.help, unit, valueType: VALUE_TYPE_DOUBLE },
        dataPointType: POINT_TYPES[definition.type],
        aggregationTemporality: TEMPORALITIES[temporality],
        isMonotonic: true,
        dataPoints: series
          .filter(({ value }) => Number.isFinite(value))
          .map((one) => ({
            attributes: toAttributes(attributes, one),
            startTime: definition.type === 'gauge' ? NO_START : startTime,
            endTime,
            value: definition.type === 'histogram' ? toHistogram(definition, one) : one.value,
          })),
      };
    });
}

/** An empty value is none. */
function toAttributes(
  names: readonly string[],
  { labelValues }: SeriesSnapshot,
): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (let i = 0; i < names.length; i++) {
    const value = labelValues[i] as string;
    if (value !== '') attributes[names[i] as string] = value;
  }
  return attributes;
}

function toHistogram({ buckets = [] }: MetricDefinition, series: SeriesSnapshot) {
  const counts = series.bucketCounts ?? [];
  let count = 0;
  for (const inBucket of counts) count += inBucket;
  return { count, sum: series.sum ?? 0, buckets: { boundaries: buckets, counts } };
}

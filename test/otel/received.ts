/**
 * What a receiver of OTLP was sent, in terms a test can compare.
 *
 * @module
 */

import {
  attributesOf,
  type HistogramPoint,
  type WireLog,
  type WireMetric,
  type WireRequest,
  type WireSpan,
} from './wire.ts';

export interface Received {
  readonly metrics: readonly WireRequest[];
  readonly traces: readonly WireRequest[];
  readonly logs: readonly WireRequest[];
}

export interface OtlpTestReceiver {
  /** For titles: who it is. */
  readonly name: string;
  /** Base URL. */
  readonly url: string;
  /** Everything so far, in the order of arrival. */
  received(): Received;
  stop(): Promise<void>;
}

/** A data point of a counter or gauge, or a histogram. */
interface Point {
  readonly metric: WireMetric;
  readonly labels: Readonly<Record<string, unknown>>;
  readonly instance: string;
  readonly startTimeUnixNano: string | undefined;
  readonly value: number;
  readonly histogram: HistogramPoint | null;
}

function* pointsOf(requests: readonly WireRequest[]): Generator<Point> {
  for (const { resource, scopeMetrics } of requests.flatMap((one) => one.resourceMetrics ?? [])) {
    const instance = String(attributesOf(resource.attributes)['service.instance.id']);
    for (const metric of scopeMetrics.flatMap(({ metrics }) => metrics)) {
      const numbers = [...(metric.sum?.dataPoints ?? []), ...(metric.gauge?.dataPoints ?? [])];
      for (const point of numbers) {
        yield {
          metric,
          labels: attributesOf(point.attributes),
          instance,
          startTimeUnixNano: point.startTimeUnixNano,
          value: point.asDouble ?? 0,
          histogram: null,
        };
      }
      for (const point of metric.histogram?.dataPoints ?? []) {
        yield {
          metric,
          labels: attributesOf(point.attributes),
          instance,
          startTimeUnixNano: point.startTimeUnixNano,
          value: Number(point.count ?? 0),
          histogram: point,
        };
      }
    }
  }
}

type Labels = Readonly<Record<string, unknown>>;

const matches = (labels: Labels, wanted: Labels): boolean =>
  Object.entries(wanted).every(([name, value]) => labels[name] === value);

/**
 * The value of a metric over all series with these labels, as a backend would know it: of totals the
 * last of each series and instance, of deltas all. Histograms count their observations.
 */
export function metricValue({ metrics }: Received, name: string, wanted: Labels = {}): number {
  const totals = new Map<string, number>();
  let added = 0;
  for (const point of pointsOf(metrics)) {
    if (point.metric.name !== name || !matches(point.labels, wanted)) continue;
    const { sum, histogram } = point.metric;
    if ((sum ?? histogram)?.aggregationTemporality === 1) added += point.value;
    else totals.set(JSON.stringify([point.instance, point.labels]), point.value);
  }
  return [...totals.values()].reduce((sum, value) => sum + value, added);
}

/** The names of all metrics. */
export function metricNames({ metrics }: Received): Set<string> {
  return new Set(Array.from(pointsOf(metrics), ({ metric }) => metric.name));
}

export function findMetric({ metrics }: Received, name: string): WireMetric | undefined {
  for (const { metric } of pointsOf(metrics)) if (metric.name === name) return metric;
  return undefined;
}

/** The starts of all series of a metric. */
export function startTimes({ metrics }: Received, name: string): Set<string | undefined> {
  const points = [...pointsOf(metrics)].filter(({ metric }) => metric.name === name);
  return new Set(points.map(({ startTimeUnixNano }) => startTimeUnixNano));
}

export function spansOf({ traces }: Received): WireSpan[] {
  return traces
    .flatMap(({ resourceSpans = [] }) => resourceSpans)
    .flatMap(({ scopeSpans }) => scopeSpans)
    .flatMap(({ spans }) => spans);
}

export function logsOf({ logs }: Received): WireLog[] {
  return logs
    .flatMap(({ resourceLogs = [] }) => resourceLogs)
    .flatMap(({ scopeLogs }) => scopeLogs)
    .flatMap(({ logRecords }) => logRecords);
}

/** The attributes of every resource that sent anything. */
export function resourcesOf({ metrics, traces, logs }: Received): Record<string, unknown>[] {
  return [
    ...metrics.flatMap(({ resourceMetrics = [] }) => resourceMetrics),
    ...traces.flatMap(({ resourceSpans = [] }) => resourceSpans),
    ...logs.flatMap(({ resourceLogs = [] }) => resourceLogs),
  ].map(({ resource }) => attributesOf(resource.attributes));
}

/**
 * OTLP requests in their JSON form (opentelemetry-proto), as far as tests look at them.
 *
 * @module
 */

export interface Value {
  stringValue?: string;
  intValue?: string;
  doubleValue?: number;
  boolValue?: boolean;
  arrayValue?: { values?: Value[] };
}

export interface KeyValue {
  key: string;
  value: Value;
}

export interface NumberPoint {
  attributes: KeyValue[];
  startTimeUnixNano?: string;
  timeUnixNano: string;
  asDouble: number;
}

export interface HistogramPoint {
  attributes: KeyValue[];
  startTimeUnixNano: string;
  timeUnixNano: string;
  count: string;
  sum: number;
  bucketCounts: string[];
  explicitBounds: number[];
}

export interface WireMetric {
  name: string;
  description?: string;
  unit?: string;
  gauge?: { dataPoints: NumberPoint[] };
  sum?: { dataPoints: NumberPoint[]; aggregationTemporality: number; isMonotonic: boolean };
  histogram?: { dataPoints: HistogramPoint[]; aggregationTemporality: number };
}

export interface WireSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  traceState?: string;
  flags: number;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes?: KeyValue[];
  events?: { name: string; timeUnixNano: string; attributes?: KeyValue[] }[];
  droppedEventsCount?: number;
  links?: { traceId: string; spanId: string; traceState?: string; attributes?: KeyValue[] }[];
  status: { code?: number; message?: string };
}

export interface WireLog {
  timeUnixNano: string;
  observedTimeUnixNano: string;
  severityNumber: number;
  severityText: string;
  body: Value;
  eventName?: string;
  attributes?: KeyValue[];
  traceId?: string;
  spanId?: string;
  flags?: number;
}

export interface WireResource {
  attributes: KeyValue[];
}

export interface WireScope {
  name: string;
  version: string;
}

export interface WireRequest {
  resourceMetrics?: {
    resource: WireResource;
    scopeMetrics: { scope: WireScope; metrics: WireMetric[] }[];
  }[];
  resourceSpans?: {
    resource: WireResource;
    scopeSpans: { scope: WireScope; spans: WireSpan[] }[];
  }[];
  resourceLogs?: {
    resource: WireResource;
    scopeLogs: { scope: WireScope; logRecords: WireLog[] }[];
  }[];
}

/** Attributes by name, with their values as they are. */
export function attributesOf(list: readonly KeyValue[] = []): Record<string, unknown> {
  return Object.fromEntries(list.map(({ key, value }) => [key, plainValue(value)]));
}

function plainValue(value: Value): unknown {
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(plainValue);
  if (value.intValue !== undefined) return Number(value.intValue);
  return value.stringValue ?? value.doubleValue ?? value.boolValue;
}

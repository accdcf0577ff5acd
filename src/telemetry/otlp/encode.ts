/**
 * Requests of OTLP (opentelemetry-proto 1.x), as protobuf or JSON.
 *
 * The encoding itself is that of `@opentelemetry/otlp-transformer`, which OpenTelemetry keeps: it is
 * plain code for every runtime, 7 KiB compressed, and takes plain objects of the shape its SDK has.
 * Making these is what happens here.
 *
 * @module
 */

import {
  type ISerializer,
  JsonLogsSerializer,
  JsonMetricsSerializer,
  JsonTraceSerializer,
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import { VERSION } from '../../version.ts';
import { exportable } from './exportable.ts';
import { toHrTime } from './hr-time.ts';
import type { LogRecord, LogSeverity } from './log-record.ts';
import { type MetricsRequest, toMetricData } from './metric-data.ts';
import type { Resource } from './resource.ts';
import type { OtlpProtocol } from './settings.ts';
import type { Span, SpanContext, SpanKind } from './span.ts';

export type Bytes = Uint8Array<ArrayBuffer>;

/** Requests of one signal. */
export interface Encoder<Items> {
  readonly contentType: string;
  encode(items: Items, resource: Resource): Bytes;
  /** Items that the receiver says it will never take; 0 for an answer that cannot be read. */
  readRejected(answer: Uint8Array): number;
}

/** Numbers of the wire (trace/v1, logs/v1); the SDK's span kinds are one lower. */
const SPAN_KINDS: Readonly<Record<SpanKind, number>> = {
  internal: 0,
  server: 1,
  client: 2,
  producer: 3,
  consumer: 4,
};
const STATUS_CODES: Readonly<Record<Span['status']['code'], number>> = {
  unset: 0,
  ok: 1,
  error: 2,
};
const SEVERITIES: Readonly<Record<LogSeverity, number>> = {
  debug: 5,
  info: 9,
  warn: 13,
  error: 17,
};

/** What speaks: one object, for the encoder groups by identity. */
const SCOPE = { name: 'weir', version: VERSION };

export function spanEncoder(protocol: OtlpProtocol): Encoder<readonly Span[]> {
  return createEncoder(
    protocol,
    protocol === 'http/json' ? JsonTraceSerializer : ProtobufTraceSerializer,
    (spans, resource) => spans.map((span) => ({ ...toSdkSpan(span), resource })),
    ({ partialSuccess }) => partialSuccess?.rejectedSpans,
  );
}

export function logEncoder(protocol: OtlpProtocol): Encoder<readonly LogRecord[]> {
  return createEncoder(
    protocol,
    protocol === 'http/json' ? JsonLogsSerializer : ProtobufLogsSerializer,
    (records, resource) => records.map((record) => ({ ...toSdkLogRecord(record), resource })),
    ({ partialSuccess }) => partialSuccess?.rejectedLogRecords,
  );
}

export function metricsEncoder(protocol: OtlpProtocol): Encoder<MetricsRequest> {
  return createEncoder(
    protocol,
    protocol === 'http/json' ? JsonMetricsSerializer : ProtobufMetricsSerializer,
    (request, resource) => ({
      resource,
      scopeMetrics: [{ scope: SCOPE, metrics: toMetricData(request) }],
    }),
    ({ partialSuccess }) => partialSuccess?.rejectedDataPoints,
  );
}

function createEncoder<Items, Sdk, Answer>(
  protocol: OtlpProtocol,
  serializer: ISerializer<Sdk, Answer>,
  toSdk: (items: Items, resource: { attributes: Resource }) => unknown,
  rejectedOf: (answer: Answer) => unknown,
): Encoder<Items> {
  return {
    contentType: protocol === 'http/json' ? 'application/json' : 'application/x-protobuf',
    encode(items, resource) {
      // What is made has the members that serializers read, not the SDK's whole classes.
      const bytes = serializer.serializeRequest(toSdk(items, { attributes: resource }) as Sdk);
      return (bytes ?? new Uint8Array(0)) as Bytes;
    },
    readRejected(answer) {
      if (answer.length === 0) return 0;
      try {
        const count = Number(rejectedOf(serializer.deserializeResponse(answer)) ?? 0);
        return Number.isSafeInteger(count) && count > 0 ? count : 0;
      } catch {
        return 0;
      }
    },
  };
}

function toSdkSpan(span: Span) {
  const context = toSdkContext(span, false);
  return {
    name: span.name,
    kind: SPAN_KINDS[span.kind],
    spanContext: () => context,
    ...(span.parentSpanId === null
      ? {}
      : {
          parentSpanContext: {
            ...context,
            spanId: span.parentSpanId,
            isRemote: span.parentIsRemote,
          },
        }),
    startTime: toHrTime(span.startMs),
    endTime: toHrTime(Math.max(span.startMs, span.endMs)),
    status: { code: STATUS_CODES[span.status.code], message: span.status.message },
    attributes: exportable(span.attributes),
    events: span.events.map(({ name, timeMs, attributes }) => ({
      name,
      time: toHrTime(timeMs),
      attributes: exportable(attributes),
    })),
    links: span.links.map((link) => ({
      context: toSdkContext(link, true),
      attributes: exportable(link.attributes),
    })),
    droppedAttributesCount: 0,
    droppedEventsCount: span.droppedEvents,
    droppedLinksCount: 0,
    instrumentationScope: SCOPE,
  };
}

function toSdkContext({ traceId, spanId, traceState, traceFlags }: SpanContext, isRemote: boolean) {
  return {
    traceId,
    spanId,
    traceFlags,
    isRemote,
    ...(traceState === null ? {} : { traceState: { serialize: () => traceState } }),
  };
}

function toSdkLogRecord({ timeMs, severity, eventName, body, attributes, trace }: LogRecord) {
  const time = toHrTime(timeMs);
  return {
    hrTime: time,
    hrTimeObserved: time,
    severityNumber: SEVERITIES[severity],
    severityText: severity.toUpperCase(),
    body,
    ...(eventName === null ? {} : { eventName }),
    attributes: exportable(attributes),
    droppedAttributesCount: 0,
    ...(trace === null ? {} : { spanContext: trace }),
    instrumentationScope: SCOPE,
  };
}

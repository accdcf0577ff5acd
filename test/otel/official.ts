/**
 * OTLP requests read with the official protobuf definitions, as compiled into an earlier release of
 * OpenTelemetry's own package: another program than the one that writes them here.
 *
 * @module
 */

import { createRequire } from 'node:module';
import type { WireRequest } from './wire.ts';

interface MessageType {
  decode(bytes: Uint8Array): unknown;
  toObject(message: unknown, options: Readonly<Record<string, unknown>>): unknown;
}

interface Root {
  opentelemetry: {
    proto: {
      collector: Record<
        'metrics' | 'trace' | 'logs',
        { v1: Readonly<Record<string, MessageType>> }
      >;
    };
  };
}

const { collector } = (
  createRequire(import.meta.url)('opentelemetry-proto/build/src/generated/root') as Root
).opentelemetry.proto;

const REQUESTS = {
  metrics: collector.metrics.v1.ExportMetricsServiceRequest,
  traces: collector.trace.v1.ExportTraceServiceRequest,
  logs: collector.logs.v1.ExportLogsServiceRequest,
} as const;

/** A protobuf request as its JSON form, but with ids in hexadecimal as OTLP/JSON has them. */
export function decodeRequest(
  signal: 'metrics' | 'traces' | 'logs',
  bytes: Uint8Array,
): WireRequest {
  const type = REQUESTS[signal] as MessageType;
  const plain = type.toObject(type.decode(bytes), { longs: String, bytes: Array, json: false });
  return withHexIds(plain) as WireRequest;
}

const ID_MEMBERS: ReadonlySet<string> = new Set(['traceId', 'spanId', 'parentSpanId']);

function withHexIds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withHexIds);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      ID_MEMBERS.has(name) ? toHex(member as Iterable<number>) : withHexIds(member),
    ]),
  );
}

function toHex(bytes: Iterable<number>): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

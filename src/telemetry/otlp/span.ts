/**
 * A finished span as plain data, and where it is handed in for export. Resource and scope are the
 * exporter's to add.
 *
 * @module
 */

import type { Attributes } from './attributes.ts';

export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer';

/** What a span refers to: ids as the W3C trace context writes them. */
export interface SpanContext {
  /** 32 lower-case hexadecimal digits, not all 0. */
  readonly traceId: string;
  /** 16 lower-case hexadecimal digits, not all 0. */
  readonly spanId: string;
  /** The `tracestate` field as it came; null for none. */
  readonly traceState: string | null;
  /** The `trace-flags` byte; bit 0 says that the span is sampled. */
  readonly traceFlags: number;
}

export interface SpanLink extends SpanContext {
  readonly attributes: Attributes;
}

export interface SpanEvent {
  readonly name: string;
  /** Milliseconds since the epoch; see {@link Span.startMs}. */
  readonly timeMs: number;
  readonly attributes: Attributes;
}

export interface Span extends SpanContext {
  /** Span id of the parent; null for the root of a trace. */
  readonly parentSpanId: string | null;
  /** Whether the parent lives in another process; no matter without a parent. */
  readonly parentIsRemote: boolean;
  readonly name: string;
  readonly kind: SpanKind;
  /**
   * Milliseconds since the epoch, with a fraction: exported in nanoseconds, of which a number of
   * this size tells about 250 apart.
   */
  readonly startMs: number;
  /** As {@link startMs}; never before it. */
  readonly endMs: number;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  /** Events that were left out for being too many. */
  readonly droppedEvents: number;
  readonly links: readonly SpanLink[];
  /** `unset` unless something went wrong; the message is for `error` alone. */
  readonly status: { readonly code: 'unset' | 'ok' | 'error'; readonly message: string };
}

/** Takes spans, in bounded memory; what there is no room for is dropped and counted. */
export interface SpanExporter {
  /** Never throws, never waits. The span must not change any more. */
  add(span: Span): void;
}

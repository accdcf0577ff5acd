/**
 * A log record as plain data (OpenTelemetry log data model).
 *
 * @module
 */

import type { Attributes } from './attributes.ts';

export type LogSeverity = 'debug' | 'info' | 'warn' | 'error';

export interface LogRecord {
  /** Milliseconds since the epoch; see `Span.startMs`. */
  readonly timeMs: number;
  readonly severity: LogSeverity;
  /** What kind of event it is; null for prose. */
  readonly eventName: string | null;
  readonly body: string;
  readonly attributes: Attributes;
  /** Where in a trace it happened; null without one. */
  readonly trace: {
    readonly traceId: string;
    readonly spanId: string;
    readonly traceFlags: number;
  } | null;
}

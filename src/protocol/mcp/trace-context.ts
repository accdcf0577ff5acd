/**
 * Reads the `traceparent` of W3C Trace Context.
 *
 * @module
 */

export interface TraceContext {
  /** 32 lower-case hexadecimal digits, not all zero. */
  readonly traceId: string;
  /** 16 lower-case hexadecimal digits, not all zero. */
  readonly spanId: string;
}

/** W3C Trace Context §3.2.2: version `ff` is invalid, later versions may go on after a dash. */
const TRACEPARENT =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}(?:$|-)/;

/** Null for anything but a valid `traceparent`. */
export function parseTraceparent(text: string | null | undefined): TraceContext | null {
  const match = text == null ? null : TRACEPARENT.exec(text);
  return match === null ? null : { traceId: match[1] as string, spanId: match[2] as string };
}

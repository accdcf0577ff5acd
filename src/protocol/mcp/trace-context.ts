/**
 * W3C Trace Context, as HTTP fields and as members of `params._meta` (SEP-414) carry it.
 *
 * What is not valid does not exist: whoever reads a broken context starts a trace of its own, and
 * never a broken one (https://www.w3.org/TR/trace-context-2/, §3.2 and §3.3).
 *
 * @module
 */

export interface TraceContext {
  /** 32 lower-case hexadecimal digits, not all zero. */
  readonly traceId: string;
  /** 16 lower-case hexadecimal digits, not all zero. */
  readonly spanId: string;
  /** `trace-flags`: {@link SAMPLED} and {@link RANDOM_TRACE_ID}, and bits nobody has defined yet. */
  readonly flags: number;
}

/** Flag: whoever sent this records the trace (§3.2.2.5.1). */
export const SAMPLED = 0x01;
/** Flag: the last 7 bytes of the trace id are random (§3.2.2.5.2). */
export const RANDOM_TRACE_ID = 0x02;

/** Version 00, which has exactly these four parts. */
const TRACEPARENT_CHARS = 55;

/** Version `ff` is invalid; versions after 00 may go on behind a dash (§3.2.2.1, §3.2.4). */
const TRACEPARENT =
  /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:$|-)/;

/** Null for anything but a valid `traceparent`. */
export function parseTraceparent(text: string | null | undefined): TraceContext | null {
  const match = text == null ? null : TRACEPARENT.exec(text);
  if (match === null || text == null) return null;
  if (match[1] === '00' && text.length !== TRACEPARENT_CHARS) return null;
  return {
    traceId: match[2] as string,
    spanId: match[3] as string,
    flags: Number.parseInt(match[4] as string, 16),
  };
}

/** A `traceparent` of version 00. Of the flags only those go on that version 00 knows (§3.2.2.5). */
export function formatTraceparent(traceId: string, spanId: string, flags: number): string {
  return `00-${traceId}-${spanId}-0${flags & (SAMPLED | RANDOM_TRACE_ID)}`;
}

/** Members a `tracestate` may have (§3.3.1.1). */
const MAX_TRACESTATE_MEMBERS = 32;
/** What everybody passes on (§3.3.1.5); what is longer loses members until it fits. */
export const MAX_TRACESTATE_CHARS = 512;
/** Members longer than this are the first to go (§3.3.1.5). */
const LONG_MEMBER_CHARS = 128;
/** Text that is longer than this is not even looked at. */
const MAX_TRACESTATE_READ_CHARS = 16_384;

/** `key=value` (§3.3.1.3): a key that begins with a letter or digit, a value of visible ASCII. */
const TRACESTATE_MEMBER =
  /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

/**
 * A `tracestate` fit to be passed on: several fields joined by commas in their order, without empty
 * members. Null for one that is not valid, which is left out as a whole.
 */
export function parseTracestate(text: string | null | undefined): string | null {
  if (text == null || text.length > MAX_TRACESTATE_READ_CHARS) return null;
  const members: string[] = [];
  const keys = new Set<string>();
  for (const part of text.split(',')) {
    const member = part.replace(/^[ \t]+|[ \t]+$/g, '');
    if (member === '') continue;
    if (members.length === MAX_TRACESTATE_MEMBERS || !TRACESTATE_MEMBER.test(member)) return null;
    const key = member.slice(0, member.indexOf('='));
    if (keys.has(key)) return null;
    keys.add(key);
    members.push(member);
  }
  return members.length === 0 ? null : shorten(members);
}

function shorten(members: readonly string[]): string | null {
  const whole = members.join(',');
  if (whole.length <= MAX_TRACESTATE_CHARS) return whole;
  const kept = members.filter((member) => member.length <= LONG_MEMBER_CHARS);
  while (kept.length > 0 && kept.join(',').length > MAX_TRACESTATE_CHARS) kept.pop();
  return kept.length === 0 ? null : kept.join(',');
}

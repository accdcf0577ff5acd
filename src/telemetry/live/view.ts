/**
 * What viewers are shown: plain data that travels as JSON, between processes and to a browser.
 *
 * @module
 */

import type { Outcome, ParseProblem, StreamKind } from '../../exchange/record.ts';
import type { Era } from '../../protocol/mcp/revisions.ts';
import type { SecondCounts } from './history.ts';
import type { Payload } from './payload.ts';
import type { ToolCounts } from './tool-table.ts';

/** One line of the table of exchanges. Times are milliseconds. */
export interface ExchangeRow {
  /** What {@link LiveView.detail} takes. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly era: Era;
  readonly verb: string;
  /** JSON-RPC method of the only message, `batch` for several, null for none. */
  readonly method: string | null;
  readonly target: { readonly kind: string; readonly name: string } | null;
  readonly outcome: Outcome;
  readonly status: number;
  readonly errorCode: number | null;
  readonly durationMs: number;
  readonly upstreamMs: number | null;
  readonly overheadMs: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly stream: StreamKind;
}

/** A stream that is open. */
export interface StreamState {
  readonly id: string;
  readonly kind: StreamKind;
  readonly path: string;
  readonly openedAt: number;
  readonly events: number;
}

/** A legacy session, as seen by those who watched. */
export interface SessionState {
  /** The beginning of its id, never all of it. */
  readonly label: string;
  /** Tells sessions with the same beginning apart. */
  readonly fingerprint: string;
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  readonly exchanges: number;
}

/** How things stand at a moment. */
export interface Standing {
  readonly inFlight: number;
  readonly openStreams: number;
  /** The longest open first, at most {@link MAX_LISTED}. */
  readonly streams: readonly StreamState[];
  /** Seen last first, at most {@link MAX_LISTED}. */
  readonly sessions: readonly SessionState[];
}

export const MAX_LISTED = 50;

/** What is new since the reader asked before. */
export interface LiveUpdate {
  readonly rows: readonly ExchangeRow[];
  /** Exchanges that were not made rows: there were too many of them, or this reader was too slow. */
  readonly missed: number;
  /** Seconds that are over. */
  readonly seconds: readonly SecondCounts[];
  /** With each second; null in between. */
  readonly standing: Standing | null;
  /** Tools whose counts have changed, with their counts since the start. With each second. */
  readonly tools: readonly ToolCounts[];
}

/** A viewer's place in what is shown. Reading is what keeps it: who stops is not waited for. */
export interface LiveReader {
  read(): LiveUpdate;
  close(): void;
}

/** One event of a stream. */
export interface TimelineEvent {
  /** Milliseconds since the exchange began. */
  readonly afterMs: number;
  readonly type: string;
}

/** Everything kept of one exchange. Fields are absent as long as it is under way. */
export interface ExchangeDetail {
  /** Null while it is under way. */
  readonly row: ExchangeRow | null;
  readonly id: string;
  readonly startedAt: number;
  readonly path: string;
  readonly verb: string;
  readonly stream: StreamKind;
  readonly protocolVersion: string | null;
  readonly clientAddress: string | null;
  /** Milliseconds since the start; null where it never came to that. */
  readonly dispatchedAfterMs: number | null;
  readonly respondedAfterMs: number | null;
  readonly endedAfterMs: number | null;
  readonly reason: string | null;
  readonly calls: readonly CallDetail[];
  readonly decisions: readonly {
    policy: string;
    decision: string;
    rule: string | null;
    reason: string;
  }[];
  readonly problems: readonly ParseProblem[];
  readonly traceId: string | null;
  /** `[name, value, …]`, secrets masked; null when nobody watched as they came. */
  readonly requestHeaders: readonly string[] | null;
  readonly responseHeaders: readonly string[] | null;
  readonly events: readonly TimelineEvent[];
  /** Events that came after those, or before anybody watched. */
  readonly moreEvents: number;
  /** Only with capture. */
  readonly request: Payload | null;
  readonly response: Payload | null;
}

export interface CallDetail {
  readonly kind: string;
  readonly id: string | null;
  readonly method: string | null;
  readonly target: { readonly kind: string; readonly name: string } | null;
  readonly outcome: Outcome | null;
  readonly errorCode: number | null;
}

/** What a page or a terminal looks through. */
export interface LiveView {
  open(): LiveReader;
  /** Null when nothing is kept of it, or not any more. */
  detail(id: string): Promise<ExchangeDetail | null>;
}

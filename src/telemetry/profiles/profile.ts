/**
 * A profile: one set of metric names over the same record. Profiles get their labels ready-made,
 * so that a value is capped once and means the same in all of them.
 *
 * @module
 */

import type { ExchangeRecord, StreamKind } from '../../exchange/record.ts';

/** What a profile is told. The calls mirror `ExchangeSink`, with labels in place of wire values. */
export interface MetricsProfile {
  started?(): void;
  streamOpened?(kind: StreamKind): void;
  /** @param eventType the type as a label */
  streamEvent?(kind: StreamKind, eventType: string): void;
  /**
   * A stream announced by {@link streamOpened} is over.
   *
   * @param seconds age of its exchange
   */
  streamClosed?(kind: StreamKind, seconds: number): void;
  /** @param method the `method` label of the whole exchange */
  ended(record: ExchangeRecord, method: string): void;
}

/**
 * An SSE connection in the sense of `mcp_sse_*`: a channel the server writes to on its own
 * account. A POST answered with an event stream is a request and its response.
 */
export function isSseConnection(kind: StreamKind): boolean {
  return kind === 'get' || kind === 'listen';
}

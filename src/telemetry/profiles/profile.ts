/**
 * A profile: one set of metric names over the same record. Profiles get their labels ready-made,
 * so that a value is capped once and means the same in all of them.
 *
 * @module
 */

import type { ExchangeRecord, StreamKind } from '../../exchange/record.ts';
import type { MetricsStore } from '../metrics-store.ts';
import type { WireLabels } from '../wire-labels.ts';

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

/** Where a profile declares its families. */
export type MetricsDeclarer = Pick<MetricsStore, 'counter' | 'gauge' | 'histogram'>;

/** What profiles say of the process they run in. */
export interface ProfileFacts {
  /** Version of weir, shown by the info metrics. */
  readonly version: string;
  /** `node`, `deno`, `bun` or `workers`. */
  readonly runtime: string;
  /** The upstream address as configured; credentials in it are not shown. */
  readonly target: string;
  /** The upstream's name. */
  readonly serverName: string;
}

/** Declares the families of a profile and returns what moves them. */
export type CreateProfile = (
  store: MetricsDeclarer,
  labels: WireLabels,
  facts: ProfileFacts,
) => MetricsProfile;

/**
 * An SSE connection in the sense of `mcp_sse_*`: a channel the server writes to on its own
 * account. A POST answered with an event stream is a request and its response.
 */
export function isSseConnection(kind: StreamKind): boolean {
  return kind === 'get' || kind === 'listen';
}

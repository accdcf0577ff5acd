/**
 * Turns exchange records into metrics: one sink that feeds every chosen profile.
 *
 * @module
 */

import type { ExchangeRecord, ExchangeSink, LiveExchange, StreamKind } from '../exchange/record.ts';
import type { ExchangeTrace } from '../exchange/trace.ts';
import { DEFAULT_LABEL_LIMIT } from './label-cap.ts';
import type { ExemplarContext, MetricsStore } from './metrics-store.ts';
import type { MetricsProfileName } from './profiles/names.ts';
import { createOperatorProfile } from './profiles/operator.ts';
import type { MetricsProfile } from './profiles/profile.ts';
import { createWeirProfile } from './profiles/weir.ts';
import type { ResourceLabelMode } from './resource-label.ts';
import { WireLabels } from './wire-labels.ts';

export interface MetricsSinkOptions {
  /** Version of weir, shown by the info metrics. */
  version: string;
  /** `node`, `deno`, `bun` or `workers`. */
  runtime: string;
  /** The upstream address as configured; credentials in it are not shown. */
  target: string;
  /** Distinct values one label may take; further ones become `_other`. Default 200. */
  labelLimit?: number;
  /** What of a resource URI becomes a label. Default `template`. */
  resourceLabel?: ResourceLabelMode;
  /** Default both. */
  profiles?: readonly Extract<MetricsProfileName, 'operator' | 'weir'>[];
}

/**
 * The profiles of the scrape endpoint, in a store of one's own.
 *
 * @throws {TypeError} when the store holds other metrics under the same names
 */
export function createMetricsSink(store: MetricsStore, options: MetricsSinkOptions): ExchangeSink {
  const labels = new WireLabels({
    labelLimit: options.labelLimit ?? DEFAULT_LABEL_LIMIT,
    resourceLabel: options.resourceLabel ?? 'template',
  });
  const chosen = options.profiles ?? ['operator', 'weir'];
  const profiles: MetricsProfile[] = [];
  if (chosen.includes('operator')) profiles.push(createOperatorProfile(store, labels, options));
  if (chosen.includes('weir')) profiles.push(createWeirProfile(store, labels, options));
  return new MetricsSink([store], labels, profiles);
}

export class MetricsSink implements ExchangeSink {
  readonly #stores: readonly MetricsStore[];
  readonly #labels: WireLabels;
  readonly #profiles: readonly MetricsProfile[];
  /**
   * Streams that were announced, by sequence: only these are closed again, with the kind they
   * were opened with, so a gauge that went up comes down whatever the record says at the end.
   */
  readonly #open: Map<number, StreamKind> = new Map();

  /** @param stores those that the profiles declared their families in */
  constructor(
    stores: readonly MetricsStore[],
    labels: WireLabels,
    profiles: readonly MetricsProfile[],
  ) {
    this.#stores = stores;
    this.#labels = labels;
    this.#profiles = profiles;
  }

  started(): void {
    for (const profile of this.#profiles) profile.started?.();
  }

  streamOpened(exchange: LiveExchange): void {
    this.#open.set(exchange.sequence, exchange.stream);
    for (const profile of this.#profiles) profile.streamOpened?.(exchange.stream);
  }

  streamEvent(exchange: LiveExchange, type: string): void {
    const eventType = this.#labels.eventType(type);
    for (const profile of this.#profiles) profile.streamEvent?.(exchange.stream, eventType);
  }

  ended(record: ExchangeRecord): void {
    const kind = this.#open.get(record.sequence);
    if (kind !== undefined) {
      this.#open.delete(record.sequence);
      const seconds = record.durationMs / 1000;
      for (const profile of this.#profiles) profile.streamClosed?.(kind, seconds);
    }
    const { trace } = record;
    const isRecorded = trace?.sampled === true;
    if (isRecorded) this.#setExemplar(toExemplar(record, trace));
    const method = this.#labels.exchangeMethod(record);
    for (const profile of this.#profiles) profile.ended(record, method);
    if (isRecorded) this.#setExemplar(null);
  }

  #setExemplar(context: ExemplarContext | null): void {
    for (const store of this.#stores) store.setExemplar(context);
  }
}

function toExemplar(
  { startedAt, durationMs }: ExchangeRecord,
  { traceId, serverSpanId }: ExchangeTrace,
): ExemplarContext {
  return { traceId, spanId: serverSpanId, timestampMs: startedAt + durationMs };
}

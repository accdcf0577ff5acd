/**
 * What policies have to say of themselves beside the records of exchanges: states, and what got
 * lost. Declared only where a policy is on.
 *
 * @module
 */

import type { GaugeSeries, MetricDefinition, MetricsStore } from './metrics-store.ts';

const METRICS = {
  breakerState: {
    name: 'weir_breaker_state',
    type: 'gauge',
    help: '1 for the state the circuit breaker in front of the upstream is in, 0 for the others.',
    labels: ['state'],
  },
  breakerResults: {
    name: 'weir_breaker_results_total',
    type: 'counter',
    help: 'Calls that the circuit breaker let through, by what they said of the upstream.',
    labels: ['result'],
  },
  storeAway: {
    name: 'weir_limit_store_away',
    type: 'gauge',
    help: '1 while the store of rate limits does not answer, 0 while it does.',
    labels: ['store'],
  },
  storeFailures: {
    name: 'weir_limit_store_failures_total',
    type: 'counter',
    help: 'Decisions that the store of rate limits did not make.',
    labels: ['store'],
  },
  keySetFailures: {
    name: 'weir_auth_key_set_failures_total',
    type: 'counter',
    help: 'Failed fetches of key sets of token issuers.',
    labels: ['reason'],
  },
  auditDropped: {
    name: 'weir_audit_records_dropped_total',
    type: 'counter',
    help: 'Audit records that were lost to a sink.',
    labels: ['sink'],
  },
} as const satisfies Record<string, MetricDefinition>;

/** The states of a circuit breaker. */
export const BREAKER_STATES = ['closed', 'open', 'half_open'] as const;
export type BreakerState = (typeof BREAKER_STATES)[number];

export interface BreakerMetrics {
  entered(state: BreakerState): void;
  counted(result: 'success' | 'failure'): void;
}

/** A breaker, which begins closed. */
export function createBreakerMetrics(store: MetricsStore): BreakerMetrics {
  const family = store.gauge(METRICS.breakerState);
  const states = new Map<BreakerState, GaugeSeries>(
    BREAKER_STATES.map((state) => [state, family.with(state)]),
  );
  const enter = (entered: BreakerState): void => {
    for (const [state, series] of states) series.set(state === entered ? 1 : 0);
  };
  const results = store.counter(METRICS.breakerResults);
  const byResult = { success: results.with('success'), failure: results.with('failure') };
  enter('closed');
  return { entered: enter, counted: (result) => byResult[result].add(1) };
}

export interface LimitStoreMetrics {
  answered(): void;
  failed(): void;
}

/** @param kind `memory`, `redis`, `durable_object` */
export function createLimitStoreMetrics(store: MetricsStore, kind: string): LimitStoreMetrics {
  const away = store.gauge(METRICS.storeAway).with(kind);
  const failures = store.counter(METRICS.storeFailures).with(kind);
  away.set(0);
  return {
    answered: () => away.set(0),
    failed() {
      away.set(1);
      failures.add(1);
    },
  };
}

/** Returns what counts a failed fetch; reasons are words of weir's own. */
export function createKeySetMetrics(store: MetricsStore): (reason: string) => void {
  const failures = store.counter(METRICS.keySetFailures);
  return (reason) => failures.with(reason).add(1);
}

/**
 * Returns what counts lost records.
 *
 * @param sinks their names, shown from the start
 */
export function createAuditMetrics(
  store: MetricsStore,
  sinks: readonly string[],
): (sink: string, count: number) => void {
  const dropped = store.counter(METRICS.auditDropped);
  for (const sink of sinks) dropped.with(sink);
  return (sink, count) => dropped.with(sink).add(count);
}

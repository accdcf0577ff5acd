/**
 * Every metric there is, asked of the code that declares it.
 *
 * @module
 */

import { createLogger } from '../src/telemetry/log.ts';
import { MemoryMetricsStore } from '../src/telemetry/memory-store.ts';
import type { MetricDefinition } from '../src/telemetry/metrics-store.ts';
import { createDrops } from '../src/telemetry/otlp/drops.ts';
import {
  createAuditMetrics,
  createBreakerMetrics,
  createKeySetMetrics,
  createLimitStoreMetrics,
} from '../src/telemetry/policy-metrics.ts';
import { createProcessMetrics } from '../src/telemetry/process-metrics.ts';
import { createProfileStore } from '../src/telemetry/profile-store.ts';
import { type MetricsProfileName, PROFILE_NAMES } from '../src/telemetry/profiles/names.ts';

/** A profile, or what belongs to none. */
export type Section = MetricsProfileName | 'common';

/** The definitions of a section, by name. */
export async function definitionsOf(section: Section): Promise<Map<string, MetricDefinition>> {
  const families = section === 'common' ? commonDefinitions() : await profileDefinitions(section);
  return new Map(families.map((definition) => [definition.name, definition]));
}

export const SECTIONS: readonly Section[] = [...PROFILE_NAMES, 'common'];

async function profileDefinitions(profile: MetricsProfileName): Promise<MetricDefinition[]> {
  const { store } = await createProfileStore([profile], {
    version: '1',
    runtime: 'node',
    target: 'h:1',
    serverName: 'upstream',
  });
  return store.snapshot().map(({ definition }) => definition);
}

function commonDefinitions(): MetricDefinition[] {
  const store = new MemoryMetricsStore();
  createBreakerMetrics(store);
  createLimitStoreMetrics(store, 'redis');
  createKeySetMetrics(store);
  createAuditMetrics(store, ['stdout']);
  createDrops(store, createLogger({ level: 'error', format: 'json', write() {} }), 'metrics');
  createProcessMetrics(store, () => ({
    cpuUserSeconds: 1,
    cpuSystemSeconds: 1,
    residentBytes: 1,
    heapUsedBytes: 1,
    startTimeSeconds: 1,
    openFds: 1,
    eventLoopLagSeconds: 1,
    eventLoopUtilization: 1,
    logLinesDropped: 1,
  }));
  return store.snapshot().map(({ definition }) => definition);
}

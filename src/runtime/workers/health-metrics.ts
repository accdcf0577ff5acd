/**
 * Whether the upstream is up, as metrics: checked when they are read, for nothing runs between
 * requests. Read after everything has been added up, and so never added up itself.
 *
 * @module
 */

import { parseTarget } from '../../config/address.ts';
import type { ProxySettings } from '../../config/settings.ts';
import { MemoryMetricsStore } from '../../telemetry/memory-store.ts';
import type { FamilySnapshot } from '../../telemetry/metrics-store.ts';
import { createHealthMetrics } from '../../telemetry/profiles/health.ts';
import { expandProfiles, type MetricsProfileChoice } from '../../telemetry/profiles/names.ts';
import { OnDemandHealth } from './on-demand-health.ts';

export class HealthMetrics {
  readonly #health: OnDemandHealth;
  readonly #store: MemoryMetricsStore = new MemoryMetricsStore();
  /** Some of the profiles show it: only then is anything checked. */
  readonly #isShown: boolean;

  constructor(
    health: OnDemandHealth,
    profiles: readonly MetricsProfileChoice[],
    serverName: string,
  ) {
    this.#health = health;
    createHealthMetrics(
      this.#store,
      expandProfiles(profiles),
      serverName,
      () => health.readiness().checks.target.status === 'up',
    );
    this.#isShown = this.#store.snapshot().length > 0;
  }

  async read(): Promise<readonly FamilySnapshot[]> {
    if (!this.#isShown) return [];
    await this.#health.refresh();
    return this.#store.snapshot();
  }
}

/** Health of the upstream these settings are about. */
export function openHealth(settings: ProxySettings): OnDemandHealth {
  return new OnDemandHealth({
    url: parseTarget(settings.targetAddr).origin,
    maxAgeMs: settings.healthCheckInterval,
  });
}

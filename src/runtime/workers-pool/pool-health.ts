/**
 * Health of a sidecar whose traffic is served by workers: ready while the upstream is up and at
 * least one worker serves.
 *
 * @module
 */

import type { HealthMonitor } from '../../admin/health.ts';

type Health = Pick<HealthMonitor, 'health' | 'readiness' | 'isReady'>;

export function poolHealth(monitor: Health, pool: { readonly isServing: boolean }): Health {
  return {
    get isReady() {
      return monitor.isReady && pool.isServing;
    },
    health: () => monitor.health(),
    readiness() {
      const report = monitor.readiness();
      return pool.isServing ? report : { ...report, status: 'unhealthy' };
    },
  };
}

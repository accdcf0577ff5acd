/**
 * The gauges that say whether the upstream is there. They are set from health checks when somebody
 * looks, so they cannot drift, and in the process that makes the checks.
 *
 * @module
 */

import type { MetricDefinition, MetricsStore } from '../metrics-store.ts';
import type { MetricsProfileName } from './names.ts';

/** Of the `sidecar` profile. */
export const UPSTREAM_AVAILABLE: MetricDefinition = {
  name: 'mcp_upstream_available',
  type: 'gauge',
  help: '1 while the MCP server passes health checks, 0 while it does not.',
  labels: ['server_name'],
  merge: 'max',
};

/** Of the `generic` profile. */
export const SERVICE_STATUS: MetricDefinition = {
  name: 'service_status',
  type: 'gauge',
  help: '1 while the MCP server passes health checks, 0 while it does not.',
  labels: ['service_name'],
  merge: 'max',
};

/** Sets those of them that these profiles have before each snapshot of the store. */
export function createHealthMetrics(
  store: MetricsStore,
  profiles: readonly MetricsProfileName[],
  serverName: string,
  isUp: () => boolean,
): void {
  const gauges = [
    ...(profiles.includes('sidecar') ? [UPSTREAM_AVAILABLE] : []),
    ...(profiles.includes('generic') ? [SERVICE_STATUS] : []),
  ].map((definition) => store.gauge(definition).with(serverName));
  if (gauges.length === 0) return;
  store.onSnapshot(() => {
    const value = isUp() ? 1 : 0;
    for (const gauge of gauges) gauge.set(value);
  });
}

/**
 * Puts the rooms together for a runtime that has processes: records go to metrics and log, the
 * admin surface reads them. What differs between runtimes comes in as ports.
 *
 * @module
 */

import { type Admin, createAdmin } from '../admin/admin.ts';
import { HealthMonitor } from '../admin/health.ts';
import type { ProxySettings } from '../config/settings.ts';
import type { ExchangeSink } from '../exchange/record.ts';
import type { ProxyOptions } from '../roles/proxy/options.ts';
import { createAccessLogSink } from '../telemetry/access-log.ts';
import type { Logger } from '../telemetry/log.ts';
import { MemoryMetricsStore } from '../telemetry/memory-store.ts';
import { createMetricsSink } from '../telemetry/metrics-sink.ts';
import { createProcessMetrics, type ProcessReading } from '../telemetry/process-metrics.ts';
import { VERSION } from '../version.ts';

export interface RuntimePorts {
  /** `node`, `deno`, `bun`. */
  readonly runtime: string;
  readonly logger: Logger;
  /** Opens and closes a TCP connection to the upstream; rejects when that fails. */
  readonly probe: (signal: AbortSignal) => Promise<void>;
  readonly readProcess: () => ProcessReading;
}

export interface Composition {
  /** For {@link ProxyCore} or `createProxy`. */
  readonly proxyOptions: ProxyOptions;
  readonly health: HealthMonitor;
  readonly admin: Admin;
}

export function compose(settings: ProxySettings, ports: RuntimePorts): Composition {
  const store = new MemoryMetricsStore();
  createProcessMetrics(store, ports.readProcess);
  const sinks: ExchangeSink[] = [
    createMetricsSink(store, {
      version: VERSION,
      runtime: ports.runtime,
      target: settings.targetAddr,
      labelLimit: settings.metrics.labelLimit,
      resourceLabel: settings.metrics.resourceLabel,
    }),
  ];
  if (settings.accessLog) {
    sinks.push(
      createAccessLogSink(ports.logger.child('access'), { service: settings.upstream.name }),
    );
  }
  const health = new HealthMonitor({
    probe: ports.probe,
    intervalMs: settings.healthCheckInterval,
  });
  return {
    proxyOptions: {
      target: settings.targetAddr,
      allowedHosts: settings.allowedHosts,
      allowedOrigins: settings.allowedOrigins,
      preserveHost: settings.preserveHost,
      timeouts: settings.timeouts,
      sinks,
    },
    health,
    admin: createAdmin({ snapshot: () => store.snapshot(), health }),
  };
}

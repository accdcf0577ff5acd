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
import { createHostGuard, isLocalPeer } from '../policy/host-guard.ts';
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
  /** Answers on the admin listener. */
  readonly admin: (request: Request, peer: string | null) => Promise<Response>;
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
    admin: guardHost(
      createAdmin({
        snapshot: () => store.snapshot(),
        health,
        token: settings.admin.token,
        openHealth: true,
      }),
    ),
  };
}

/** A page somewhere on the web must not read metrics through a name it made point to loopback. */
function guardHost(admin: Admin): Composition['admin'] {
  const guard = createHostGuard({ allowedHosts: [], allowedOrigins: [] });
  return async (request, peer) => {
    const refusal = guard.check({
      host: request.headers.get('host') ?? new URL(request.url).host,
      origin: request.headers.get('origin'),
      peerIsLoopback: isLocalPeer(peer),
      scheme: 'http',
    });
    if (refusal === null) return admin.fetch(request);
    return new Response('Host or Origin is not one of this listener\n', { status: 403 });
  };
}

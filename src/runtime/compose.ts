/**
 * Puts the rooms together for a runtime that has processes: records go to metrics and log, the
 * admin surface reads them. What differs between runtimes comes in as ports.
 *
 * @module
 */

import {
  type Admin,
  type AdminAnswer,
  type AdminOptions,
  type AdminRequest,
  createAdmin,
} from '../admin/admin.ts';
import { HealthMonitor } from '../admin/health.ts';
import type { ProxySettings } from '../config/settings.ts';
import type { ExchangeSink } from '../exchange/record.ts';
import { createHostGuard, isLocalPeer } from '../policy/host-guard.ts';
import type { ProxyOptions } from '../roles/proxy/options.ts';
import { SharedTimers } from '../roles/proxy/timers.ts';
import { createAccessLogSink } from '../telemetry/access-log.ts';
import type { Logger } from '../telemetry/log.ts';
import { MemoryMetricsStore } from '../telemetry/memory-store.ts';
import { createMetricsSink } from '../telemetry/metrics-sink.ts';
import type { MetricsStore } from '../telemetry/metrics-store.ts';
import { createProcessMetrics, type ProcessReading } from '../telemetry/process-metrics.ts';
import { VERSION } from '../version.ts';
import type { Policies } from './policy-ports.ts';

export interface TrafficPorts {
  /** `node`, `deno`, `bun`. */
  readonly runtime: string;
  readonly logger: Logger;
  readonly readProcess: () => ProcessReading;
  /** Creates what is allowed. */
  readonly createPolicies: CreatePolicies;
}

/** @throws {ConfigError | StartError} when they cannot be had */
export type CreatePolicies = (
  settings: ProxySettings,
  context: { readonly logger: Logger; readonly metrics: MetricsStore },
) => Promise<Policies>;

export interface RuntimePorts extends TrafficPorts {
  /** Opens and closes a TCP connection to the upstream; rejects when that fails. */
  readonly probe: (signal: AbortSignal) => Promise<void>;
}

/** What serves traffic. */
export interface TrafficComposition {
  /** For {@link ProxyCore} or `createProxy`. */
  readonly proxyOptions: ProxyOptions;
  /** Where everything is counted. */
  readonly store: MetricsStore;
  /** Lets go of what policies hold, when no exchange is under way any more. */
  readonly closePolicies: () => Promise<void>;
}

/** What a process needs that serves both traffic and the admin listener. */
export interface Composition {
  readonly proxyOptions: ProxyOptions;
  readonly health: HealthMonitor;
  /** Answers on the admin listener. */
  readonly admin: AdminHandler;
  readonly closePolicies: TrafficComposition['closePolicies'];
}

/** `Request` and `Response` are the business of runtimes that have them anyway. */
export type AdminHandler = (request: AdminRequest, peer: string | null) => Promise<AdminAnswer>;

/** @throws {ConfigError | StartError} when a policy cannot be had */
export async function compose(settings: ProxySettings, ports: RuntimePorts): Promise<Composition> {
  const { proxyOptions, store, closePolicies } = await composeTraffic(settings, ports);
  const health = composeHealth(settings, ports.probe);
  const admin = composeAdmin(settings, { snapshot: () => store.snapshot(), health });
  return { proxyOptions, health, admin, closePolicies };
}

/** @throws {ConfigError | StartError} when a policy cannot be had */
export async function composeTraffic(
  settings: ProxySettings,
  ports: TrafficPorts,
): Promise<TrafficComposition> {
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
  const { guard, close } = await ports.createPolicies(settings, {
    logger: ports.logger,
    metrics: store,
  });
  return {
    store,
    closePolicies: close,
    proxyOptions: {
      ...(guard === null ? {} : { guard }),
      target: settings.targetAddr,
      allowedHosts: settings.allowedHosts,
      allowedOrigins: settings.allowedOrigins,
      preserveHost: settings.preserveHost,
      timeouts: settings.timeouts,
      timers: new SharedTimers(),
      sinks,
    },
  };
}

export function composeHealth(
  settings: ProxySettings,
  probe: RuntimePorts['probe'],
): HealthMonitor {
  return new HealthMonitor({ probe, intervalMs: settings.healthCheckInterval });
}

export function composeAdmin(
  settings: ProxySettings,
  { snapshot, health }: Pick<AdminOptions, 'snapshot' | 'health'>,
): AdminHandler {
  return guardHost(
    createAdmin({ snapshot, health, token: settings.admin.token, openHealth: true }),
  );
}

/** A page somewhere on the web must not read metrics through a name it made point to loopback. */
function guardHost(admin: Admin): AdminHandler {
  const guard = createHostGuard({ allowedHosts: [], allowedOrigins: [] });
  return async (request, peer) => {
    const refusal = guard.check({
      host: request.headers.get('host') ?? new URL(request.url).host,
      origin: request.headers.get('origin'),
      peerIsLoopback: isLocalPeer(peer),
      scheme: 'http',
    });
    if (refusal === null) return admin.answer(request);
    return {
      status: 403,
      headers: { 'content-type': 'text/plain;charset=UTF-8' },
      body: 'Host or Origin is not one of this listener\n',
    };
  };
}

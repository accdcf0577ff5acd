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
import type { ReadSecret } from '../delivery/secret.ts';
import type { ExchangeSink } from '../exchange/record.ts';
import { createHostGuard, isLocalPeer } from '../policy/host-guard.ts';
import type { ProxyOptions } from '../roles/proxy/options.ts';
import { SharedTimers } from '../roles/proxy/timers.ts';
import type { LiveView } from '../telemetry/live/view.ts';
import type { Logger } from '../telemetry/log.ts';
import { createMetricReaders, type MetricReaders } from '../telemetry/metric-readers.ts';
import type { MetricsStore } from '../telemetry/metrics-store.ts';
import type { Otlp } from '../telemetry/otlp/create-otlp.ts';
import { OTLP_SIGNALS, type OtlpSignal } from '../telemetry/otlp/settings.ts';
import { createProcessMetrics, type ProcessReading } from '../telemetry/process-metrics.ts';
import { VERSION } from '../version.ts';
import { openAccessLog } from './access-log.ts';
import { composeLive, gatherLive, type Live, warnOfCapture } from './live.ts';
import { OTLP_FLUSH_MS, openOtlp, readerChoices } from './otlp.ts';
import type { Policies } from './policy-ports.ts';
import { openTraces } from './traces.ts';

export interface TrafficPorts {
  /** `node`, `deno`, `bun`. */
  readonly runtime: string;
  readonly logger: Logger;
  readonly readProcess: () => ProcessReading;
  readonly readSecret: ReadSecret;
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
  readonly readers: MetricReaders;
  /** Null where nothing is exported. */
  readonly otlp: Otlp | null;
  /** What a live page can show of it; null without one. */
  readonly view: LiveView | null;
  /**
   * To be called when no exchange is under way any more: lets go of what policies hold, and delivers
   * what waits.
   */
  readonly close: () => Promise<void>;
}

/** What a process needs that serves both traffic and the admin listener. */
export interface Composition {
  readonly proxyOptions: ProxyOptions;
  readonly health: HealthMonitor;
  /** Answers on the admin listener. */
  readonly admin: AdminHandler;
  readonly live: Live | null;
  readonly close: TrafficComposition['close'];
}

/** `Request` and `Response` are the business of runtimes that have them anyway. */
export type AdminHandler = (request: AdminRequest, peer: string | null) => Promise<AdminAnswer>;

/** @throws {ConfigError | StartError} when a policy cannot be had */
export async function compose(settings: ProxySettings, ports: RuntimePorts): Promise<Composition> {
  const traffic = await composeTraffic(settings, ports, OTLP_SIGNALS);
  const { proxyOptions, readers, otlp, view, close } = traffic;
  const health = composeHealth(settings, ports.probe);
  const upstream = () => health.readiness().checks.target;
  const live = composeLive(settings, view, { runtime: ports.runtime, upstream });
  warnOfCapture(settings, ports.logger);
  readers.addHealth(settings.upstream.name, () => upstream().status === 'up');
  otlp?.exportMetrics(() => readers.push());
  const snapshot = () => readers.scrape();
  const admin = composeAdmin(settings, { snapshot, health, live: live?.page ?? null });
  return { proxyOptions, health, admin, live, close };
}

/**
 * @param signals what this process exports over OTLP
 * @throws {ConfigError | StartError} when a policy cannot be had
 */
export async function composeTraffic(
  settings: ProxySettings,
  ports: TrafficPorts,
  signals: readonly OtlpSignal[],
): Promise<TrafficComposition> {
  const readers = await createMetricReaders(readerChoices(settings), {
    version: VERSION,
    runtime: ports.runtime,
    target: settings.targetAddr,
    serverName: settings.upstream.name,
    labelLimit: settings.metrics.labelLimit,
    resourceLabel: settings.metrics.resourceLabel,
  });
  createProcessMetrics(readers.common, ports.readProcess);
  const sinks: ExchangeSink[] = [readers.sink];
  const accessLog = openAccessLog(settings, ports.logger);
  if (accessLog !== null) sinks.push(accessLog);
  const otlp = await openOtlp(settings, signals, {
    logger: ports.logger,
    store: readers.common,
    readSecret: ports.readSecret,
  });
  const logger = otlp?.tee(ports.logger) ?? ports.logger;
  if (otlp !== null && otlp.accessRecords !== null) sinks.push(otlp.accessRecords);
  const live = await gatherLive(settings);
  if (live !== null) sinks.push(...live.sinks);
  const traces = await openTraces(settings, otlp?.spans ?? null);
  if (traces !== null && traces.sink !== null) sinks.push(traces.sink);
  const policies = await ports.createPolicies(settings, { logger, metrics: readers.common });
  const { guard } = policies;
  return {
    readers,
    otlp,
    view: live?.view ?? null,
    async close() {
      await policies.close();
      await traces?.sink?.settled();
      await otlp?.close(OTLP_FLUSH_MS);
    },
    proxyOptions: {
      ...(guard === null ? {} : { guard }),
      ...(traces === null ? {} : { tracer: traces.tracer }),
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
  options: Pick<AdminOptions, 'snapshot' | 'health' | 'live'>,
): AdminHandler {
  return guardHost(createAdmin({ ...options, token: settings.admin.token, openHealth: true }));
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

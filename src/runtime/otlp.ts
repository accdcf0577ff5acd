/**
 * The export over OTLP, as a runtime opens it.
 *
 * @module
 */

import type { ProxySettings } from '../config/settings.ts';
import type { ReadSecret } from '../delivery/secret.ts';
import type { Logger } from '../telemetry/log.ts';
import type { ReaderChoices } from '../telemetry/metric-readers.ts';
import type { MetricsStore } from '../telemetry/metrics-store.ts';
import type { Otlp } from '../telemetry/otlp/create-otlp.ts';
import { endpointOf, OTLP_SIGNALS, type OtlpSignal } from '../telemetry/otlp/settings.ts';

/** How long the end of a process waits for telemetry to be delivered, in milliseconds. */
export const OTLP_FLUSH_MS = 5000;

export interface OtlpRuntimePorts {
  readonly logger: Logger;
  /** Where losses are counted; null where nothing can be. */
  readonly store: MetricsStore | null;
  readonly readSecret: ReadSecret;
  /** `manual` where nothing runs outside of a request. Default `timers`. */
  readonly start?: 'timers' | 'manual';
  /** Default: one of its own for each call. */
  readonly instanceId?: string;
}

/**
 * Null where nothing is exported; then nothing is loaded either.
 *
 * @param signals those that this process exports, as far as the settings want them
 */
export async function openOtlp(
  settings: ProxySettings,
  signals: readonly OtlpSignal[],
  ports: OtlpRuntimePorts,
): Promise<Otlp | null> {
  const isHere = (signal: OtlpSignal) => signals.includes(signal);
  const { metrics, traces, logs } = settings.otlp;
  const otlp: ProxySettings['otlp'] = {
    ...settings.otlp,
    metrics: isHere('metrics') ? metrics : { ...metrics, exporter: 'none' },
    traces: isHere('traces') ? traces : { ...traces, exporter: 'none' },
    logs: isHere('logs') ? logs : { ...logs, exporter: 'none' },
  };
  if (!isExporting(otlp)) return null;
  const { createOtlp } = await import('../telemetry/otlp/create-otlp.ts');
  return createOtlp(
    {
      otlp,
      service: settings.service,
      upstream: settings.upstream.name,
      logLevel: settings.logLevel,
      hashKey: settings.traces.hashKey,
    },
    {
      logger: ports.logger.child('otlp'),
      store: ports.store,
      fetch: (url, init) => fetch(url, init),
      readSecret: ports.readSecret,
      start: ports.start ?? 'timers',
      instanceId: ports.instanceId ?? crypto.randomUUID(),
      random: Math.random,
    },
  );
}

/** Whether any signal is exported. */
export function isExporting(otlp: ProxySettings['otlp']): boolean {
  return OTLP_SIGNALS.some((signal) => endpointOf(otlp, signal) !== null);
}

/** The profiles of both readers of metrics. */
export function readerChoices({ metrics, otlp }: ProxySettings): ReaderChoices {
  return {
    scrape: metrics.profiles,
    push: endpointOf(otlp, 'metrics') === null ? null : otlp.metrics.profiles,
  };
}

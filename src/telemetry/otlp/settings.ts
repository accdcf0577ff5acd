/**
 * Settings of the export over OTLP, resolved: times in milliseconds.
 *
 * @module
 */

import type { MetricsProfileChoice } from '../profiles/names.ts';

export type OtlpSignal = 'metrics' | 'traces' | 'logs';
export const OTLP_SIGNALS: readonly OtlpSignal[] = ['metrics', 'traces', 'logs'];

export type OtlpProtocol = 'http/protobuf' | 'http/json';
export type OtlpCompression = 'gzip' | 'none';

/**
 * What a counter or histogram tells: everything since the start, or what was added since the last
 * export. `lowmemory` is `delta` but for counters that are read from somewhere, not counted here.
 */
export type OtlpTemporality = 'cumulative' | 'delta' | 'lowmemory';

/** What one signal does differently; null for what it does as all. */
export interface OtlpSignalSettings {
  exporter: 'otlp' | 'none';
  /** Complete URL. Without one the signal goes to `/v1/<signal>` below the common one. */
  endpoint: string | null;
  /** `name=value`, percent-encoded. Secret. */
  headers: string[] | null;
  timeout: number | null;
  protocol: OtlpProtocol | null;
  compression: OtlpCompression | null;
}

/** A signal that waits in a queue. */
export interface OtlpQueueSettings extends OtlpSignalSettings {
  /** Items that may wait; further ones are dropped. */
  queueRecords: number;
  /** Items of one request. */
  batchRecords: number;
  /** How long the first item of a request may wait for others. */
  batchInterval: number;
}

export interface OtlpSettings {
  /** Nothing is exported, whatever else is set. */
  disabled: boolean;
  /** Base URL of a collector; without one, and without one of its own, a signal is not exported. */
  endpoint: string | null;
  /** `name=value`, percent-encoded. Secret. */
  headers: string[];
  /** File with further headers, as in the variable; read for every request. */
  headersFile: string | null;
  /** Until the answer to one request. */
  timeout: number;
  protocol: OtlpProtocol;
  compression: OtlpCompression;
  /** `name=value`, percent-encoded. */
  resourceAttributes: string[];
  /** Between two exports of metrics. */
  metricInterval: number;
  metrics: OtlpSignalSettings & {
    /** The sets of names that are exported. */
    profiles: MetricsProfileChoice[];
    temporality: OtlpTemporality;
  };
  traces: OtlpQueueSettings;
  /** `access` is one record per exchange, `all` also what weir logs of itself. */
  logs: OtlpQueueSettings & { content: 'access' | 'all' };
}

/** Where a signal goes; null when it is not exported. */
export function endpointOf(settings: OtlpSettings, signal: OtlpSignal): string | null {
  const { exporter, endpoint } = settings[signal];
  if (settings.disabled || exporter === 'none') return null;
  if (endpoint !== null) return endpoint;
  return settings.endpoint === null
    ? null
    : `${settings.endpoint.replace(/\/+$/, '')}/v1/${signal}`;
}

export function protocolOf(settings: OtlpSettings, signal: OtlpSignal): OtlpProtocol {
  return settings[signal].protocol ?? settings.protocol;
}

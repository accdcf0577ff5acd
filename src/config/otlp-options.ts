/**
 * The section `otlp` of weir.yaml, with the variables of the OpenTelemetry specification
 * (configuration/sdk-environment-variables, protocol/exporter).
 *
 * @module
 */

import type * as z from 'zod/mini';
import type { OtlpSettings, OtlpSignal } from '../telemetry/otlp/settings.ts';
import { millisecondsIn, sameAs } from './aliases.ts';
import { checkHttpUrl } from './checks.ts';
import { choice, duration, integer, text, toggle } from './kinds.ts';
import { metricsProfiles } from './metrics-profiles.ts';
import { type OptionMeta, option, optional, section } from './option.ts';
import { attributePairs, headerPairs, otlpProtocol } from './otlp-kinds.ts';

/** Most items that can be allowed to wait. */
const MAX_QUEUE_RECORDS = 100_000;
const MAX_BATCH_RECORDS = 10_000;

const url = text({ placeholder: 'url', allowed: 'http(s) URL', check: checkHttpUrl });

type Meta = Omit<OptionMeta, 'group'>;

function meta(description: string, example: string, rest: Partial<Meta> = {}): OptionMeta {
  return { group: 'Export over OTLP', description, example, ...rest };
}

/** What every signal can do differently. */
function signalOptions(signal: OtlpSignal) {
  const variable = `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}`;
  return {
    exporter: option(
      choice(['otlp', 'none']),
      'otlp',
      meta(`Whether ${signal} are exported, where there is an endpoint`, 'none', {
        aliases: [sameAs(`OTEL_${signal.toUpperCase()}_EXPORTER`)],
      }),
    ),
    endpoint: optional(
      url,
      meta(
        `Where ${signal} go, as a complete URL, instead of /v1/${signal} below otlp.endpoint`,
        `http://localhost:4318/v1/${signal}`,
        { aliases: [sameAs(`${variable}_ENDPOINT`)] },
      ),
    ),
    headers: optional(
      headerPairs(),
      meta(`Header fields for ${signal}, instead of otlp.headers`, 'Authorization=Bearer%20abc', {
        secret: true,
        aliases: [sameAs(`${variable}_HEADERS`)],
      }),
    ),
    timeout: optional(
      duration(),
      meta(`Longest wait for the answer to one request with ${signal}`, '5s', {
        aliases: [millisecondsIn(`${variable}_TIMEOUT`)],
      }),
    ),
    protocol: optional(
      otlpProtocol(),
      meta(`How ${signal} are written`, 'http/json', { aliases: [sameAs(`${variable}_PROTOCOL`)] }),
    ),
    compression: optional(
      choice(['gzip', 'none']),
      meta(`How ${signal} are compressed`, 'gzip', {
        aliases: [sameAs(`${variable}_COMPRESSION`)],
      }),
    ),
  };
}

/** The bounds of what waits. `BSP` and `BLRP` are what OpenTelemetry calls the two processors. */
function queueOptions(signal: 'traces' | 'logs', what: string, prefix: 'BSP' | 'BLRP') {
  return {
    queueRecords: option(
      integer(1, MAX_QUEUE_RECORDS),
      2048,
      meta(`${what} that may wait; further ones are dropped and counted`, '10000', {
        aliases: [sameAs(`OTEL_${prefix}_MAX_QUEUE_SIZE`)],
      }),
    ),
    batchRecords: option(
      integer(1, MAX_BATCH_RECORDS),
      512,
      meta(`${what} of one request`, '1000', {
        aliases: [sameAs(`OTEL_${prefix}_MAX_EXPORT_BATCH_SIZE`)],
      }),
    ),
    batchInterval: option(
      duration('at once'),
      signal === 'traces' ? '5s' : '1s',
      meta(`How long one of the ${signal} may wait for others`, '2s', {
        aliases: [millisecondsIn(`OTEL_${prefix}_SCHEDULE_DELAY`)],
      }),
    ),
  };
}

export const otlpSection: z.ZodMiniType<
  OtlpSettings,
  Readonly<Record<string, unknown>> | undefined
> = section({
  disabled: option(
    toggle(),
    false,
    meta('Export nothing, whatever else is set', 'true', {
      aliases: [sameAs('OTEL_SDK_DISABLED')],
    }),
  ),
  endpoint: optional(
    url,
    meta(
      'Base URL of an OpenTelemetry collector that metrics, traces and logs are sent to',
      'http://localhost:4318',
      { aliases: [sameAs('OTEL_EXPORTER_OTLP_ENDPOINT')] },
    ),
  ),
  headers: option(
    headerPairs(),
    [],
    meta('Header fields of every request', 'Authorization=Bearer%20abc', {
      secret: true,
      aliases: [sameAs('OTEL_EXPORTER_OTLP_HEADERS')],
    }),
  ),
  headersFile: optional(
    text({ placeholder: 'file', allowed: 'path of a file' }),
    meta(
      'File with further header fields, as otlp.headers writes them; read again for every request',
      '/run/secrets/otlp-headers',
    ),
  ),
  timeout: option(
    duration(),
    '10s',
    meta('Longest wait for the answer to one request', '5s', {
      aliases: [millisecondsIn('OTEL_EXPORTER_OTLP_TIMEOUT')],
    }),
  ),
  protocol: option(
    otlpProtocol(),
    'http/protobuf',
    meta('How telemetry is written', 'http/json', {
      aliases: [sameAs('OTEL_EXPORTER_OTLP_PROTOCOL')],
    }),
  ),
  compression: option(
    choice(['gzip', 'none']),
    'none',
    meta('How telemetry is compressed', 'gzip', {
      aliases: [sameAs('OTEL_EXPORTER_OTLP_COMPRESSION')],
    }),
  ),
  resourceAttributes: option(
    attributePairs(),
    [],
    meta(
      'Further attributes of this process; prompts, message contents and tokens are left out, and users too',
      'k8s.namespace.name=payments',
      { aliases: [sameAs('OTEL_RESOURCE_ATTRIBUTES')] },
    ),
  ),
  metricInterval: option(
    duration(),
    '10s',
    meta('Time between two exports of metrics', '60s', {
      aliases: [millisecondsIn('OTEL_METRIC_EXPORT_INTERVAL')],
    }),
  ),
  metrics: section({
    ...signalOptions('metrics'),
    profiles: option(
      metricsProfiles(),
      ['sidecar'],
      meta('The sets of names that are exported, as metrics.profiles has them', 'sidecar,weir'),
    ),
    temporality: option(
      choice(['cumulative', 'delta', 'lowmemory']),
      'cumulative',
      meta(
        'What counters and histograms tell: everything since the start, or what was added since the last export. lowmemory is delta but for counters that are read from the system',
        'delta',
        { aliases: [sameAs('OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE')] },
      ),
    ),
  }),
  traces: section({ ...signalOptions('traces'), ...queueOptions('traces', 'Spans', 'BSP') }),
  logs: section({
    ...signalOptions('logs'),
    ...queueOptions('logs', 'Log records', 'BLRP'),
    content: option(
      choice(['access', 'all']),
      'access',
      meta('Which logs: one record per exchange, or also what weir says of itself', 'all'),
    ),
  }),
});

/**
 * Values of the section `otlp`, right and wrong, for the tests that go through every setting.
 *
 * @module
 */

import type { ProxySettings } from '../../src/config/settings.ts';
import { OTLP_SIGNALS } from '../../src/telemetry/otlp/settings.ts';
import type { Sample } from './samples.ts';

type Make = (text: string, value?: unknown, yaml?: string, shown?: unknown) => Sample;

export function otlpSamples(sample: Make): Record<string, Sample> {
  const secret = (text: string): Sample => sample(text, [text], `[${text}]`, '(secret)');
  const samples: Record<string, Sample> = {
    'otlp.disabled': sample('true', true),
    'otlp.endpoint': sample('http://collector:4318'),
    'otlp.headers': secret('Authorization=Bearer%20a'),
    'otlp.headersFile': sample('/run/otlp'),
    'otlp.timeout': sample('3s', 3_000, '3s', '3s'),
    'otlp.protocol': sample('http/json'),
    'otlp.compression': sample('gzip'),
    'otlp.resourceAttributes': sample('a=b, c=%20', ['a=b', 'c=%20'], '[a=b, c=%20]'),
    'otlp.metricInterval': sample('60s', 60_000, '60s', '1m'),
  };
  for (const signal of OTLP_SIGNALS) {
    samples[`otlp.${signal}.exporter`] = sample('none');
    samples[`otlp.${signal}.endpoint`] = sample('https://collector/x');
    samples[`otlp.${signal}.headers`] = secret('x-key=1');
    samples[`otlp.${signal}.timeout`] = sample('2s', 2_000, '2s', '2s');
    samples[`otlp.${signal}.protocol`] = sample('http/json');
    samples[`otlp.${signal}.compression`] = sample('gzip');
    if (signal === 'metrics') {
      samples['otlp.metrics.profiles'] = sample(
        'semconv,operator',
        ['semconv', 'operator'],
        '[semconv, operator]',
      );
      samples['otlp.metrics.temporality'] = sample('delta');
      continue;
    }
    samples[`otlp.${signal}.queueRecords`] = sample('100', 100);
    samples[`otlp.${signal}.batchRecords`] = sample('10', 10);
    samples[`otlp.${signal}.batchInterval`] = sample('0', 0, '0', '0s');
  }
  samples['otlp.logs.content'] = sample('all');
  return samples;
}

const LIKE_ALL = {
  exporter: 'otlp',
  endpoint: null,
  headers: null,
  timeout: null,
  protocol: null,
  compression: null,
} as const;

const QUEUE = { queueRecords: 2048, batchRecords: 512 } as const;

export const OTLP_DEFAULTS: ProxySettings['otlp'] = {
  disabled: false,
  endpoint: null,
  headers: [],
  headersFile: null,
  timeout: 10_000,
  protocol: 'http/protobuf',
  compression: 'none',
  resourceAttributes: [],
  metricInterval: 10_000,
  metrics: { ...LIKE_ALL, profiles: ['sidecar'], temporality: 'cumulative' },
  traces: { ...LIKE_ALL, ...QUEUE, batchInterval: 5_000 },
  logs: { ...LIKE_ALL, ...QUEUE, batchInterval: 1_000, content: 'access' },
};

const URL = 'must be an http:// or https:// URL, such as "http://localhost:4318"';
const DURATION =
  'must be a duration with its unit (ms, s, m, h), such as "10s", "250ms" or "1m30s"';
const GRPC =
  'must be http/protobuf or http/json, for gRPC does not run on every platform of weir: give the HTTP port of the collector, usually 4318';

/** Flag with a wrong value, and what is said of it. */
export const OTLP_WRONG: readonly (readonly [string, string])[] = [
  ['--otlp-disabled=2', '--otlp-disabled "2": must be true or false'],
  ['--otlp-endpoint=collector:4317', `--otlp-endpoint "collector:4317": ${URL}`],
  ['--otlp-headers=Authorization', '--otlp-headers: must have the form field=value'],
  ['--otlp-headers=a b=c', '--otlp-headers: has a name that is no header field'],
  ['--otlp-headers=a=%0d%0ab', '--otlp-headers: has a value that no header field can have'],
  [
    '--otlp-headers=a=100%',
    '--otlp-headers: has a value that is not percent-encoded: write % as %25',
  ],
  ['--otlp-headers-file=', '--otlp-headers-file "": must not be empty'],
  ['--otlp-timeout=10', `--otlp-timeout "10": ${DURATION}`],
  ['--otlp-protocol=grpc', `--otlp-protocol "grpc": ${GRPC}`],
  [
    '--otlp-protocol=http/jsn',
    '--otlp-protocol "http/jsn": must be one of http/protobuf, http/json; did you mean http/json?',
  ],
  ['--otlp-compression=zstd', '--otlp-compression "zstd": must be one of gzip, none'],
  [
    '--otlp-resource-attributes==1',
    '--otlp-resource-attributes "=1": must have the form name=value',
  ],
  ['--otlp-metric-interval=0s', '--otlp-metric-interval "0s": must be longer than 0'],
  [
    '--otlp-metrics-profiles=semcnv',
    '--otlp-metrics-profiles "semcnv": must be one of operator, weir, sidecar, semconv, generic, all; did you mean semconv?',
  ],
  [
    '--otlp-metrics-temporality=deltas',
    '--otlp-metrics-temporality "deltas": must be one of cumulative, delta, lowmemory; did you mean delta?',
  ],
  ['--otlp-logs-content=none', '--otlp-logs-content "none": must be one of access, all'],
  ...OTLP_SIGNALS.flatMap((signal): (readonly [string, string])[] => [
    [
      `--otlp-${signal}-exporter=console`,
      `--otlp-${signal}-exporter "console": must be one of otlp, none`,
    ],
    [`--otlp-${signal}-endpoint=x`, `--otlp-${signal}-endpoint "x": ${URL}`],
    [`--otlp-${signal}-headers==`, `--otlp-${signal}-headers: must have the form field=value`],
    [`--otlp-${signal}-timeout=0`, `--otlp-${signal}-timeout "0": must be longer than 0`],
    [`--otlp-${signal}-protocol=grpc`, `--otlp-${signal}-protocol "grpc": ${GRPC}`],
    [
      `--otlp-${signal}-compression=br`,
      `--otlp-${signal}-compression "br": must be one of gzip, none`,
    ],
  ]),
  ...['traces', 'logs'].flatMap((signal): (readonly [string, string])[] => [
    [
      `--otlp-${signal}-queue-records=0`,
      `--otlp-${signal}-queue-records "0": must be a whole number from 1 to 100000`,
    ],
    [
      `--otlp-${signal}-batch-records=0`,
      `--otlp-${signal}-batch-records "0": must be a whole number from 1 to 10000`,
    ],
    [`--otlp-${signal}-batch-interval=1`, `--otlp-${signal}-batch-interval "1": ${DURATION}`],
  ]),
];

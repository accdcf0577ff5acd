/**
 * For every setting: a value other than its default, as text, as YAML, and resolved.
 *
 * @module
 */

import { otlpSamples } from './otlp-values.ts';

export interface Sample {
  /** As in a flag or a variable. */
  text: string;
  /** As in weir.yaml, behind the key's colon. */
  yaml: string;
  /** In the resolved settings. */
  value: unknown;
  /** As `config explain` shows it. */
  shown: unknown;
}

function sample(text: string, value: unknown = text, yaml = text, shown = value): Sample {
  return { text, yaml, value, shown };
}

export const SAMPLES: Readonly<Record<string, Sample>> = {
  targetAddr: sample('http://mcp.internal:3001/team'),
  listenAddr: sample('[::1]:8443', '[::1]:8443', '"[::1]:8443"'),
  metricsAddr: sample('127.0.0.1:0'),
  logLevel: sample('debug'),
  logFormat: sample('json'),
  accessLog: sample('false', false),
  'tls.enabled': sample('true', true),
  'tls.certFile': sample('/secrets/a b.crt'),
  'tls.keyFile': sample('/secrets/tls.key'),
  'tls.minVersion': sample('1.3'),
  'tls.clientCaFile': sample('/secrets/clients.crt'),
  healthCheckInterval: sample('1m30s', 90_000, '1m30s', '1m30s'),
  allowedHosts: sample(
    'a.example, b.example:8080',
    ['a.example', 'b.example:8080'],
    '[a.example, b.example:8080]',
  ),
  allowedOrigins: sample(
    'https://a.example,vscode-webview://x',
    ['https://a.example', 'vscode-webview://x'],
    '\n  - https://a.example\n  - vscode-webview://x',
  ),
  preserveHost: sample('true', true),
  apiKeyDigests: sample(
    `${'ab'.repeat(32)},${'CD'.repeat(32)}`,
    ['ab'.repeat(32), 'CD'.repeat(32)],
    `[${'ab'.repeat(32)}, ${'CD'.repeat(32)}]`,
    '(secret)',
  ),
  insecureNoAuth: sample('true', true),
  'upstream.name': sample('payments'),
  'upstream.caFile': sample('/etc/weir/ca.crt'),
  'upstream.serverName': sample('mcp.internal'),
  'timeouts.connect': sample('5s', 5_000, '5s', '5s'),
  'timeouts.responseHead': sample('2m', 120_000, '2m', '2m'),
  'timeouts.idleStream': sample('10m', 600_000, '10m', '10m'),
  'timeouts.total': sample('1h', 3_600_000, '1h', '1h'),
  shutdownGrace: sample('0', 0, '0', '0s'),
  'metrics.profiles': sample('sidecar,all', ['sidecar', 'all'], '[sidecar, all]'),
  'metrics.labelLimit': sample('500', 500),
  'metrics.resourceLabel': sample('scheme'),
  livePage: sample('false', false),
  capture: sample('true', true),
  captureBytes: sample('67108864', 67_108_864),
  workers: sample('auto'),
  nodeShell: sample('fetch'),
  'admin.token': sample('s3cret-s3cret', 's3cret-s3cret', 's3cret-s3cret', '(secret)'),
  'admin.prefix': sample('/ops/weir'),
  'service.name': sample('payments-proxy'),
  'service.version': sample('1.10', '1.10', '"1.10"'),
  'service.environment': sample('production'),
  ...otlpSamples(sample),
  'traces.mode': sample('on'),
  'traces.propagators': sample('b3,none', ['b3', 'none'], '[b3, none]'),
  'traces.sampler': sample('parentbased_traceidratio'),
  'traces.samplerArg': sample('0.25', 0.25),
  'traces.errors': sample('false', false),
  'traces.parent': sample('http'),
  'traces.rewriteMeta': sample('true', true),
  'traces.content': sample('arguments'),
  'traces.maxContentBytes': sample('1024', 1024),
  'traces.hashKey': sample(
    'a-key-of-16-bytes-or-more',
    'a-key-of-16-bytes-or-more',
    'a-key-of-16-bytes-or-more',
    '(secret)',
  ),
};

/** A weir.yaml with one setting. */
export function yamlOf(key: string, yaml: string): string {
  const path = key.split('.');
  const keys = path.map((name, depth) => `${'  '.repeat(depth)}${name}:`);
  return `${keys.join('\n')} ${yaml}\n`;
}

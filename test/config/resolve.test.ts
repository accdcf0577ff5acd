import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explainSettings } from '../../src/config/explain.ts';
import { readFlags } from '../../src/config/flags.ts';
import type { Option } from '../../src/config/option.ts';
import { NO_POLICIES } from '../../src/config/policy-sections.ts';
import { resolveFromEnv, resolveSettings } from '../../src/config/resolve.ts';
import { PROXY_OPTIONS } from '../../src/config/schema.ts';
import type { ProxySettings } from '../../src/config/settings.ts';
import { settingFlags } from '../../src/config/sources.ts';
import { readYamlSettings } from '../../src/config/yaml-file.ts';
import { OTLP_DEFAULTS } from './otlp-values.ts';
import { SAMPLES, yamlOf } from './samples.ts';

const DEFAULTS: ProxySettings = {
  targetAddr: 'localhost:3001',
  listenAddr: ':8080',
  metricsAddr: ':9090',
  logLevel: 'info',
  logFormat: 'auto',
  accessLog: true,
  tls: {
    enabled: false,
    certFile: '/etc/tls/tls.crt',
    keyFile: '/etc/tls/tls.key',
    minVersion: '1.2',
    clientCaFile: null,
  },
  healthCheckInterval: 10_000,
  allowedHosts: [],
  allowedOrigins: [],
  preserveHost: false,
  apiKeyDigests: [],
  insecureNoAuth: false,
  upstream: { name: 'upstream', caFile: null, serverName: null },
  timeouts: { connect: 30_000, responseHead: 30_000, idleStream: 0, total: 0 },
  shutdownGrace: 10_000,
  metrics: { profiles: ['operator', 'weir'], labelLimit: 200, resourceLabel: 'template' },
  livePage: true,
  capture: false,
  captureBytes: 16_777_216,
  workers: 1,
  nodeShell: 'native',
  admin: { token: null, prefix: '/_weir' },
  service: { name: 'mcp-sidecar', version: null, environment: 'dev' },
  otlp: OTLP_DEFAULTS,
  traces: {
    mode: 'auto',
    propagators: ['tracecontext', 'baggage'],
    sampler: 'parentbased_always_on',
    samplerArg: 1,
    errors: true,
    parent: 'meta',
    rewriteMeta: false,
    content: 'off',
    maxContentBytes: 4096,
    hashKey: null,
  },
  policies: NO_POLICIES,
};

const flagsOf = (...args: string[]) => readFlags(args, settingFlags(PROXY_OPTIONS));

const at = (settings: ProxySettings, { path }: Option): unknown =>
  path.reduce<unknown>((node, name) => (node as Record<string, unknown>)[name], settings);

/** A target, unless the option under test is the target, and what else the option asks for. */
const targetFlag = ({ key }: Option) => [
  ...(key === 'targetAddr' ? [] : ['--target-addr=localhost:3001']),
  ...(key === 'capture' ? ['--metrics-addr=127.0.0.1:9090'] : []),
];

describe('resolveSettings defaults', () => {
  it('are exactly these', () => {
    const { settings, origins } = resolveSettings({
      flags: flagsOf('--target-addr=localhost:3001'),
    });
    expect(settings).toEqual(DEFAULTS);
    expect(origins.get('targetAddr')).toEqual({
      source: 'flag',
      name: '--target-addr',
      overrides: [],
    });
    for (const [key, origin] of origins) {
      if (key !== 'targetAddr')
        expect(origin).toEqual({ source: 'default', name: '', overrides: [] });
    }
    expect([...origins.keys()]).toEqual(PROXY_OPTIONS.map(({ key }) => key));
  });

  it('are not shared between results', () => {
    const first = resolveFromEnv({ WEIR_TARGET_ADDR: 'localhost:3001' }).settings;
    first.allowedHosts.push('evil.example');
    first.tls.enabled = true;
    expect(resolveFromEnv({ WEIR_TARGET_ADDR: 'localhost:3001' }).settings).toEqual(DEFAULTS);
  });
});

describe('PROXY_OPTIONS', () => {
  it('has a sample for every setting', () => {
    expect(PROXY_OPTIONS.map(({ key }) => key)).toEqual(Object.keys(SAMPLES));
  });

  it('spells flags and variables after the key', () => {
    const spelled = PROXY_OPTIONS.map(({ key, flag, env }) => `${key} --${flag} ${env}`);
    expect(spelled).toContain('tls.certFile --tls-cert-file WEIR_TLS_CERT_FILE');
    expect(spelled).toContain(
      'timeouts.responseHead --timeout-response-head WEIR_TIMEOUT_RESPONSE_HEAD',
    );
    expect(new Set(PROXY_OPTIONS.map(({ flag }) => flag)).size).toBe(PROXY_OPTIONS.length);
  });
});

describe.each(PROXY_OPTIONS)('resolveSettings $key', (option) => {
  const { text, yaml, value, shown } = SAMPLES[option.key]!;
  const file = readYamlSettings(yamlOf(option.key, yaml), 'weir.yaml');
  const fileName = `weir.yaml:${option.path.length}`;

  it('comes from its flag', () => {
    const flags = flagsOf(...targetFlag(option), `--${option.flag}=${text}`);
    const { settings, origins } = resolveSettings({ flags });
    expect(at(settings, option)).toEqual(value);
    expect(origins.get(option.key)).toMatchObject({ source: 'flag', name: `--${option.flag}` });
  });

  it('comes from its variable', () => {
    const flags = flagsOf(...targetFlag(option));
    const { settings, origins } = resolveSettings({ flags, env: { [option.env]: text } });
    expect(at(settings, option)).toEqual(value);
    expect(origins.get(option.key)).toMatchObject({ source: 'environment', name: option.env });
  });

  it('comes from its key in the file', () => {
    const { settings, origins } = resolveSettings({ flags: flagsOf(...targetFlag(option)), file });
    expect(at(settings, option)).toEqual(value);
    expect(origins.get(option.key)).toMatchObject({ source: 'file', name: fileName });
  });

  it('prefers flag over variable over file, and says so', () => {
    const flags = flagsOf(...targetFlag(option), `--${option.flag}=${text}`);
    const env = { [option.env]: text };
    expect(resolveSettings({ flags, env, file }).origins.get(option.key)).toEqual({
      source: 'flag',
      name: `--${option.flag}`,
      overrides: [
        { source: 'environment', name: option.env },
        { source: 'file', name: fileName },
      ],
    });
    const without = flagsOf(...targetFlag(option));
    expect(resolveSettings({ flags: without, env, file }).origins.get(option.key)).toEqual({
      source: 'environment',
      name: option.env,
      overrides: [{ source: 'file', name: fileName }],
    });
  });

  it('does not look at weaker values', () => {
    const wrong = { [option.env]: '\u0001' };
    const flags = flagsOf(...targetFlag(option), `--${option.flag}=${text}`);
    expect(at(resolveSettings({ flags, env: wrong }).settings, option)).toEqual(value);
  });

  it('is explained', () => {
    const flags = flagsOf(...targetFlag(option), `--${option.flag}=${text}`);
    const explained = explainSettings(resolveSettings({ flags }));
    expect(explained.find(({ key }) => key === option.key)).toEqual({
      key: option.key,
      value: shown,
      source: 'flag',
      name: `--${option.flag}`,
      overrides: [],
    });
  });
});

describe('resolveSettings lists', () => {
  it('grow with each flag, and by commas', () => {
    const { settings } = resolveSettings({
      flags: flagsOf(
        '--target-addr=h:1',
        '--allowed-hosts=a,b',
        '--allowed-hosts',
        'c',
        '-allowed-hosts= d , ',
      ),
    });
    expect(settings.allowedHosts).toEqual(['a', 'b', 'c', 'd']);
  });

  it('are not merged between sources', () => {
    const { settings } = resolveSettings({
      flags: flagsOf('--target-addr=h:1', '--allowed-hosts=a'),
      env: { WEIR_ALLOWED_HOSTS: 'b' },
    });
    expect(settings.allowedHosts).toEqual(['a']);
  });

  it('can be emptied by a flag', () => {
    const { settings } = resolveSettings({
      flags: flagsOf('--target-addr=h:1', '--allowed-hosts='),
      env: { WEIR_ALLOWED_HOSTS: 'b' },
    });
    expect(settings.allowedHosts).toEqual([]);
  });
});

describe('resolveSettings flags', () => {
  it('take the last of several values, as Go programs do', () => {
    const { settings } = resolveSettings({
      flags: flagsOf('--target-addr=a:1', '--target-addr=b:1', '--tls-enabled', '--no-tls-enabled'),
    });
    expect(settings.targetAddr).toBe('b:1');
    expect(settings.tls.enabled).toBe(false);
  });

  it('accept exactly what an operator writes into a sidecar', () => {
    const args = [
      '--target-addr=localhost:3001',
      '--listen-addr=:8080',
      '--metrics-addr=:9090',
      '--log-level=info',
      '--tls-enabled',
      '--tls-cert-file=/etc/tls/tls.crt',
      '--tls-key-file=/etc/tls/tls.key',
      '--tls-min-version=1.2',
      '--health-check-interval=10s',
    ];
    const expected = { ...DEFAULTS, tls: { ...DEFAULTS.tls, enabled: true } };
    expect(resolveSettings({ flags: flagsOf(...args) }).settings).toEqual(expected);
    const singleDash = args.map((arg) => arg.slice(1));
    expect(resolveSettings({ flags: flagsOf(...singleDash) }).settings).toEqual(expected);
    const separate = args.flatMap((arg) => arg.split('='));
    expect(resolveSettings({ flags: flagsOf(...separate) }).settings).toEqual(expected);
  });

  it('round trip: any set of samples in any order and style is read back', () => {
    // A target has to be there, and capture is refused beside some values of others.
    const options = PROXY_OPTIONS.filter(({ key }) => key !== 'targetAddr' && key !== 'capture');
    const style = fc.constantFrom('--x=y', '-x=y', '--x y', '-x y');
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...options]),
        fc.array(style, { minLength: options.length, maxLength: options.length }),
        (chosen, styles) => {
          const args = chosen.flatMap((option, i) => {
            const separate = styles[i]!.includes(' ') && option.kind !== 'boolean';
            const name = `${styles[i]!.startsWith('--') ? '--' : '-'}${option.flag}`;
            const { text } = SAMPLES[option.key]!;
            return separate ? [name, text] : [`${name}=${text}`];
          });
          const { settings } = resolveSettings({ flags: flagsOf('--target-addr=h:1', ...args) });
          const keys = new Set(chosen.map(({ key }) => key));
          for (const option of options) {
            const expected = keys.has(option.key)
              ? SAMPLES[option.key]!.value
              : at(DEFAULTS, option);
            expect(at(settings, option)).toEqual(expected);
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});

import { describe, expect, it } from 'vitest';
import { OTHER_ROLE_VARIABLES } from '../../src/config/aliases.ts';
import { explainUnusedVariables } from '../../src/config/explain.ts';
import { ConfigError } from '../../src/config/problem.ts';
import { resolveFromEnv, resolveSettings } from '../../src/config/resolve.ts';
import { readYamlSettings } from '../../src/config/yaml-file.ts';

const TARGET = { WEIR_TARGET_ADDR: 'localhost:3001' };

function resolve(env: Record<string, unknown>) {
  return resolveFromEnv({ ...TARGET, ...env });
}

function lines(env: Record<string, unknown>): string[] {
  try {
    resolve(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ line }) => line);
    throw error;
  }
  return [];
}

describe('resolveFromEnv aliases', () => {
  it('read every name of the environment-only sidecar', () => {
    const { settings, origins } = resolveFromEnv({
      MCP_UPSTREAM_URL: 'http://localhost:3001/mcp',
      MCP_UPSTREAM_NAME: 'everything',
      MCP_UPSTREAM_TIMEOUT_MS: '1500',
      PORT: '4000',
      HOST: '0.0.0.0',
      OTEL_SERVICE_NAME: 'my-sidecar',
      SERVICE_VERSION: '0.2.0',
      OTEL_ENV: 'staging',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318',
      OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=Bearer%20abc, x-scope=a',
      OTEL_EXPORTER_OTLP_TIMEOUT: '2500',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://metrics:4318/v1/metrics',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-scope=b',
      OTEL_EXPORTER_OTLP_LOGS_TIMEOUT: '100',
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf',
      OTEL_EXPORTER_OTLP_LOGS_COMPRESSION: 'none',
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'DELTA',
      OTEL_RESOURCE_ATTRIBUTES: 'k8s.pod.name=a,team=pay%2Cments',
      OTEL_METRIC_EXPORT_INTERVAL: '10000',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_SDK_DISABLED: 'true',
      OTEL_BSP_MAX_QUEUE_SIZE: '100',
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '50',
      OTEL_BSP_SCHEDULE_DELAY: '200',
      OTEL_BLRP_MAX_QUEUE_SIZE: '101',
      OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: '51',
      OTEL_BLRP_SCHEDULE_DELAY: '201',
      OTEL_PROPAGATORS: 'tracecontext,baggage,b3',
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.25',
      LOG_LEVEL: 'WARN',
    });
    expect(settings).toMatchObject({
      targetAddr: 'http://localhost:3001/mcp',
      listenAddr: '0.0.0.0:4000',
      logLevel: 'warn',
      upstream: { name: 'everything' },
      timeouts: { responseHead: 1_500 },
      service: { name: 'my-sidecar', version: '0.2.0', environment: 'staging' },
      otlp: {
        disabled: true,
        endpoint: 'http://localhost:4318',
        headers: ['Authorization=Bearer%20abc', 'x-scope=a'],
        timeout: 2_500,
        protocol: 'http/json',
        compression: 'gzip',
        resourceAttributes: ['k8s.pod.name=a', 'team=pay%2Cments'],
        metricInterval: 10_000,
        metrics: { endpoint: 'http://metrics:4318/v1/metrics', temporality: 'delta' },
        traces: {
          headers: ['x-scope=b'],
          protocol: 'http/protobuf',
          queueRecords: 100,
          batchRecords: 50,
          batchInterval: 200,
        },
        logs: {
          exporter: 'none',
          timeout: 100,
          compression: 'none',
          queueRecords: 101,
          batchRecords: 51,
          batchInterval: 201,
        },
      },
      traces: {
        propagators: ['tracecontext', 'baggage', 'b3'],
        sampler: 'parentbased_traceidratio',
        samplerArg: 0.25,
      },
    });
    expect(origins.get('timeouts.responseHead')).toEqual({
      source: 'environment',
      name: 'MCP_UPSTREAM_TIMEOUT_MS',
      overrides: [],
    });
    expect(origins.get('listenAddr')?.name).toBe('HOST, PORT');
  });

  it.each([
    [{ PORT: '4000' }, ':4000', 'PORT'],
    [{ PORT: '0' }, ':0', 'PORT'],
    [{ HOST: '127.0.0.1' }, '127.0.0.1:8080', 'HOST'],
    [{ HOST: '::1', PORT: '81' }, '[::1]:81', 'HOST, PORT'],
    [{ HOST: 'localhost', PORT: '' }, 'localhost:8080', 'HOST'],
  ])('compose %j into a listen address', (env, listenAddr, name) => {
    const { settings, origins } = resolve(env);
    expect(settings.listenAddr).toBe(listenAddr);
    expect(origins.get('listenAddr')?.name).toBe(name);
  });

  it("yield to the setting's own variable, which is shown with what it overrode", () => {
    const { settings, origins } = resolve({
      WEIR_LISTEN_ADDR: ':1234',
      PORT: '4000',
      MCP_UPSTREAM_URL: 'other:1',
    });
    expect(settings.listenAddr).toBe(':1234');
    expect(origins.get('listenAddr')).toEqual({
      source: 'environment',
      name: 'WEIR_LISTEN_ADDR',
      overrides: [{ source: 'environment', name: 'PORT' }],
    });
    expect(origins.get('targetAddr')?.overrides).toEqual([
      { source: 'environment', name: 'MCP_UPSTREAM_URL' },
    ]);
  });

  it('win over the file, as all of the environment does', () => {
    const file = readYamlSettings('listenAddr: ":1"\ntargetAddr: h:1\n', 'weir.yaml');
    expect(resolveSettings({ env: { PORT: '2' }, file }).settings.listenAddr).toBe(':2');
  });

  it('name the upstream after SERVICE_NAME when nothing else does', () => {
    expect(resolve({ SERVICE_NAME: 'payment-service' }).settings.upstream.name).toBe(
      'payment-service',
    );
    const both = resolve({ SERVICE_NAME: 'payment-service', MCP_UPSTREAM_NAME: 'tools' });
    expect(both.settings.upstream.name).toBe('tools');
    expect(both.settings.service.name).toBe('mcp-sidecar');
  });

  it.each([
    [{ PORT: 'tcp://10.0.0.1:80' }, 'PORT "tcp://10.0.0.1:80": must be a port from 0 to 65535'],
    [{ PORT: '65536' }, 'PORT "65536": must be a port from 0 to 65535'],
    [{ HOST: 'a b' }, 'HOST "a b": must be a host name or an IP address'],
    [
      { MCP_UPSTREAM_TIMEOUT_MS: '30s' },
      'MCP_UPSTREAM_TIMEOUT_MS "30s": must be a whole number of milliseconds, such as 30000',
    ],
    [
      { MCP_UPSTREAM_TIMEOUT_MS: '-1' },
      'MCP_UPSTREAM_TIMEOUT_MS "-1": must be a whole number of milliseconds, such as 30000',
    ],
    [
      { OTEL_METRIC_EXPORT_INTERVAL: '0' },
      'OTEL_METRIC_EXPORT_INTERVAL "0": must be longer than 0',
    ],
    [{ LOG_LEVEL: 'verbose' }, 'LOG_LEVEL "verbose": must be one of debug, info, warn, error'],
  ])('refuse %j by their own name', (env, line) => {
    expect(lines(env)).toEqual([line]);
  });

  it('are not looked at when something stronger is set', () => {
    expect(resolve({ WEIR_LISTEN_ADDR: ':1', PORT: 'nonsense' }).settings.listenAddr).toBe(':1');
  });
});

describe('resolveFromEnv', () => {
  it('takes an empty variable for one that is not set', () => {
    const { settings, origins } = resolve({ WEIR_LOG_LEVEL: '', LOG_LEVEL: 'error' });
    expect(settings.logLevel).toBe('error');
    expect(origins.get('logLevel')?.overrides).toEqual([]);
  });

  it('reads numbers and booleans among the bindings of a Worker, and leaves objects alone', () => {
    const { settings } = resolve({
      WEIR_METRICS_LABEL_LIMIT: 7,
      WEIR_ACCESS_LOG: false,
      WEIR_STORE: { idFromName() {} },
      ASSETS: { fetch() {} },
    });
    expect(settings.metrics.labelLimit).toBe(7);
    expect(settings.accessLog).toBe(false);
  });

  it('names the nearest known variable for an unknown one, without its value', () => {
    expect(lines({ WEIR_TARGT_ADDR: 'x', WEIR_ADMIN_TOKN: 'hunter2', WEIR_ZZZZZZZZ: '1' })).toEqual(
      [
        'WEIR_TARGT_ADDR: unknown variable; did you mean WEIR_TARGET_ADDR?',
        'WEIR_ADMIN_TOKN: unknown variable; did you mean WEIR_ADMIN_TOKEN?',
        'WEIR_ZZZZZZZZ: unknown variable',
      ],
    );
  });

  it('ignores every other variable, and those of other roles', () => {
    const others = Object.fromEntries([...OTHER_ROLE_VARIABLES.keys()].map((name) => [name, '?']));
    expect(
      lines({ ...others, PATH: '/bin', weir_target_addr: 'x', WEIRD: '1', WEIR: 'x' }),
    ).toEqual([]);
    expect(explainUnusedVariables({ SERVICE_PORT: '8080', CACHE_TTL: '' })).toEqual([
      {
        name: 'SERVICE_PORT',
        reason:
          'the port of an ordinary application that the tools role inspects; it speaks no MCP, so it is no target',
      },
    ]);
  });

  it('ignores what Kubernetes injects for Services called weir', () => {
    expect(
      lines({
        WEIR_SERVICE_HOST: '10.0.0.1',
        WEIR_SERVICE_PORT: '8080',
        WEIR_SERVICE_PORT_HTTP_ADMIN: '9090',
        WEIR_PORT: 'tcp://10.0.0.1:8080',
        WEIR_PORT_8080_TCP: 'tcp://10.0.0.1:8080',
        WEIR_PORT_8080_TCP_PROTO: 'tcp',
        WEIR_PORT_8080_TCP_PORT: '8080',
        WEIR_PORT_8080_TCP_ADDR: '10.0.0.1',
        WEIR_DEMO_SERVICE_HOST: '10.0.0.2',
        WEIR_DEMO_PORT_53_UDP_ADDR: '10.0.0.2',
      }),
    ).toEqual([]);
  });

  it('reads only own variables', () => {
    const env = Object.create({ WEIR_LOG_LEVEL: 'debug' }) as Record<string, string>;
    env.WEIR_TARGET_ADDR = 'h:1';
    expect(resolveFromEnv(env).settings.logLevel).toBe('info');
  });
});

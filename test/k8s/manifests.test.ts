/** What `kubectl kustomize` makes of k8s/: security, ports, probes, selectors, weir's own flags. */

import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { parse } from 'yaml';
import { readFlags } from '../../src/config/flags.ts';
import { resolveSettings } from '../../src/config/resolve.ts';
import { PROXY_OPTIONS } from '../../src/config/schema.ts';
import type { ProxySettings } from '../../src/config/settings.ts';
import { settingFlags } from '../../src/config/sources.ts';
import { buildManifests, KUBECTL_MISSING, type Manifest } from './kustomize.ts';
import { violations } from './pod-security.ts';

const { version } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { version: string };

interface Probe {
  httpGet: { path: string; port: number; scheme?: string };
  initialDelaySeconds?: number;
  periodSeconds: number;
  timeoutSeconds: number;
  failureThreshold: number;
}

interface Container {
  name: string;
  image: string;
  restartPolicy?: string;
  args?: string[];
  env?: { name: string; value: string }[];
  ports?: { name: string; containerPort: number; protocol: string }[];
  startupProbe?: Probe;
  readinessProbe?: Probe;
  livenessProbe?: Probe;
  lifecycle?: { preStop?: { sleep?: { seconds: number } } };
  resources: unknown;
  securityContext: Record<string, unknown>;
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[];
}

interface PodSpec extends Record<string, unknown> {
  serviceAccountName: string;
  automountServiceAccountToken: boolean;
  enableServiceLinks: boolean;
  terminationGracePeriodSeconds: number;
  initContainers: Container[];
  containers: Container[];
  volumes: { name: string; secret?: { secretName: string; defaultMode: number } }[];
}

interface Deployment extends Manifest {
  spec: {
    selector: { matchLabels: Record<string, string> };
    template: { metadata: { labels: Record<string, string> }; spec: PodSpec };
  };
}

interface Service extends Manifest {
  spec: {
    selector: Record<string, string>;
    ports: { name: string; port: number; targetPort: number; protocol: string }[];
  };
}

interface NetworkPolicy extends Manifest {
  spec: {
    podSelector: { matchLabels?: Record<string, string> };
    policyTypes: string[];
    ingress: { ports: { port: number; protocol: string }[] }[];
    egress?: unknown;
  };
}

interface ServiceMonitor extends Manifest {
  spec: {
    selector: { matchLabels: Record<string, string> };
    endpoints: {
      port: string;
      path: string;
      interval: string;
      scheme?: string;
      relabelings?: { targetLabel: string; replacement: string }[];
    }[];
  };
}

function only<Kind extends Manifest>(manifests: readonly Manifest[], kind: string): Kind {
  const found = manifests.filter((manifest) => manifest.kind === kind);
  expect(found, `exactly one ${kind}`).toHaveLength(1);
  return found[0] as Kind;
}

function podSpecOf(manifests: readonly Manifest[]): PodSpec {
  return only<Deployment>(manifests, 'Deployment').spec.template.spec;
}

function sidecarOf(manifests: readonly Manifest[]): Container {
  const { initContainers } = podSpecOf(manifests);
  expect(initContainers.map(({ name }) => name)).toEqual(['mcp-proxy']);
  return initContainers[0] as Container;
}

/** What weir itself makes of the container's arguments. */
function settingsOf({ args = [] }: Container): ProxySettings {
  return resolveSettings({ flags: readFlags(args, settingFlags(PROXY_OPTIONS)) }).settings;
}

function selects(selector: Record<string, string> | undefined, labels: Record<string, string>) {
  const wanted = Object.entries(selector ?? {});
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}

/** A test that is skipped, with the reason, where there is no kubectl. */
function test(title: string, body: () => void): void {
  it(title, ({ skip }: TestContext) => {
    if (KUBECTL_MISSING !== null) skip(KUBECTL_MISSING);
    body();
  });
}

const TARGETS: readonly { title: string; folder: string; components?: string[]; tls?: true }[] = [
  { title: 'base', folder: 'base' },
  { title: 'overlays/example', folder: 'overlays/example' },
  { title: 'overlays/monitoring', folder: 'overlays/monitoring' },
  { title: 'overlays/tls', folder: 'overlays/tls', tls: true },
  {
    title: 'overlays/tls with all components',
    folder: 'overlays/tls',
    components: ['cert-manager', 'prometheus-operator', 'prometheus-rules'],
    tls: true,
  },
];

describe.each(TARGETS)('k8s/$title', ({ folder, components, tls }) => {
  let manifests: readonly Manifest[] = [];

  beforeAll(() => {
    if (KUBECTL_MISSING === null) manifests = buildManifests(folder, components);
  });

  test('pod obeys every control of the restricted Pod Security Standard', () => {
    expect(violations(podSpecOf(manifests))).toEqual([]);
  });

  test('every container has a read-only root filesystem', () => {
    const { initContainers, containers } = podSpecOf(manifests);
    for (const container of [...initContainers, ...containers]) {
      expect(container.securityContext, container.name).toMatchObject({
        readOnlyRootFilesystem: true,
        runAsNonRoot: true,
      });
    }
  });

  test('weir is a native sidecar with the identity and resources of the container image', () => {
    expect(sidecarOf(manifests)).toMatchObject({
      restartPolicy: 'Always',
      resources: {
        requests: { cpu: '50m', memory: '64Mi' },
        limits: { cpu: '200m', memory: '128Mi' },
      },
      securityContext: { runAsUser: 65532, runAsGroup: 65532 },
    });
  });

  test('ports are the ones weir is told to listen on', () => {
    const sidecar = sidecarOf(manifests);
    expect(sidecar.ports).toEqual([
      { name: 'http', containerPort: 8080, protocol: 'TCP' },
      { name: 'metrics', containerPort: 9090, protocol: 'TCP' },
    ]);
    expect(settingsOf(sidecar)).toMatchObject({ listenAddr: ':8080', metricsAddr: ':9090' });
  });

  test('probes ask the metrics listener over plain HTTP, only readiness about the server', () => {
    const { startupProbe, readinessProbe, livenessProbe } = sidecarOf(manifests);
    expect(startupProbe?.httpGet).toEqual({ path: '/healthz', port: 9090 });
    expect(readinessProbe).toEqual({
      httpGet: { path: '/readyz', port: 9090 },
      initialDelaySeconds: 5,
      periodSeconds: 5,
      timeoutSeconds: 3,
      failureThreshold: 3,
    });
    expect(livenessProbe).toEqual({
      httpGet: { path: '/healthz', port: 9090 },
      initialDelaySeconds: 5,
      periodSeconds: 10,
      timeoutSeconds: 5,
      failureThreshold: 3,
    });
  });

  test('grace period covers the server’s sleep, its stop and weir’s own grace', () => {
    const podSpec = podSpecOf(manifests);
    const sleep = podSpec.containers[0]?.lifecycle?.preStop?.sleep?.seconds ?? 0;
    const grace = settingsOf(sidecarOf(manifests)).shutdownGrace / 1000;
    expect(sleep).toBeGreaterThanOrEqual(grace);
    expect(podSpec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(sleep + 2 * grace);
  });

  test('Service reaches the pod on ports the sidecar has', () => {
    const { spec } = only<Service>(manifests, 'Service');
    const { template } = only<Deployment>(manifests, 'Deployment').spec;
    expect(spec.ports.map(({ name, port }) => [name, port])).toEqual([
      ['http', 8080],
      ['metrics', 9090],
    ]);
    const offered = sidecarOf(manifests).ports?.map(({ containerPort }) => containerPort);
    for (const { targetPort } of spec.ports) expect(offered).toContain(targetPort);
    expect(selects(spec.selector, template.metadata.labels)).toBe(true);
  });

  test('Deployment selects its own pods', () => {
    const { selector, template } = only<Deployment>(manifests, 'Deployment').spec;
    expect(selects(selector.matchLabels, template.metadata.labels)).toBe(true);
  });

  test('NetworkPolicy opens weir’s two ports of this pod and no other', () => {
    const { spec } = only<NetworkPolicy>(manifests, 'NetworkPolicy');
    const { template } = only<Deployment>(manifests, 'Deployment').spec;
    expect(selects(spec.podSelector.matchLabels, template.metadata.labels)).toBe(true);
    expect(spec.policyTypes).toEqual(['Ingress']);
    expect(spec.ingress).toEqual([
      {
        ports: [
          { port: 8080, protocol: 'TCP' },
          { port: 9090, protocol: 'TCP' },
        ],
      },
    ]);
  });

  test('the server offers no port and is reached on loopback only', () => {
    const [server] = podSpecOf(manifests).containers;
    expect(server?.ports).toBeUndefined();
    expect(settingsOf(sidecarOf(manifests)).targetAddr).toBe('localhost:3001');
  });

  test('nothing in the pod holds a token for the Kubernetes API', () => {
    const account = only<Manifest>(manifests, 'ServiceAccount');
    const podSpec = podSpecOf(manifests);
    expect(account.automountServiceAccountToken).toBe(false);
    expect(podSpec.automountServiceAccountToken).toBe(false);
    expect(podSpec.serviceAccountName).toBe(account.metadata.name);
  });

  test('Services of the namespace add no environment that weir could take for options', () => {
    expect(podSpecOf(manifests).enableServiceLinks).toBe(false);
  });

  test('every volume mount has its volume', () => {
    const { initContainers, containers, volumes } = podSpecOf(manifests);
    const names = volumes.map(({ name }) => name);
    for (const { volumeMounts = [] } of [...initContainers, ...containers]) {
      for (const { name } of volumeMounts) expect(names).toContain(name);
    }
  });

  test('weir understands every flag, and every flag says something', () => {
    const { args = [] } = sidecarOf(manifests);
    const reading = readFlags(args, settingFlags(PROXY_OPTIONS));
    expect(reading.problems).toEqual([]);
    expect(reading.operands).toEqual([]);
    expect(reading.values.size).toBe(args.length);
    expect(settingsOf(sidecarOf(manifests)).logFormat).toBe('json');
  });

  if (tls === undefined) {
    test('TLS is off', () => {
      expect(settingsOf(sidecarOf(manifests)).tls.enabled).toBe(false);
    });
    return;
  }

  test('TLS: the Secret is mounted where the flags point, readable by weir’s group only', () => {
    const sidecar = sidecarOf(manifests);
    expect(settingsOf(sidecar).tls).toEqual({
      enabled: true,
      certFile: '/etc/tls/tls.crt',
      keyFile: '/etc/tls/tls.key',
      minVersion: '1.2',
      clientCaFile: null,
    });
    const mount = sidecar.volumeMounts?.find(({ mountPath }) => mountPath === '/etc/tls');
    expect(mount?.readOnly).toBe(true);
    const podSpec = podSpecOf(manifests);
    const volume = podSpec.volumes.find(({ name }) => name === mount?.name);
    expect(volume?.secret).toEqual({ secretName: 'mcp-server-tls', defaultMode: 0o440 });
    expect(podSpec.securityContext).toMatchObject({ fsGroup: 65532 });
  });
});

describe('k8s overlays', () => {
  test('the example’s namespace enforces the restricted Pod Security Standard', () => {
    const manifests = buildManifests('overlays/example');
    const namespace = only<Manifest>(manifests, 'Namespace');
    expect(namespace.metadata.labels?.['pod-security.kubernetes.io/enforce']).toBe('restricted');
    for (const { kind, metadata } of manifests) {
      if (kind !== 'Namespace') expect(metadata.namespace, kind).toBe(namespace.metadata.name);
    }
  });

  test('the example runs this version of weir', () => {
    expect(sidecarOf(buildManifests('overlays/example')).image).toBe(`weir:${version}`);
  });

  test('the example’s server listens where weir’s target is', () => {
    const [server] = podSpecOf(buildManifests('overlays/example')).containers;
    expect(server?.env).toContainEqual({ name: 'HOST', value: '127.0.0.1' });
    expect(server?.env).toContainEqual({ name: 'PORT', value: '3001' });
  });

  test('ServiceMonitor finds the Service, its metrics port and path', () => {
    const manifests = buildManifests('overlays/monitoring');
    const monitor = only<ServiceMonitor>(manifests, 'ServiceMonitor');
    const service = only<Service>(manifests, 'Service');
    expect(selects(monitor.spec.selector.matchLabels, service.metadata.labels ?? {})).toBe(true);
    expect(monitor.metadata.namespace).toBe(service.metadata.namespace);
    expect(monitor.spec.endpoints).toEqual([
      {
        port: 'metrics',
        path: '/metrics',
        interval: '30s',
        scheme: 'http',
        relabelings: [{ targetLabel: 'component', replacement: 'weir' }],
      },
    ]);
    expect(service.spec.ports.map(({ name }) => name)).toContain('metrics');
  });

  test('PrometheusRule has the rules of examples/observability, for the same Prometheus', () => {
    const manifests = buildManifests('overlays/monitoring');
    const { metadata, spec } = only<Manifest & { spec: { groups: unknown[] } }>(
      manifests,
      'PrometheusRule',
    );
    const groups = ['alerts', 'recording'].flatMap((name) => {
      const path = `../../examples/observability/prometheus/rules/${name}.yml`;
      return parse(readFileSync(new URL(path, import.meta.url), 'utf8')).groups as unknown[];
    });
    expect(spec.groups).toEqual(groups);
    const monitor = only<ServiceMonitor>(manifests, 'ServiceMonitor');
    expect(metadata.labels?.release).toBe(monitor.metadata.labels?.release);
    // What the alert on a proxy that is down selects by.
    const relabelings = monitor.spec.endpoints[0]?.relabelings ?? [];
    for (const { targetLabel, replacement } of relabelings) {
      expect(JSON.stringify(groups)).toContain(`up{${targetLabel}=\\"${replacement}\\"}`);
    }
  });

  test('cert-manager writes the Secret that the TLS overlay mounts, for the Service’s names', () => {
    const manifests = buildManifests('overlays/tls', ['cert-manager']);
    const certificate = only<Manifest & { spec: { secretName: string; dnsNames: string[] } }>(
      manifests,
      'Certificate',
    );
    const { name, namespace } = only<Service>(manifests, 'Service').metadata;
    expect(certificate.metadata.namespace).toBe(namespace);
    expect(podSpecOf(manifests).volumes.map(({ secret }) => secret?.secretName)).toContain(
      certificate.spec.secretName,
    );
    expect(certificate.spec.dnsNames).toContain(`${name}.${namespace}.svc`);
  });
});

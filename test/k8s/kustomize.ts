/**
 * Builds the kustomizations of `k8s/` with the kubectl of this machine.
 *
 * @module
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';

const K8S = fileURLToPath(new URL('../../k8s', import.meta.url));

export const KUBECTL_MISSING: string | null =
  spawnSync('kubectl', ['version', '--client'], { stdio: 'ignore' }).status === 0
    ? null
    : 'kubectl is not installed';

/** A Kubernetes object, as far as every kind goes. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** Where the overlays live. */
const NAMESPACE = 'mcp-example';

/**
 * Builds one folder below `k8s/`, with components of `k8s/components` on top of it, the way a
 * kustomization of one's own would put them together.
 */
export function buildManifests(folder: string, components: readonly string[] = []): Manifest[] {
  if (components.length === 0) return parse(kustomize(join(K8S, folder)));
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'weir-k8s-')));
  try {
    const resource = relative(scratch, join(K8S, folder));
    const paths = components.map((name) => relative(scratch, join(K8S, 'components', name)));
    const kustomization = { namespace: NAMESPACE, resources: [resource], components: paths };
    // JSON is YAML.
    writeFileSync(join(scratch, 'kustomization.yaml'), JSON.stringify(kustomization));
    return parse(kustomize(scratch));
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function kustomize(folder: string): string {
  return execFileSync('kubectl', ['kustomize', folder], { encoding: 'utf8' });
}

function parse(yaml: string): Manifest[] {
  return parseAllDocuments(yaml).map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return document.toJS() as Manifest;
  });
}

/**
 * Compose files, as far as this repository uses them: read, and services that extend others filled
 * in. Nothing is started.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { REPOSITORY } from '../fixtures/programs.ts';

export interface Service {
  readonly image?: string;
  readonly build?: string | { readonly context: string; readonly target?: string };
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly network_mode?: string;
  readonly profiles?: readonly string[];
  readonly restart?: string;
  readonly extends?: { readonly file: string; readonly service: string };
}

export interface ComposeFile {
  /** Folder that relative paths start from. */
  readonly folder: string;
  /** As written, for a schema. */
  readonly content: { readonly name?: string };
  /** Without `extends`. */
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/** @param path from the root of the repository */
export function readCompose(path: string): ComposeFile {
  const file = join(REPOSITORY, path);
  const content = parse(readFileSync(file, 'utf8'), { merge: true }) as {
    name?: string;
    services: Record<string, Service>;
    volumes?: Record<string, unknown>;
  };
  const services: Record<string, Service> = {};
  for (const [name, service] of Object.entries(content.services)) {
    const { extends: base, ...own } = service;
    services[name] =
      base === undefined
        ? own
        : { ...readCompose(join(dirname(path), base.file)).services[base.service], ...own };
  }
  return { folder: dirname(file), content, services, volumes: content.volumes ?? {} };
}

export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** What of the host is mounted; volumes that Compose keeps are not among it. */
export function bindMounts({ folder }: ComposeFile, service: Service): readonly Mount[] {
  return (service.volumes ?? []).flatMap((volume) => {
    const [source = '', target = '', mode] = volume.split(':');
    if (!source.startsWith('.')) return [];
    return [{ source: resolve(folder, source), target, readOnly: mode === 'ro' }];
  });
}

/** The file of the repository that a path in the container is. */
export function hostPath(compose: ComposeFile, service: Service, path: string): string | undefined {
  const mount = bindMounts(compose, service).find(
    ({ target }) => path === target || path.startsWith(`${target}/`),
  );
  return mount && join(mount.source, path.slice(mount.target.length));
}

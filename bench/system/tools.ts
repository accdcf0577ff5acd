/**
 * Programs of the machine the bench can use, and what to install where one is missing.
 *
 * @module
 */

import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export type Tool = 'wrk' | 'h2load' | 'nginx' | 'haproxy' | 'go' | 'taskset' | 'openssl';

/** Where packages put programs that an ordinary user's PATH leaves out. */
const FURTHER_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/local/go/bin'];

const PACKAGES: Readonly<Record<Tool, string>> = {
  wrk: 'wrk',
  h2load: 'nghttp2-client',
  nginx: 'nginx',
  haproxy: 'haproxy',
  go: 'golang-go',
  taskset: 'util-linux',
  openssl: 'openssl',
};

const VERSION_FLAGS: Readonly<Record<Tool, readonly string[]>> = {
  wrk: ['-v'],
  h2load: ['--version'],
  nginx: ['-v'],
  haproxy: ['-v'],
  go: ['version'],
  taskset: ['--version'],
  openssl: ['version'],
};

/** Absolute path of a tool, or null. */
export function findTool(tool: Tool): string | null {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...FURTHER_FOLDERS];
  for (const folder of folders) {
    const path = join(folder, tool);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

/** Why something cannot be measured, for people; null when nothing is missing. */
export function missingTool(tools: readonly Tool[]): string | null {
  const missing = tools.filter((tool) => findTool(tool) === null);
  if (missing.length === 0) return null;
  const names = missing.map((tool) => `${tool} (Debian package ${PACKAGES[tool]})`);
  return `not installed: ${names.join(', ')}`;
}

/** @throws {Error} one line, when it is not installed. */
export function requireTool(tool: Tool): string {
  const path = findTool(tool);
  if (path === null) throw new Error(missingTool([tool]) ?? tool);
  return path;
}

/** The first version number a tool prints, `?` when it prints none. */
export function toolVersion(path: string, flags: readonly string[]): string {
  // wrk exits with an error after printing its version.
  const { stdout, stderr } = spawnSync(path, flags, { encoding: 'utf8', timeout: 10_000 });
  return /\d+(?:\.\d+)+/.exec(`${stdout} ${stderr}`)?.[0] ?? '?';
}

/** Versions of the tools that are there. */
export function toolVersions(): Record<string, string> {
  const versions: Record<string, string> = {};
  for (const tool of Object.keys(PACKAGES) as Tool[]) {
    const path = findTool(tool);
    if (path !== null && tool !== 'taskset') {
      versions[tool] = toolVersion(path, VERSION_FLAGS[tool]);
    }
  }
  return versions;
}

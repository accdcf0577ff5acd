/**
 * How the container images start the program. The bench reads it from the Dockerfiles, so that it
 * measures what is shipped.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import { REPOSITORY } from '../../test/fixtures/programs.ts';

/** The flags between runtime and program in a Dockerfile's ENTRYPOINT: `["node", "--x", "a.js"]` → `--x`. */
export function entrypointFlags(dockerfile: string): string[] {
  const text = /^ENTRYPOINT\s+(\[.*\])\s*$/m.exec(dockerfile)?.[1];
  if (text === undefined) throw new Error('Expected an ENTRYPOINT in JSON form in the Dockerfile');
  const [, ...rest] = JSON.parse(text) as string[];
  return rest.filter((part) => part.startsWith('--'));
}

/** The variables the last stage of a Dockerfile sets. */
export function imageEnvironment(dockerfile: string): Record<string, string> {
  const lastStage = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
  const env: Record<string, string> = {};
  for (const [, name = '', value = ''] of lastStage.matchAll(/^ENV\s+(\w+)=(\S+)\s*$/gm)) {
    env[name] = value;
  }
  return env;
}

export function nodeImageFlags(): string[] {
  return entrypointFlags(readFileSync(`${REPOSITORY}/Dockerfile`, 'utf8'));
}

export function nodeImageEnvironment(): Record<string, string> {
  return imageEnvironment(readFileSync(`${REPOSITORY}/Dockerfile`, 'utf8'));
}

export function bunImageFlags(): string[] {
  return entrypointFlags(readFileSync(`${REPOSITORY}/Dockerfile.bun`, 'utf8'));
}

export function bunImageEnvironment(): Record<string, string> {
  return imageEnvironment(readFileSync(`${REPOSITORY}/Dockerfile.bun`, 'utf8'));
}

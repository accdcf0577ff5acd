/** One version, one name, one set of tasks, in every file that states them. */

import { existsSync, globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readImportGraph } from '../architecture/import-graph.ts';
import { REPOSITORY } from '../fixtures/programs.ts';

interface PackageJson {
  name: string;
  version: string;
  license: string;
  main?: string;
  bin: Record<string, string>;
  exports: Record<string, unknown>;
  scripts: Record<string, string>;
  dependencies?: Record<string, string>;
  devDependencies: Record<string, string>;
}

interface DenoJson {
  name: string;
  version: string;
  license: string;
  exports: Record<string, string>;
  imports: Record<string, string>;
  tasks: Record<string, { description: string; command: string }>;
}

function read(file: string): string {
  return readFileSync(`${REPOSITORY}/${file}`, 'utf8');
}

const packageJson = JSON.parse(read('package.json')) as PackageJson;
const denoJson = JSON.parse(read('deno.json')) as DenoJson;

/** The scripts that a person may type; those with a colon are parts of them, `prepack` is npm's. */
const TASKS = Object.keys(packageJson.scripts).filter(
  (name) => !name.includes(':') && name !== 'prepack',
);

describe('package.json and deno.json', () => {
  it('agree on version and licence', () => {
    expect(denoJson.version).toBe(packageJson.version);
    expect(denoJson.license).toBe(packageJson.license);
  });

  it('agree on the name, JSR’s being scoped', () => {
    expect(denoJson.name).toMatch(/^@[a-z0-9-]+\//);
    expect(denoJson.name.split('/')[1]).toBe(packageJson.name);
  });

  it('have the same tasks', () => {
    expect(TASKS).toContain('test');
    expect(Object.keys(denoJson.tasks).sort()).toEqual([...TASKS].sort());
  });

  it('name no program in a Deno task that a package of node_modules shadows', () => {
    // `deno task` takes `deno` and `node` for the npm packages of that name and reads them as
    // JavaScript, and plays `npm run` itself, with the same result.
    for (const { command } of Object.values(denoJson.tasks)) {
      expect(command).toMatch(/^(?:\.\/node_modules\/\.bin\/deno|env npm) run /);
    }
  });

  it('pin the same versions of the same packages', () => {
    for (const [name, specifier] of Object.entries(denoJson.imports)) {
      expect(specifier).toBe(`npm:${name}@${packageJson.devDependencies[name]}`);
    }
  });

  it('pin exact versions', () => {
    for (const [name, version] of Object.entries(packageJson.devDependencies)) {
      expect(version, name).toMatch(/^(?:npm:[@\w/-]+@)?\d+\.\d+\.\d+(?:-[\w.]+)?$/);
    }
  });
});

describe('package.json', () => {
  it('has no dependencies: what weir needs is bundled', () => {
    expect(packageJson.dependencies ?? {}).toEqual({});
  });

  it('offers exactly the documented entries', () => {
    expect(Object.keys(packageJson.exports)).toEqual([
      '.',
      './workers',
      './schema.json',
      './package.json',
    ]);
    expect(packageJson.bin).toEqual({ weir: 'dist/weir.js' });
  });

  it('points every entry at a file that is there after a build', () => {
    const files = Object.values(packageJson.exports)
      .flatMap((entry) => (typeof entry === 'string' ? [entry] : Object.values(entry as object)))
      .concat(Object.values(packageJson.bin));
    expect(files.length).toBeGreaterThanOrEqual(7);
    for (const file of files) expect(existsSync(`${REPOSITORY}/${file}`), file).toBe(true);
  });
});

describe('deno.json', () => {
  it('maps exactly the packages that its entries reach', () => {
    const tree = new Map(
      globSync('src/**/*.ts', { cwd: REPOSITORY }).map((file) => [file, read(file)]),
    );
    const { edges } = readImportGraph(tree, new Set());
    const reached = new Set(Object.values(denoJson.exports).map((entry) => entry.slice(2)));
    for (const file of reached) {
      expect(tree.has(file), file).toBe(true);
      for (const { to } of edges.filter(({ from }) => from === file)) {
        if (to !== null) reached.add(to);
      }
    }
    const packages = edges
      .filter(
        ({ from, to, specifier }) => reached.has(from) && to === null && !specifier.includes(':'),
      )
      .map(({ specifier }) =>
        specifier
          .split('/')
          .slice(0, specifier.startsWith('@') ? 2 : 1)
          .join('/'),
      );
    expect([...new Set(packages)].sort()).toEqual(Object.keys(denoJson.imports).sort());
  });
});

describe('wrangler.toml', () => {
  const wrangler = read('wrangler.toml');

  it('runs the Workers entry under the program’s name', () => {
    expect(wrangler).toMatch(/^name\s*=\s*"weir"/m);
    expect(wrangler).toMatch(/^main\s*=\s*"src\/runtime\/workers\.ts"/m);
  });
});

describe('versions elsewhere', () => {
  it.each(['Dockerfile', 'Dockerfile.bun'])('%s is labelled with the package’s version', (file) => {
    const label = /org\.opencontainers\.image\.version="([^"]+)"/.exec(read(file));
    expect(label?.[1]).toBe(packageJson.version);
  });

  it('Dockerfile.bun runs the Bun that the tests ran', () => {
    const from = /^FROM oven\/bun:(.+)-distroless$/m.exec(read('Dockerfile.bun'));
    expect(from?.[1]).toBe(packageJson.devDependencies.bun);
  });

  it('src/version.ts states the package’s version', async () => {
    const { VERSION } = (await import('../../src/version.ts')) as { VERSION: string };
    expect(VERSION).toBe(packageJson.version);
  });
});

/** What a person gets from npm: the files, and types that compile in a project of their own. */

import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseSync } from 'oxc-parser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { programPath, REPOSITORY } from '../fixtures/programs.ts';

const NODE = programPath('node');
const TSC = `${REPOSITORY}/node_modules/typescript/bin/tsc`;

describe('npm pack', () => {
  let files: string[] = [];

  beforeAll(() => {
    // Without its scripts: the build has run already, and would run beside other tests' reading.
    const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: REPOSITORY,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const parsed: unknown = JSON.parse(output);
    // npm 12 answers with an object keyed by package name, older ones with a list.
    const [pack] = Object.values(parsed as object) as { files: { path: string }[] }[];
    files = (pack?.files ?? []).map(({ path }) => path).sort();
  });

  it('holds the program, the library, the worker, declarations, schema and the papers', () => {
    const single = files.filter((file) => !/^dist\/(?:types|weir|weir-bun|workers)\//.test(file));
    expect(single).toEqual([
      'LICENSE',
      'README.md',
      'dist/index.d.ts',
      'dist/index.js',
      'dist/third-party-licenses.txt',
      'dist/weir-bun.js',
      'dist/weir.js',
      'dist/workers.d.ts',
      'dist/workers.js',
      'docs/schema/weir.schema.json',
      'package.json',
    ]);
  });

  it.each(['weir', 'weir-bun', 'workers'])('holds the parts of %s and nothing beside', (name) => {
    const folder = `dist/${name}/`;
    const parts = files.filter((file) => file.startsWith(folder));
    expect(parts.length).toBeGreaterThan(1);
    for (const part of parts) {
      expect(part.slice(folder.length)).toMatch(/^[a-z-]+-[A-Z0-9]{8}\.js$/);
    }
  });

  it('holds declarations and nothing else under dist/types, none of a runtime but Workers', () => {
    const types = files.filter((file) => file.startsWith('dist/types/'));
    expect(types.length).toBeGreaterThan(5);
    for (const file of types) {
      expect(file).toMatch(/\.d\.ts$/);
      expect(file).not.toMatch(/^dist\/types\/(?:cli|runtime\/(?:node|deno|bun))/);
    }
  });
});

describe('the package in a consumer’s project', () => {
  let project = '';

  beforeAll(() => {
    project = mkdtempSync(join(tmpdir(), 'weir-consumer-'));
    mkdirSync(join(project, 'node_modules'));
    symlinkSync(REPOSITORY, join(project, 'node_modules/mcp-weir'));
    writeFileSync(join(project, 'package.json'), JSON.stringify({ type: 'module' }));
  });

  afterAll(() => rmSync(project, { recursive: true }));

  function compile(source: string, options: Record<string, unknown>): string {
    writeFileSync(join(project, 'main.ts'), source);
    writeFileSync(
      join(project, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          target: 'ES2024',
          lib: ['ES2024', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable'],
          types: [],
          strict: true,
          noEmit: true,
          ...options,
        },
        files: ['main.ts'],
      }),
    );
    const { stdout } = spawnSync(NODE, [TSC, '-p', project], { encoding: 'utf8' });
    return stdout;
  }

  const GOOD = `
    import { createProxy } from 'mcp-weir';
    const proxy = createProxy({ target: 'http://127.0.0.1:3001' });
    export const answer: Promise<Response> = proxy.fetch(new Request('http://localhost/mcp'));
  `;
  const RESOLUTIONS = [
    { module: 'NodeNext', moduleResolution: 'NodeNext' },
    { module: 'ESNext', moduleResolution: 'bundler' },
  ];

  it.each(RESOLUTIONS)(
    'root types compile, declarations checked, with $moduleResolution',
    (options) => {
      expect(compile(GOOD, { ...options, skipLibCheck: false })).toBe('');
    },
  );

  it('root types are real: a wrong use does not compile', () => {
    const bad = GOOD.replace("'http://127.0.0.1:3001'", '3001');
    expect(compile(bad, RESOLUTIONS[0] ?? {})).toMatch(/main\.ts\(\d+,\d+\): error TS/);
  });

  it('root module loads and mounts', () => {
    writeFileSync(
      join(project, 'main.mjs'),
      `import * as weir from 'mcp-weir';
       const proxy = weir.createProxy({ target: 'http://127.0.0.1:1' });
       const answer = await proxy.fetch(new Request('http://localhost/mcp', { method: 'POST', body: '{}' }));
       console.log(answer.status);`,
    );
    const output = execFileSync(NODE, ['main.mjs'], { cwd: project, encoding: 'utf8' });
    expect(output.trim()).toBe('502');
  });

  it('worker bundle imports nothing but its parts and what workerd itself has', () => {
    const entry = `${REPOSITORY}/dist/workers.js`;
    const reached = new Set([entry]);
    for (const file of reached) {
      const { staticImports, dynamicImports } = parseSync(file, readFileSync(file, 'utf8')).module;
      for (const { moduleRequest } of staticImports) visit(file, moduleRequest.value);
      const code = readFileSync(file, 'utf8');
      for (const { moduleRequest } of dynamicImports) {
        visit(file, code.slice(moduleRequest.start + 1, moduleRequest.end - 1));
      }
    }
    expect(reached.size).toBeGreaterThan(2);

    function visit(from: string, name: string): void {
      if (name.startsWith('cloudflare:')) return;
      const file = join(dirname(from), name);
      expect(name, from).toMatch(/^\.\.?\//);
      expect(existsSync(file), file).toBe(true);
      reached.add(file);
    }
  });

  it('root bundle names no builtin of any runtime', () => {
    const code = readFileSync(`${REPOSITORY}/dist/index.js`, 'utf8');
    expect(code).not.toMatch(/["'](?:node|cloudflare|bun):/);
    expect(code).not.toMatch(/\b(?:Deno|Bun|process)\.\w/);
  });
});

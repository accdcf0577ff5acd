/**
 * `npm run build`: makes `dist/` from `src/`.
 *
 * - `weir.js`: the program. Its parts in `weir/` are read when they are needed, for what a process
 *   reads at its start it holds in memory: policies take 6 MiB. It needs nothing else beside it.
 * - `weir-bun.js` with `weir-bun/`: the same for Bun, as the lean container image runs it.
 * - `index.js`: the library, Web-standard code only.
 * - `workers.js`: the Workers entry, held to a size limit, and its parts in `workers/`, which are
 *   loaded where there are policies, an export, or somebody who looks at the live page; a second
 *   limit holds all of it together.
 * - `index.d.ts`, `workers.d.ts`, `types/`: declarations.
 * - `third-party-licenses.txt`: the licences of what was bundled.
 *
 * @module
 */

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type BuildOptions, build as bundle, type Metafile, type Plugin } from 'esbuild';
import { PAGE_MODULE } from './build-page.ts';
import { reachable, readAtStart } from './bundle-parts.ts';

const ROOT = resolve(import.meta.dirname, '..');
/** A Worker starts for a request that waits. */
const WORKER_LIMIT_GZIP_BYTES = 100 * 1024;
/** The platform takes ten times as much of those who pay nothing. */
const WORKER_WITH_PARTS_LIMIT_GZIP_BYTES = 300 * 1024;

/** One bundle: what esbuild needs to know beyond the common options. */
interface Bundle {
  readonly file: string;
  readonly entry: string;
  readonly limits?: SizeLimits;
  /** Folder for what is loaded only when it is needed; everything in one file without it. */
  readonly parts?: string;
  readonly options: BuildOptions;
}

/** What a bundle may weigh, in bytes once gzipped. */
interface SizeLimits {
  /** What is read whenever it runs. */
  readonly atStart: number;
  /** With every part. */
  readonly withParts: number;
}

/** What was written, for people and for tests. */
export interface BuiltFile {
  readonly file: string;
  readonly rawBytes: number;
  /** Of what is read whenever it runs. */
  readonly gzipBytes: number;
  /** Of all of it. */
  readonly gzipBytesWithParts: number;
  readonly limits: SizeLimits | null;
}

/**
 * What a process must not load to serve plain HTTP. An `import` of a Node builtin reads its every
 * export, those of `node:http` that bring in Node's own `fetch` included (12 MiB); `require` reads
 * what is used. undici's HTTP/2 client, which is switched off, would bring in `node:http2`.
 */
const LEAN_NODE: Plugin = {
  name: 'lean-node',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: 'builtin' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
    }));
    onResolve({ filter: /\/client-h2\.js$/ }, ({ path }) => ({ path, namespace: 'left-out' }));
    onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: '' }));
  },
};

const BUNDLES: readonly Bundle[] = [
  {
    file: 'weir.js',
    entry: 'src/cli/node.ts',
    parts: 'weir',
    options: {
      platform: 'node',
      target: 'node22',
      plugins: [LEAN_NODE],
      banner: {
        // Bundled CommonJS packages (undici) ask for Node builtins through `require`. The entry's
        // own first line, `#!/usr/bin/env node`, stays in front of this.
        js: [
          "import { createRequire as createRequireForBundle } from 'node:module';",
          'const require = createRequireForBundle(import.meta.url);',
        ].join('\n'),
      },
    },
  },
  {
    file: 'weir-bun.js',
    entry: 'src/cli/bun.ts',
    parts: 'weir-bun',
    options: {
      platform: 'node',
      target: 'esnext',
      external: ['bun'],
      // Says that it is JavaScript already. Else Bun undoes types at every start (2 MiB held), and
      // gives it the `require` that bundled CommonJS packages ask for.
      banner: { js: '// @bun\nconst { require } = import.meta;' },
    },
  },
  {
    file: 'index.js',
    entry: 'src/index.ts',
    options: { platform: 'neutral', target: 'es2024' },
  },
  {
    file: 'workers.js',
    entry: 'src/runtime/workers.ts',
    limits: { atStart: WORKER_LIMIT_GZIP_BYTES, withParts: WORKER_WITH_PARTS_LIMIT_GZIP_BYTES },
    parts: 'workers',
    options: {
      platform: 'neutral',
      target: 'es2024',
      minifyIdentifiers: true,
      external: ['cloudflare:*'],
      conditions: ['workerd', 'worker', 'browser'],
    },
  },
];

/**
 * Builds everything into `outDir`, which is emptied first.
 *
 * @throws {Error} one line, when an entry is missing, a bundle does not build or the worker is
 *   larger than its limit.
 */
export async function build(outDir: string = join(ROOT, 'dist')): Promise<BuiltFile[]> {
  for (const { entry } of BUNDLES) {
    if (!existsSync(join(ROOT, entry))) throw new Error(`Cannot build: ${entry} is missing`);
  }
  await rm(outDir, { recursive: true, force: true });
  await mkdir(outDir, { recursive: true });

  const commit = readCommit();
  const results = await Promise.all(
    BUNDLES.map(({ file, entry, parts, options }) =>
      bundle({
        ...options,
        absWorkingDir: ROOT,
        entryPoints: { [file.replace(/\.js$/, '')]: entry },
        outdir: outDir,
        ...(parts === undefined ? {} : { splitting: true, chunkNames: `${parts}/[name]-[hash]` }),
        bundle: true,
        format: 'esm',
        mainFields: ['module', 'main'],
        define: commit === null ? {} : { WEIR_COMMIT: JSON.stringify(commit) },
        legalComments: 'none',
        // Names stay as written, so that stack traces stay readable; but for Workers, where they
        // would cost a fifth of the limit.
        minifySyntax: true,
        minifyWhitespace: true,
        metafile: true,
        logLevel: 'silent',
      }),
    ),
  );
  for (const { metafile } of results) await removeLeftovers(metafile.outputs);
  await chmod(join(outDir, 'weir.js'), 0o755);
  await writeLicenses(
    outDir,
    results.map(({ metafile }) => metafile),
  );
  await writeDeclarations(outDir);

  const built: BuiltFile[] = [];
  for (const [index, { file, limits }] of BUNDLES.entries()) {
    const { outputs } = results[index]!.metafile;
    built.push({ file, ...(await measure(outputs)), limits: limits ?? null });
  }
  for (const { file, gzipBytes, gzipBytesWithParts, limits } of built) {
    if (limits === null) continue;
    checkSize(file, gzipBytes, limits.atStart);
    checkSize(`${file} with its parts`, gzipBytesWithParts, limits.withParts);
  }
  return built;
}

/** esbuild writes a part for an `import()` even when it has dropped the code with it. */
async function removeLeftovers(outputs: Metafile['outputs']): Promise<void> {
  const kept = reachable(outputs);
  for (const path of Object.keys(outputs)) {
    if (kept.has(path)) continue;
    await rm(join(ROOT, path));
    delete outputs[path];
  }
}

function checkSize(what: string, bytes: number, limit: number): void {
  if (bytes > limit) {
    throw new Error(`Cannot accept ${what}: ${kib(bytes)} gzipped, the limit is ${kib(limit)}`);
  }
}

async function measure(
  outputs: Metafile['outputs'],
): Promise<Pick<BuiltFile, 'rawBytes' | 'gzipBytes' | 'gzipBytesWithParts'>> {
  const atStart = readAtStart(outputs);
  let rawBytes = 0;
  let gzipBytes = 0;
  let gzipBytesWithParts = 0;
  for (const path of Object.keys(outputs)) {
    const bytes = await readFile(join(ROOT, path));
    const gzipped = gzipSync(bytes, { level: 9 }).length;
    gzipBytesWithParts += gzipped;
    if (!atStart.has(path)) continue;
    rawBytes += bytes.length;
    gzipBytes += gzipped;
  }
  return { rawBytes, gzipBytes, gzipBytesWithParts };
}

/** The commit being built, or null outside a git checkout (a source archive, an image build). */
function readCommit(): string | null {
  const given = process.env.WEIR_COMMIT;
  if (given !== undefined && /^[0-9a-f]{7,64}$/.test(given)) return given;
  try {
    return execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return null;
  }
}

/** Emits declarations below `types/` and one short file per published entry. */
async function writeDeclarations(outDir: string): Promise<void> {
  const types = join(outDir, 'types');
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  try {
    execFileSync(
      process.execPath,
      [compiler, '-p', join(ROOT, 'scripts/tsconfig.build.json'), '--outDir', types],
      { cwd: ROOT, encoding: 'utf8', stdio: 'pipe' },
    );
  } catch (error) {
    const output = error instanceof Error && 'stdout' in error ? String(error.stdout) : '';
    throw new Error(`Cannot emit declarations: ${output.trim() || String(error)}`);
  }
  for (const path of await readdir(types, { recursive: true })) {
    if (!path.endsWith('.d.ts')) continue;
    const file = join(types, path);
    await writeFile(file, withJsSpecifiers(await readFile(file, 'utf8')));
  }
  await writeFile(join(outDir, 'index.d.ts'), "export * from './types/index.js';\n");
  await writeFile(
    join(outDir, 'workers.d.ts'),
    "export * from './types/runtime/workers.js';\nexport { default } from './types/runtime/workers.js';\n",
  );
}

/**
 * Declarations keep the `.ts` of the sources, which only TypeScript itself resolves to a `.d.ts`;
 * `.js` is understood by every tool that reads declarations.
 */
function withJsSpecifiers(declarations: string): string {
  return declarations.replace(
    /((?:from|import\(|import) ?['"]\.{1,2}\/[^'"]+)\.ts(['"])/g,
    '$1.js$2',
  );
}

/** Collects the licence of every package whose code went into a bundle. */
async function writeLicenses(outDir: string, metafiles: readonly Metafile[]): Promise<void> {
  const packages = new Set<string>();
  for (const metafile of metafiles) {
    for (const input of Object.keys(metafile.inputs)) {
      const match = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input);
      if (match !== null) packages.add(match[0]);
      // It was bundled into that module before.
      if (input === PAGE_MODULE) packages.add('node_modules/uplot');
    }
  }
  const sections: string[] = [];
  for (const path of [...packages].sort()) {
    const folder = join(ROOT, path);
    const name = relative(join(ROOT, 'node_modules'), folder);
    sections.push(`${name}\n\n${(await readFile(await findLicense(folder, name), 'utf8')).trim()}`);
  }
  const rule = `\n\n${'-'.repeat(72)}\n\n`;
  await writeFile(join(outDir, 'third-party-licenses.txt'), `${sections.join(rule)}\n`);
}

/** The licence file of a package, or the one kept here for a package that leaves its own out. */
async function findLicense(folder: string, name: string): Promise<string> {
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e(?:\.\w+)?$/i.test(entry));
  if (file !== undefined) return join(folder, file);
  const kept = join(ROOT, 'scripts/licenses', `${name}.txt`);
  if (!existsSync(kept)) throw new Error(`Cannot build: ${name} has no licence file to ship`);
  return kept;
}

function kib(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}

function formatSizes(built: readonly BuiltFile[]): string {
  return built.map(formatSize).join('\n');
}

function formatSize({ file, rawBytes, gzipBytes, gzipBytesWithParts, limits }: BuiltFile): string {
  const line = `dist/${file.padEnd(11)} ${kib(rawBytes).padStart(11)}  gzipped ${ofLimit(gzipBytes, limits?.atStart)}`;
  if (gzipBytesWithParts === gzipBytes) return line;
  return `${line}, with every part ${ofLimit(gzipBytesWithParts, limits?.withParts)}`;
}

function ofLimit(bytes: number, limit: number | undefined): string {
  return limit === undefined ? kib(bytes) : `${kib(bytes)} (limit ${kib(limit)})`;
}

if (import.meta.main) {
  try {
    console.log(formatSizes(await build()));
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}

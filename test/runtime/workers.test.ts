import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';
import { readAtStart } from '../../scripts/bundle-parts.ts';
import { REPOSITORY } from '../fixtures/programs.ts';
import { RawUpstream } from '../fixtures/raw-upstream.ts';
import { startWorker } from '../fixtures/workerd-process.ts';
import { Wrangler } from './wrangler.ts';

/** Of what every Worker reads when it starts. */
const LIMIT_GZIP_BYTES = 100 * 1024;
const LIMIT_WITH_PARTS_GZIP_BYTES = 300 * 1024;
const TOKEN = 'token-of-the-worker-test';

const wrangler = new Wrangler();
afterAll(() => wrangler.remove());

describe('weir as a Worker', () => {
  it('is a bundle without a module of Node, within its size', async () => {
    const { metafile, outputFiles } = await build({
      absWorkingDir: REPOSITORY,
      entryPoints: ['src/runtime/workers.ts'],
      outdir: 'dist',
      chunkNames: 'parts/[name]-[hash]',
      splitting: true,
      bundle: true,
      minify: true,
      write: false,
      format: 'esm',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      conditions: ['workerd', 'worker', 'browser'],
      external: ['node:*', 'cloudflare:*'],
      metafile: true,
      logLevel: 'silent',
    });
    const atStart = readAtStart(metafile.outputs);
    let gzipped = 0;
    let withParts = 0;
    for (const [path, { imports }] of Object.entries(metafile.outputs)) {
      expect(imports.filter(({ external }) => external)).toEqual([]);
      const file = outputFiles.find((output) => output.path.endsWith(`/${path}`));
      const bytes = gzipSync(file!.contents).length;
      withParts += bytes;
      if (atStart.has(path)) gzipped += bytes;
    }
    expect(gzipped).toBeGreaterThan(50 * 1024);
    expect(gzipped).toBeLessThan(LIMIT_GZIP_BYTES);
    expect(withParts).toBeGreaterThan(gzipped);
    expect(withParts).toBeLessThan(LIMIT_WITH_PARTS_GZIP_BYTES);
    const inputs = Object.values(metafile.outputs).flatMap((output) => Object.keys(output.inputs));
    expect(inputs.filter((input) => /redis|node_modules\/yaml/.test(input))).toEqual([]);
    expect(readFileSync(`${REPOSITORY}/wrangler.toml`, 'utf8')).not.toMatch(
      /compatibility_flags.*nodejs_compat/,
    );
  });

  it('runs in workerd with no compatibility flag at all', async () => {
    const upstream = await RawUpstream.start();
    upstream.fallback = (exchange) => exchange.respond({ body: 'from the upstream' });
    const worker = await startWorker({
      vars: { WEIR_TARGET_ADDR: upstream.authority, WEIR_ADMIN_TOKEN: TOKEN },
      compatibilityFlags: [],
    });
    try {
      expect(await (await fetch(worker.url)).text()).toBe('from the upstream');
      const metrics = await fetch(`${worker.url}/_weir/metrics`, {
        headers: { authorization: `Bearer ${TOKEN}` },
      });
      expect(await metrics.text()).toMatch(/^mcp_requests_total\{.*\} 1$/m);
    } finally {
      await worker.stop();
      await upstream.stop();
    }
  });

  it('is what `wrangler deploy` would take', async () => {
    const out = join(wrangler.directory, 'out');
    const deploy = wrangler.run('deploy', '--dry-run', '--outdir', out);
    expect([await deploy.exited, deploy.output()]).toEqual([
      { code: 0, signal: null },
      expect.stringMatching(/env\.WEIR_METRICS \(WeirMetrics\)[\s\S]*dry-run/),
    ]);
  });

  it('runs under `wrangler dev`', async () => {
    const upstream = await RawUpstream.start();
    upstream.fallback = (exchange) => exchange.respond({ body: 'from the upstream' });
    const vars = { WEIR_TARGET_ADDR: upstream.url, WEIR_ADMIN_TOKEN: TOKEN };
    try {
      await wrangler.dev(vars, [], async (url) => {
        expect(await (await fetch(`${url}/mcp`)).text()).toBe('from the upstream');
        expect((await fetch(`${url}/_weir/healthz`)).status).toBe(401);
        const metrics = await fetch(`${url}/_weir/metrics`, {
          headers: { authorization: `Bearer ${TOKEN}` },
        });
        expect(await metrics.text()).toMatch(/^mcp_requests_total\{.*\} 1$/m);
      });
    } finally {
      await upstream.stop();
    }
  });
});

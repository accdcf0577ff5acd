/**
 * Writes src/admin/live/page-assets.ts from web/live/: the live page as text, so that every runtime
 * has it without a build and without a file to read. A test compares the module with what this would
 * write.
 *
 *     node scripts/build-page.ts
 *
 * @module
 */

import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const ROOT = resolve(import.meta.dirname, '..');
const SOURCE = join(ROOT, 'web/live');
/** Below the root of the repository. */
export const PAGE_MODULE = 'src/admin/live/page-assets.ts';

/** What all of it may weigh together, gzipped. */
export const PAGE_LIMIT_GZIP_BYTES: number = 100 * 1024;

interface Asset {
  readonly name: string;
  readonly contentType: string;
  readonly text: string;
}

/** The module as it should be. @throws {Error} one line, when the page is too large */
export async function renderPageModule(): Promise<string> {
  const assets = await bundlePage();
  let gzipBytes = 0;
  for (const { text } of assets) gzipBytes += gzipSync(text, { level: 9 }).length;
  if (gzipBytes > PAGE_LIMIT_GZIP_BYTES) {
    throw new Error(`Cannot accept the live page: ${gzipBytes} bytes gzipped`);
  }
  return `/**
 * The live page, as \`node scripts/build-page.ts\` makes it of web/live/. Not to be edited.
 *
 * It contains uPlot (https://github.com/leeoniya/uPlot), MIT licence:
${(await readFile(join(ROOT, 'node_modules/uplot/LICENSE'), 'utf8')).trim().replaceAll(/^/gm, ' * ').replaceAll(/ +$/gm, '')}
 *
 * @module
 */

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it holds a program

/** A file of the page. */
export interface PageAsset {
  readonly name: string;
  readonly contentType: string;
  readonly text: string;
}

export const PAGE_ASSETS: readonly PageAsset[] = [
${assets.map(renderAsset).join('\n')}
];
`;
}

async function bundlePage(): Promise<readonly Asset[]> {
  const common = { bundle: true, minify: true, write: false, absWorkingDir: ROOT } as const;
  const [script, style, html] = await Promise.all([
    build({
      ...common,
      entryPoints: [join(SOURCE, 'main.ts')],
      format: 'esm',
      platform: 'browser',
      target: ['es2023', 'chrome120', 'firefox121', 'safari17.4'],
      legalComments: 'none',
    }),
    build({
      ...common,
      stdin: {
        contents: "@import 'uplot/dist/uPlot.min.css'; @import './style.css';",
        loader: 'css',
        resolveDir: SOURCE,
      },
      target: ['chrome120', 'firefox121', 'safari17.4'],
    }),
    readFile(join(SOURCE, 'index.html'), 'utf8'),
  ]);
  return [
    {
      name: 'index.html',
      contentType: 'text/html; charset=utf-8',
      text: html.replaceAll(/\n\s+/g, '\n'),
    },
    {
      name: 'page.css',
      contentType: 'text/css; charset=utf-8',
      text: style.outputFiles[0]?.text ?? '',
    },
    {
      name: 'page.js',
      contentType: 'text/javascript; charset=utf-8',
      text: script.outputFiles[0]?.text ?? '',
    },
  ];
}

function renderAsset({ name, contentType, text }: Asset): string {
  return `  {
    name: ${toLiteral(name)},
    contentType: ${toLiteral(contentType)},
    text: ${toLiteral(text)},
  },`;
}

/** As the formatter would have it, so that it has nothing to change. */
function toLiteral(text: string): string {
  const json = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"');
  const quote = json.split("'").length > json.split('"').length ? '"' : "'";
  return quote + json.replaceAll(quote, `\\${quote}`) + quote;
}

if (import.meta.main) await writeFile(join(ROOT, PAGE_MODULE), await renderPageModule());

/**
 * The page as it is shipped: what web/live/ makes of it, and no heavier than it may be.
 *
 * @module
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { PAGE_LIMIT_GZIP_BYTES, PAGE_MODULE, renderPageModule } from '../../scripts/build-page.ts';
import { PAGE_ASSETS } from '../../src/admin/live/page-assets.ts';
import { REPOSITORY } from '../fixtures/programs.ts';

it('PAGE_ASSETS are what web/live/ makes of them: else run node scripts/build-page.ts', async () => {
  expect(await readFile(join(REPOSITORY, PAGE_MODULE), 'utf8')).toBe(await renderPageModule());
});

it('PAGE_ASSETS stay within their limit together', () => {
  const bytes = PAGE_ASSETS.reduce((sum, { text }) => sum + gzipSync(text, { level: 9 }).length, 0);
  expect(bytes).toBeLessThanOrEqual(PAGE_LIMIT_GZIP_BYTES);
});

it('PAGE_ASSETS ask nobody else for anything', () => {
  for (const { name, text } of PAGE_ASSETS) {
    const urls = text.match(/https?:\/\/[^\s"'`)]+/g) ?? [];
    // Names of namespaces are no addresses.
    expect(
      urls.filter((url) => !url.startsWith('http://www.w3.org/')),
      name,
    ).toEqual([]);
  }
});

import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { generateFiles } from '../../scripts/generate-schema.ts';
import { resolveSettings } from '../../src/config/resolve.ts';
import { readYamlSettings } from '../../src/config/yaml-file.ts';
import { VERSION } from '../../src/version.ts';

describe('generated files', () => {
  it('are up to date: run "node scripts/generate-schema.ts" when this fails', async () => {
    for (const { url, content } of await generateFiles()) {
      expect(await readFile(url, 'utf8'), url.pathname).toBe(content);
    }
  });
});

describe('docs/configuration.md', () => {
  it('shows a weir.yaml that works as it is', async () => {
    const guide = await readFile(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
    const [, example] = /```yaml\n([\s\S]*?)```/.exec(guide)!;
    const { settings } = resolveSettings({ file: readYamlSettings(example!, 'weir.yaml') });
    expect(settings).toMatchObject({
      targetAddr: 'https://mcp.example.com/team',
      allowedHosts: ['mcp.localhost'],
      timeouts: { responseHead: 120_000, idleStream: 600_000 },
    });
  });
});

describe('VERSION', () => {
  it('is the version of package.json', async () => {
    const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
    expect((JSON.parse(text) as { version: string }).version).toBe(VERSION);
  });
});

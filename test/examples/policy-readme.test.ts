/**
 * What README.md says of policies and of packages.
 *
 * @module
 */

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';
import { describe, expect, it } from 'vitest';
import { spawnProcess } from '../fixtures/process.ts';
import { REPOSITORY } from '../fixtures/programs.ts';
import { RawUpstream } from '../fixtures/raw-upstream.ts';
import { cleanEnvironment, startWeir, weirCommand } from '../fixtures/weir-process.ts';
import { readSections } from './policy-document.ts';

const markdown = readFileSync(join(REPOSITORY, 'README.md'), 'utf8');
const NPM_RUN = 'npm run weir -- ';

/** Runs a command of weir to its end. Returns what it printed. */
async function runWeir(args: readonly string[]): Promise<string> {
  const [program, ...base] = weirCommand('node');
  const run = spawnProcess(program, [...base, ...args], { env: cleanEnvironment() });
  await run.exited;
  return run.output();
}

/** The packages that sources import, of files or on demand. */
function importedPackages(): string[] {
  const names = new Set<string>();
  for (const path of globSync(['src/**/*.ts', 'web/**/*.ts'], { cwd: REPOSITORY })) {
    const source = readFileSync(join(REPOSITORY, path), 'utf8');
    const { module } = parseSync(path, source);
    const requests = [
      ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
      ...module.dynamicImports.map(({ moduleRequest }) =>
        source.slice(moduleRequest.start + 1, moduleRequest.end - 1),
      ),
    ];
    for (const request of requests) {
      const name = /^(?:@[^/]+\/)?[^/.:]+(?=\/|$)/.exec(request)?.[0];
      if (name !== undefined) names.add(name);
    }
  }
  return [...names].sort();
}

describe('README.md, who may call what', () => {
  it('makes a key and asks for it', async () => {
    const section = readSections(markdown).find(({ title }) => title === 'Who may call what');
    const [newKey, proxy] = (section?.starts ?? []).map((line) => {
      expect(line).toMatch(new RegExp(`^${NPM_RUN}`));
      return line.slice(NPM_RUN.length).split(' ');
    });
    const [, key = '', digest = ''] =
      /^key +(\S+)\ndigest +(\S+)$/m.exec(await runWeir(newKey ?? [])) ?? [];
    const upstream = await RawUpstream.start();
    upstream.fallback = (exchange) => exchange.respondJson({ jsonrpc: '2.0', id: 1, result: {} });
    const args = (proxy ?? []).slice(1).map((word) => (word === '<digest>' ? digest : word));
    const weir = await startWeir({
      runtime: 'node',
      target: upstream.url,
      args: [...args, '--target-addr', upstream.url],
    });
    try {
      const ask = async (headers: Record<string, string>): Promise<number> => {
        const { status } = await fetch(`${weir.url}/mcp`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
        });
        return status;
      };
      expect(await ask({})).toBe(401);
      expect(await ask({ 'x-api-key': key })).toBe(200);
    } finally {
      await weir.stop();
      await upstream.stop();
    }
  });
});

describe('README.md, what is in it', () => {
  it('has a reason for every package that sources import, and for no other', () => {
    const table = markdown.split('<!-- dependencies: begin -->')[1]?.split('<!--')[0] ?? '';
    const named = [...table.matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)].map(([, name]) => name);
    expect(named.sort()).toEqual(importedPackages());
  });
});

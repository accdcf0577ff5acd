/**
 * docs/policy.md, done as it says: its files are those of examples/policy/, its commands are run by
 * a shell, and they print what it shows.
 *
 * @module
 */

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REPOSITORY } from '../fixtures/programs.ts';
import { Wrangler } from '../runtime/wrangler.ts';
import { readSections, type Section, toPattern } from './policy-document.ts';
import { Reader } from './policy-reader.ts';

const WRANGLER_DEV = 'npx wrangler dev ';

const sections = readSections(readFileSync(join(REPOSITORY, 'docs/policy.md'), 'utf8'));
const shown = new Map(sections.flatMap(({ files }) => [...files]));
/** Shows what `weir config check` says. */
const CONTRADICTIONS = 'examples/policy/contradictions.yaml';
const typed = sections.filter(({ commands }) => commands.length > 0);

/** `--json` came with curl 7.82. */
const hasCurl = (() => {
  const { stdout } = spawnSync('curl', ['--version'], { encoding: 'utf8' });
  const [, major, minor] = /^curl (\d+)\.(\d+)/.exec(stdout ?? '') ?? [];
  return Number(major) * 1000 + Number(minor) >= 7082;
})();

/** Types the commands of a section and compares what they print. */
async function follow(reader: Reader, { commands }: Section): Promise<void> {
  const printed = await reader.type(commands);
  expect(printed).toHaveLength(commands.length);
  for (const [i, { command, answer }] of commands.entries()) {
    expect(printed[i], command).toMatch(toPattern(answer));
  }
}

async function withReader(use: (reader: Reader) => Promise<void>): Promise<void> {
  const reader = new Reader();
  try {
    await use(reader);
  } finally {
    await reader.leave();
  }
}

describe('docs/policy.md', () => {
  it('shows the files of examples/policy as they are', () => {
    for (const [path, text] of shown) {
      expect(text, path).toBe(readFileSync(join(REPOSITORY, path), 'utf8'));
    }
    const files = readdirSync(join(REPOSITORY, 'examples/policy'), { recursive: true })
      .map((path) => `examples/policy/${path}`)
      .filter((path) => /\.(?:yaml|toml)$/.test(path));
    expect([...shown.keys()].sort()).toEqual(files.sort());
  });

  it('has five worked configurations', () => {
    const worked = typed.filter(({ starts }) => starts.length > 0);
    expect(worked.map(({ files }) => files.size > 0)).toEqual([true, true, true, true, true]);
  });

  it('has configurations without problems, but for the one that shows them', () =>
    withReader(async (reader) => {
      const paths = [...shown]
        .filter(([path, text]) => text.includes('\ntargetAddr:') && path !== CONTRADICTIONS)
        .map(([path]) => path);
      expect(paths).toHaveLength(4);
      const printed = await reader.type(
        paths.map((path) => ({ command: `weir config check --config ${path}`, answer: '' })),
      );
      expect(printed).toEqual(paths.map(() => 'no errors, no warnings'));
    }));

  it('has fragments that weir reads', () =>
    withReader(async (reader) => {
      const fragments = sections.flatMap((section) => section.fragments);
      expect(fragments.length).toBeGreaterThan(0);
      const commands = fragments.map((text, i) => {
        const path = reader.write(`fragment-${i}.yaml`, `targetAddr: localhost:3001\n${text}`);
        return { command: `weir config explain --config ${path} > /dev/null`, answer: '' };
      });
      expect(await reader.type(commands)).toEqual(fragments.map(() => ''));
    }));

  for (const section of typed) {
    const { title, starts, commands } = section;
    const lacksCurl = !hasCurl && commands.some(({ command }) => command.includes('curl '));
    const dev = starts.find((line) => line.startsWith(WRANGLER_DEV));
    it.skipIf(lacksCurl)(`${title}: every command prints what is shown`, () =>
      withReader(async (reader) => {
        for (const line of starts) if (line !== dev) await reader.start(line);
        if (dev === undefined) {
          await follow(reader, section);
          return;
        }
        const wrangler = new Wrangler();
        try {
          const vars = { WEIR_TARGET_ADDR: `http://localhost:${reader.portOf('server')}` };
          await wrangler.dev(vars, dev.slice(WRANGLER_DEV.length).split(' '), async (url) => {
            reader.found('worker', url);
            await follow(reader, section);
          });
        } finally {
          wrangler.remove();
        }
      }),
    );
  }
});

describe('readSections', () => {
  it('reads files, starts and commands, and takes no comment in a block for a heading', () => {
    const markdown = [
      '# Top',
      '## One',
      '```yaml',
      '# examples/policy/a.yaml',
      'a: 1',
      '```',
      '```yaml',
      'b: 2',
      '```',
      '```sh',
      'node a.ts',
      'weir proxy \\',
      '  --config b',
      '```',
      '```console',
      '$ curl -s a \\',
      '    -H b',
      'one',
      '',
      'two',
      '$ A=$(b)',
      '```',
    ].join('\n');
    const [, one] = readSections(`${markdown}\n`);
    expect(one).toEqual({
      title: 'One',
      files: new Map([['examples/policy/a.yaml', '# examples/policy/a.yaml\na: 1\n']]),
      fragments: ['b: 2\n'],
      starts: ['node a.ts', 'weir proxy --config b'],
      commands: [
        { command: 'curl -s a -H b', answer: 'one\n\ntwo' },
        { command: 'A=$(b)', answer: '' },
      ],
    });
  });
});

describe('toPattern', () => {
  it('matches what is shown, and any part of a line for …', () => {
    expect('a 17 b').toMatch(toPattern('a … b'));
    expect('a 17\n b').not.toMatch(toPattern('a … b'));
    expect('a.b\n(c)').toMatch(toPattern('a.b\n(c)'));
    expect('axb').not.toMatch(toPattern('a.b'));
    expect('a\nb').not.toMatch(toPattern('a'));
    expect('ab').not.toMatch(toPattern('a\nb'));
  });
});

/**
 * SECURITY.md promises a test for each attack: what it names must be there.
 *
 * @module
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { REPOSITORY } from '../fixtures/programs.ts';
import { readTitles } from './attack-table.ts';

interface Row {
  attack: string;
  file: string;
  /** Title of a group, and of a test in it. */
  titles: string[];
}

function readTable(markdown: string): Row[] {
  return markdown.split('\n').flatMap((line) => {
    const cells = /^\| (.*) \| `(test\/.*)` \| (.*) \|$/.exec(line.replaceAll(/ +/g, ' '));
    if (cells === null) return [];
    const [, attack = '', file = '', test = ''] = cells;
    return [{ attack, file, titles: test.split(' › ') }];
  });
}

const markdown = readFileSync(`${REPOSITORY}/SECURITY.md`, 'utf8');
const rows = readTable(markdown);

describe('SECURITY.md', () => {
  it('has a row for every line of its tables', () => {
    const lines = markdown
      .split('\n')
      .filter((line) => line.includes('`test/') && line.startsWith('|'));
    expect(rows).toHaveLength(lines.length);
    expect(rows.length).toBeGreaterThan(40);
    for (const { attack, titles } of rows) expect(titles, attack).toHaveLength(2);
  });

  it('names files that exist and titles that stand in them', () => {
    const missing = rows.flatMap(({ attack, file, titles }) => {
      const path = `${REPOSITORY}/${file}`;
      if (!existsSync(path)) return [`${attack}: no file ${file}`];
      const known = readTitles(file, readFileSync(path, 'utf8'));
      return titles
        .filter((title) => !known.has(title))
        .map((title) => `${attack}: no "${title}" in ${file}`);
    });
    expect(missing).toEqual([]);
  });

  it('names every file of attacks', () => {
    const named = new Set(rows.map(({ file }) => file));
    const files = readdirSync(new URL('.', import.meta.url)).filter(
      (name) => /^attack-.*\.test\.ts$/.test(name) && name !== 'attack-table.test.ts',
    );
    expect(files.length).toBeGreaterThan(5);
    for (const name of files) expect(named).toContain(`test/contract/${name}`);
  });
});

describe('readTitles', () => {
  it('reads titles as they are written, with … for what is filled in', () => {
    const source = `
      contract('A', (target) => {
        target.test(\`b \${x} c \${y}\`, () => {});
        it.each([1])('d %i', () => {});
        it.fails("e", () => {});
        other('f');
      });`;
    expect([...readTitles('x.ts', source)].sort()).toEqual(['A', 'b … c …', 'd …', 'e']);
  });
});

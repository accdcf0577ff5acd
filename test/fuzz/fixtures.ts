/**
 * Inputs that are tried again with every test run: those that a fuzzer once objected to, and a few
 * that together go every way it has found.
 *
 * One file for each target, one input in base64 on each line; `#` begins a comment.
 *
 * @module
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const COVER_TITLE = '# A small set of inputs that goes every way found so far.';

export interface Fixtures {
  /** Inputs that were objected to, each with the comment above it. */
  found: { input: Uint8Array; comment: string }[];
  cover: Uint8Array[];
}

function fileOf(target: string): string {
  return fileURLToPath(new URL(`fixtures/${target}.txt`, import.meta.url));
}

export function readFixtures(target: string): Fixtures {
  const fixtures: Fixtures = { found: [], cover: [] };
  const file = fileOf(target);
  if (!existsSync(file)) return fixtures;
  let comment = '';
  let inCover = false;
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line === COVER_TITLE) inCover = true;
    else if (line.startsWith('#')) comment = line.slice(1).trim();
    else if (line !== '') {
      // `-` is the empty input, which base64 writes as nothing.
      const input = new Uint8Array(Buffer.from(line === '-' ? '' : line, 'base64'));
      if (inCover) fixtures.cover.push(input);
      else fixtures.found.push({ input, comment });
    }
  }
  return fixtures;
}

export function writeFixtures(target: string, { found, cover }: Fixtures): void {
  const lineOf = (input: Uint8Array): string =>
    input.length === 0 ? '-' : Buffer.from(input).toString('base64');
  const lines = found.flatMap(({ input, comment }) => [`# ${comment}`, lineOf(input)]);
  if (cover.length > 0) lines.push(COVER_TITLE, ...cover.map(lineOf));
  writeFileSync(fileOf(target), `${lines.join('\n')}\n`);
}

/** Adds an input that was objected to, unless it is there. */
export function addFinding(target: string, input: Uint8Array, message: string): void {
  const fixtures = readFixtures(target);
  if (fixtures.found.some((known) => Buffer.compare(known.input, input) === 0)) return;
  const comment = (message.split('\n')[0] ?? '').replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 100);
  fixtures.found.push({ input, comment });
  writeFixtures(target, fixtures);
}

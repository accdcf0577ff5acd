/**
 * Fuzzes the parsers, guided by coverage.
 *
 *     npm run fuzz -- --minutes 5 --target scanner
 *
 * Each target runs for the given time; without `--target` all of them do, one after the other. An
 * input that a target objects to is written to `test/fuzz/fixtures/`, from where every test run
 * tries it again, and the exit code is 1. With `--keep` the fixtures also get a small set of inputs
 * that goes every way found.
 *
 * @module
 */

import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { addFinding, readFixtures, writeFixtures } from './fixtures.ts';
import { fuzzInThread } from './fuzzing.ts';
import { isTargetName, TARGET_NAMES, type TargetName } from './targets.ts';

const USAGE = `Usage: npm run fuzz -- [--minutes <number>] [--target <name>] [--seed <integer>] [--keep]
  --minutes  how long to fuzz each target, default 1
  --target   ${TARGET_NAMES.join(', ')}; may be repeated; default all
  --seed     begin as an earlier run did
  --keep     write a small set of inputs that goes every way found to the fixtures`;

const SUBJECT = fileURLToPath(new URL('../../src', import.meta.url));

interface Wish {
  minutes: number;
  targets: readonly TargetName[];
  seed: number;
  keep: boolean;
}

/** @throws {Error} with a line for people when the arguments make no sense. */
function readArguments(args: readonly string[]): Wish {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '1' },
      target: { type: 'string', multiple: true, default: [...TARGET_NAMES] },
      seed: { type: 'string', default: String(Date.now() % 0x7fff_ffff) },
      keep: { type: 'boolean', default: false },
    },
  });
  const minutes = Number(values.minutes);
  if (!(minutes > 0))
    throw new Error(`--minutes is "${values.minutes}": expected a number above 0`);
  const seed = Number(values.seed);
  if (!Number.isInteger(seed)) throw new Error(`--seed is "${values.seed}": expected an integer`);
  const targets = values.target.map((name) => {
    if (!isTargetName(name))
      throw new Error(`--target "${name}" is none of these: ${TARGET_NAMES.join(', ')}`);
    return name;
  });
  return { minutes, targets, seed, keep: values.keep };
}

async function fuzzTarget(name: TargetName, { minutes, seed, keep }: Wish): Promise<boolean> {
  const begun = performance.now();
  const result = await fuzzInThread({
    entry: fileURLToPath(new URL(`targets/${name}.ts`, import.meta.url)),
    subject: SUBJECT,
    seed,
    durationMs: minutes * 60_000,
  });
  const seconds = (performance.now() - begun) / 1000;
  const { executions, reached, counters, corpus, finding } = result;
  console.log(
    `${name}: ${executions} executions in ${seconds.toFixed(0)} s ` +
      `(${Math.round(executions / seconds)}/s), ${reached} of ${counters} branches, ` +
      `${corpus} inputs kept, seed ${seed}: ${finding === null ? 'no finding' : 'A FINDING'}`,
  );
  if (finding !== null) {
    addFinding(name, finding.input, finding.message);
    console.log(`  ${finding.message}\n  ${Buffer.from(finding.input).toString('base64')}`);
  } else if (keep) {
    writeFixtures(name, { found: readFixtures(name).found, cover: result.cover });
  }
  return finding === null;
}

let wish: Wish;
try {
  wish = readArguments(process.argv.slice(2));
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}\n${USAGE}`);
  process.exit(2);
}
let clean = true;
for (const name of wish.targets) clean = (await fuzzTarget(name, wish)) && clean;
process.exit(clean ? 0 : 1);

/**
 * The command line of the bench.
 *
 * @module
 */

import { parseArgs } from 'node:util';
import { CANDIDATES } from './candidates/all.ts';
import { type Candidate, RUNTIMES, type Runtime } from './candidates/candidate.ts';
import { WORKLOADS } from './workloads/all.ts';
import { SCANNER } from './workloads/scanner.ts';
import type { Scale, Workload } from './workloads/workload.ts';

export interface BenchOptions {
  readonly workloads: readonly Workload[];
  readonly scanner: boolean;
  readonly candidates: readonly Candidate[];
  readonly rounds: number;
  /** Measuring time of one candidate in one round. */
  readonly seconds: number;
  readonly quick: boolean;
  /** Run weir from `src/` instead of the release files. */
  readonly source: boolean;
  /** Folder for the results; null writes none. */
  readonly out: string | null;
  readonly scale: Scale;
}

export const USAGE = `Usage: npm run bench -- [options]

  --only <workload,…>       workloads by name or group: ${names().join(', ')}
  --runtime <runtime,…>     bare hops and weir on these runtimes only: ${RUNTIMES.join(', ')}
  --candidates <id,…>       exactly these: ${CANDIDATES.map(({ id }) => id).join(', ')}
  --rounds <number>         rounds of each workload (default 5; long workloads have their own limit)
  --seconds <number>        measuring time of one candidate in one round (default 3)
  --quick                   one short round of everything with small sizes: shows that the bench works;
                            its figures mean nothing and are not kept unless --out is given
  --source                  run weir from src/ instead of building the release files
  --out <folder>            where results go (default bench/results)
  --help                    show this
`;

const FULL_SCALE: Scale = {
  streams: 1000,
  streamSeconds: 30,
  idleStreams: 10_000,
  settleSeconds: 3,
  largeBytes: 50_000_000,
  samples: 500,
};

const QUICK_SCALE: Scale = {
  streams: 50,
  streamSeconds: 1,
  idleStreams: 200,
  settleSeconds: 0.5,
  largeBytes: 5_000_000,
  samples: 30,
};

/** @throws {Error} one line, about the first thing that cannot be understood. */
export function parseOptions(args: readonly string[], resultsFolder: string): BenchOptions | null {
  const { values } = parseArgs({
    args: [...args],
    allowPositionals: false,
    options: {
      only: { type: 'string' },
      runtime: { type: 'string' },
      candidates: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      source: { type: 'boolean', default: false },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const { quick } = values;
  const chosen = listOf(values.only, names(), '--only');
  return {
    workloads: WORKLOADS.filter((workload) => isChosen(workload, chosen)),
    scanner: isChosen(SCANNER, chosen),
    candidates: chooseCandidates(values.runtime, values.candidates),
    rounds: wholeNumber(values.rounds, quick ? 1 : 5, '--rounds'),
    seconds: wholeNumber(values.seconds, quick ? 1 : 3, '--seconds'),
    quick,
    source: values.source,
    out: values.out ?? (quick ? null : resultsFolder),
    scale: quick ? QUICK_SCALE : FULL_SCALE,
  };
}

function isChosen(
  { id, groups }: { id: string; groups: readonly string[] },
  chosen: readonly string[] | null,
): boolean {
  return chosen === null || [id, ...groups].some((name) => chosen.includes(name));
}

function chooseCandidates(
  runtimes: string | undefined,
  ids: string | undefined,
): readonly Candidate[] {
  const wanted = listOf(runtimes, RUNTIMES, '--runtime') as readonly Runtime[] | null;
  const exact = listOf(
    ids,
    CANDIDATES.map(({ id }) => id),
    '--candidates',
  );
  return CANDIDATES.filter(
    ({ id, runtime }) =>
      (exact === null || exact.includes(id)) &&
      (wanted === null || runtime === null || wanted.includes(runtime)),
  );
}

function names(): string[] {
  return [...new Set([...WORKLOADS, SCANNER].flatMap(({ id, groups }) => [id, ...groups]))];
}

function listOf(
  text: string | undefined,
  known: readonly string[],
  flag: string,
): readonly string[] | null {
  if (text === undefined) return null;
  const parts = text.split(',').map((part) => part.trim());
  const unknown = parts.find((part) => !known.includes(part));
  if (unknown !== undefined) {
    throw new Error(`${flag}: unknown name "${unknown}", expected one of ${known.join(', ')}`);
  }
  return parts;
}

function wholeNumber(text: string | undefined, otherwise: number, flag: string): number {
  if (text === undefined) return otherwise;
  if (!/^[1-9]\d{0,3}$/.test(text)) {
    throw new Error(`${flag}: expected a whole number from 1 to 9999, got "${text}"`);
  }
  return Number(text);
}

/**
 * A soak: hours of trouble in minutes, then the question whether anything has grown or was left
 * behind.
 *
 * @module
 */

import type { ProcessExit } from '../../test/fixtures/process.ts';
import { eventually, pause } from '../../test/fixtures/wait.ts';
import { play, type SceneCount } from './actors.ts';
import { BOUNDS, FILES_KEPT_BY_RUNTIME, type SeriesName } from './bounds.ts';
import { type Growth, measureGrowth, type Reading } from './growth.ts';
import { ACTIVE_GAUGES, type Observation, observe } from './probe.ts';
import { type SoakedProgram, startProgram } from './program.ts';
import { SCENES } from './traffic.ts';
import { FaultyUpstream } from './upstream.ts';

export interface SoakOptions {
  /** The module to run, with weir's command line. */
  readonly program: string;
  readonly durationMs: number;
  /** What of it comes before growth counts, in ms. */
  readonly warmUpMs: number;
  /** Between two looks at the process, in ms. */
  readonly sampleIntervalMs: number;
  /** How long what is under way may take to end once nobody wants anything, in ms. */
  readonly settleMs: number;
  onProgress?(line: string): void;
}

export interface SeriesReport extends Growth {
  readonly name: SeriesName;
  readonly unit: string;
  readonly bound: number;
}

export interface SoakReport {
  /** One line per thing that is wrong; none when all is well. */
  readonly problems: readonly string[];
  readonly samples: number;
  readonly series: readonly SeriesReport[];
  readonly before: Observation;
  readonly after: Observation;
  readonly scenes: Readonly<Record<string, SceneCount>>;
  readonly upstreamRestarts: number;
}

const RESTART_EVERY_MS = 5_000;
const RESTART_DOWN_MS = 250;
const PROGRESS_EVERY_MS = 5_000;
const SETTLE_INTERVAL_MS = 250;
/** Longest that an orderly end may take before it counts as hung, in ms. */
const STOP_GRACE_MS = 20_000;
/** Of a program that died. */
const LAST_OUTPUT_CHARS = 2_000;

/** @throws {Error} when the program cannot be started, or dies: with the last of its output */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const upstream = await FaultyUpstream.start();
  try {
    const program = await startProgram(options.program, upstream.authority);
    try {
      return await watch(options, program, upstream);
    } finally {
      await program.stop(0);
    }
  } finally {
    await upstream.stop();
  }
}

async function watch(
  options: SoakOptions,
  program: SoakedProgram,
  upstream: FaultyUpstream,
): Promise<SoakReport> {
  const before = await observe(program);
  const cast = play(SCENES, program.url);
  const start = performance.now();
  const elapsed = (): number => performance.now() - start;
  let died: ProcessExit | null = null;
  void program.exited.then((exit) => {
    died = exit;
  });
  const isOver = (): boolean => died !== null || elapsed() >= options.durationMs;

  const observations: { atMs: number; observation: Observation }[] = [];
  const sampling = every(options.sampleIntervalMs, isOver, async () => {
    const atMs = elapsed();
    // A scrape that fails leaves a gap, and gaps are what the analysis can bear.
    const observation = await observe(program).catch(() => null);
    if (observation !== null) observations.push({ atMs, observation });
  });
  let upstreamRestarts = 0;
  const restarting = every(RESTART_EVERY_MS, isOver, async () => {
    await upstream.restart(RESTART_DOWN_MS);
    upstreamRestarts++;
  });
  const reporting = every(PROGRESS_EVERY_MS, isOver, async () => {
    const last = observations.at(-1)?.observation;
    if (last !== undefined) options.onProgress?.(describe(elapsed(), last, cast.counts));
  });
  try {
    await Promise.all([sampling, restarting, reporting]);
  } finally {
    await cast.stop();
  }

  if (died !== null) {
    const last = program.output().slice(-LAST_OUTPUT_CHARS);
    throw new Error(`The program ended in mid-run: ${JSON.stringify(died)}, after:\n${last}`);
  }

  // Nobody wants anything any more: the upstream goes too, and with it the pooled connections.
  await upstream.stop();
  const after = await settle(program, before, options.settleMs);
  const series = analyse(observations, options);
  program.signal('SIGTERM');
  const exit = await Promise.race([program.exited, pause(STOP_GRACE_MS)]);
  return {
    problems: [
      ...growthProblems(series),
      ...leftovers(before, after),
      ...idleScenes(cast.counts),
      ...cast.wrongAnswers.map((answer) => `wrong answer: ${answer}`),
      ...(exit?.code === 0
        ? []
        : [`did not end in order on SIGTERM: ${JSON.stringify(exit ?? 'still running')}`]),
    ],
    samples: observations.length,
    series,
    before,
    after,
    scenes: Object.fromEntries(cast.counts),
    upstreamRestarts,
  };
}

/** Runs `act` again and again, never twice at once. What it throws ends the run. */
async function every(ms: number, isOver: () => boolean, act: () => Promise<void>): Promise<void> {
  for (;;) {
    await pause(ms);
    if (isOver()) return;
    await act();
  }
}

/** Gives what is under way time to end; says how things stand then. */
async function settle(
  program: SoakedProgram,
  before: Observation,
  settleMs: number,
): Promise<Observation> {
  let last = before;
  const calm = async (): Promise<void> => {
    await pause(SETTLE_INTERVAL_MS);
    last = await observe(program);
    if (leftovers(before, last).length > 0) throw new Error('Something is still open');
  };
  // Whatever is open after that is what the report is about.
  await eventually(calm, settleMs).catch(() => {});
  return last;
}

function analyse(
  observations: readonly { atMs: number; observation: Observation }[],
  { warmUpMs, durationMs }: SoakOptions,
): SeriesReport[] {
  const span = { fromMs: warmUpMs, toMs: durationMs };
  return Object.entries(BOUNDS).flatMap(([key, bound]) => {
    const name = key as SeriesName;
    const readings = observations
      .map(({ atMs, observation }): Reading => ({ atMs, value: observation[name] }))
      .filter(({ value }) => !Number.isNaN(value));
    // Not every kernel shows open files. All else is always there, and missing it is an error.
    if (name === 'openFiles' && readings.length === 0) return [];
    return [{ name, unit: bound.unit, bound: bound.most, ...measureGrowth(readings, span, bound) }];
  });
}

export function growthProblems(series: readonly SeriesReport[]): string[] {
  return series
    .filter(({ grows }) => grows)
    .map(
      ({ name, unit, projected, bound, windows }) =>
        `${name} grows: ${projected.toFixed(0)} ${unit} over the span, bound ${bound}; windows ${windows.map((value) => value.toFixed(0)).join(' ')}`,
    );
}

/** What is still open although nobody wants anything. */
export function leftovers(before: Observation, after: Observation): string[] {
  const problems = ACTIVE_GAUGES.filter((name) => after[name] !== 0).map(
    (name) => `${name} is ${after[name]} at rest, expected 0`,
  );
  const most = before.openFiles + FILES_KEPT_BY_RUNTIME;
  if (after.openFiles > most) {
    problems.push(`${after.openFiles} files are open at rest, expected at most ${most}`);
  }
  return problems;
}

/** A soak in which a scene never went as it should has not tested it. */
function idleScenes(counts: ReadonlyMap<string, SceneCount>): string[] {
  return [...counts]
    .filter(([, { done }]) => done === 0)
    .map(([name]) => `the scene "${name}" never came to its end`);
}

function describe(
  elapsedMs: number,
  now: Observation,
  counts: ReadonlyMap<string, SceneCount>,
): string {
  const played = [...counts.values()].reduce((sum, { done, broken }) => sum + done + broken, 0);
  const mebibytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
  return `${(elapsedMs / 1000).toFixed(0)} s: ${played} scenes, resident ${mebibytes(now.resident)}, heap ${mebibytes(now.heap)}, ${now.openFiles} files, ${now.activeRequests} requests and ${now.activeStreams} streams active`;
}

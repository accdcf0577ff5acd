/**
 * The thread that fuzzes. It shares the input it tries with its parent, which can so tell what
 * hung or killed it.
 *
 * @module
 */

import { parentPort, workerData } from 'node:worker_threads';
import { coverSet, fuzz } from './engine.ts';
import { COUNTERS } from './instrument.ts';
import type { FuzzTarget } from './target.ts';

/** What a worker is started with. */
export interface WorkerInput {
  /** The module of the target. */
  file: string;
  counters: number;
  words: string[];
  seed: number;
  /** How long to go on, in milliseconds. */
  durationMs: number;
  /** How many executions to stop after at the latest. */
  maxExecutions: number;
  /** Two numbers: executions so far, and the length of the input that is tried. */
  progress: Int32Array<SharedArrayBuffer>;
  /** That input. */
  input: Uint8Array<SharedArrayBuffer>;
}

/** What it says at the end. */
export interface WorkerOutput {
  executions: number;
  reached: number;
  corpus: number;
  cover: Uint8Array[];
  finding: { input: Uint8Array; message: string } | null;
}

const given = workerData as WorkerInput;

const counters = new Uint32Array(given.counters);
Object.defineProperty(globalThis, COUNTERS, { value: counters });
const { target } = (await import(given.file)) as { target: FuzzTarget };

const deadline = performance.now() + given.durationMs;
const report = await fuzz(target, {
  counters,
  words: given.words,
  seed: given.seed,
  goOn: (executions) => executions < given.maxExecutions && performance.now() < deadline,
  watched: {
    trying(input) {
      given.input.set(input.subarray(0, given.input.length));
      Atomics.store(given.progress, 1, input.length);
      Atomics.add(given.progress, 0, 1);
    },
  },
});

const output: WorkerOutput = {
  executions: report.executions,
  reached: report.reached,
  corpus: report.corpus.length,
  cover: report.finding === null ? await coverSet(target, report.corpus, counters) : [],
  finding: report.finding,
};
parentPort?.postMessage(output);

/**
 * Fuzzes one target in a thread of its own, within a bound of memory and of time for each input.
 *
 * @module
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { buildTarget } from './build.ts';
import type { Finding } from './engine.ts';
import type { WorkerInput, WorkerOutput } from './worker.ts';

/** An input that takes longer than this hangs, in milliseconds. Most take some microseconds. */
const HANG_MS = 10_000;
/** Heap of the thread that fuzzes: an input that needs more is a finding. */
const HEAP_MEBIBYTES = 512;
/** Room for the input that is shared with the parent, in bytes. */
const SHARED_INPUT_BYTES = 64 * 1024;

export interface FuzzingOptions {
  /** Module that exports `target`. */
  entry: string;
  /** Folder of the sources that are to be instrumented. */
  subject: string;
  seed: number;
  durationMs: number;
  maxExecutions?: number;
  /** How long one input may take, in milliseconds. */
  hangMs?: number;
  /** How much heap the thread may use, in mebibytes. */
  heapMebibytes?: number;
}

export interface FuzzingResult extends WorkerOutput {
  /** Counters in the instrumented sources. */
  counters: number;
}

export async function fuzzInThread(options: FuzzingOptions): Promise<FuzzingResult> {
  const directory = await mkdtemp(join(tmpdir(), 'weir-fuzz-'));
  try {
    const built = await buildTarget(options.entry, options.subject, directory);
    const input: WorkerInput = {
      file: pathToFileURL(built.file).href,
      counters: built.counters,
      words: built.words,
      seed: options.seed,
      durationMs: options.durationMs,
      maxExecutions: options.maxExecutions ?? Number.MAX_SAFE_INTEGER,
      progress: new Int32Array(new SharedArrayBuffer(8)),
      input: new Uint8Array(new SharedArrayBuffer(SHARED_INPUT_BYTES)),
    };
    const output = await runWorker(input, {
      hangMs: options.hangMs ?? HANG_MS,
      heapMebibytes: options.heapMebibytes ?? HEAP_MEBIBYTES,
    });
    return { ...output, counters: built.counters };
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function runWorker(
  input: WorkerInput,
  { hangMs, heapMebibytes }: { hangMs: number; heapMebibytes: number },
): Promise<WorkerOutput> {
  const worker = new Worker(new URL('worker.ts', import.meta.url), {
    workerData: input,
    resourceLimits: { maxOldGenerationSizeMb: heapMebibytes },
  });
  let watch: NodeJS.Timeout | undefined;
  try {
    return await new Promise<WorkerOutput>((resolve) => {
      /** What can be said of a thread that says nothing itself. */
      const lost = (message: string): void =>
        resolve({
          executions: Atomics.load(input.progress, 0),
          reached: 0,
          corpus: 0,
          cover: [],
          finding: { input: triedInput(input), message },
        });
      worker.once('message', (output: WorkerOutput) => resolve(output));
      worker.once('error', (error) => lost(`The thread ended: ${error.message}`));
      worker.once('exit', (code) => lost(`The thread ended with code ${code}`));
      let executions = -1;
      watch = setInterval(() => {
        const now = Atomics.load(input.progress, 0);
        // Nothing has been tried while the module is being loaded.
        if (now > 0 && now === executions) lost(`Hangs: no end within ${hangMs} ms`);
        executions = now;
      }, hangMs);
    });
  } finally {
    clearInterval(watch);
    await worker.terminate();
  }
}

function triedInput({ input, progress }: WorkerInput): Finding['input'] {
  return input.slice(0, Math.min(input.length, Atomics.load(progress, 1)));
}

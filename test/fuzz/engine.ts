/**
 * A coverage-guided fuzzer: inputs that make the code go a new way are kept and changed further.
 *
 * @module
 */

import { createRandom, mutate, type Random } from './mutator.ts';
import type { FuzzTarget } from './target.ts';

/** Longest input that is tried, in bytes. */
const MAX_INPUT_BYTES = 1024;
/** An input of the newest part of the corpus is taken this often, of ten times. */
const NEWEST_PICKS_OF_TEN = 4;
const NEWEST_PART = 5;

/** Where an input is before it is tried, and what has been done, for who watches from outside. */
export interface Watched {
  /** Called before each execution. */
  trying(input: Uint8Array): void;
}

export interface FuzzReport {
  executions: number;
  /** Counters that were moved by any input. */
  reached: number;
  /** Inputs that are kept because each went a way that none before it had. */
  corpus: readonly Uint8Array[];
  finding: Finding | null;
}

/** An input that a target objects to. */
export interface Finding {
  input: Uint8Array;
  message: string;
}

export interface FuzzOptions {
  /** Counters that the instrumented code moves. */
  counters: Uint32Array;
  words: readonly string[];
  seed: number;
  /** Asked every now and then, with what has been done. */
  goOn(executions: number): boolean;
  watched?: Watched;
}

/** Fuzzes until `goOn` says no or the target objects. */
export async function fuzz(target: FuzzTarget, options: FuzzOptions): Promise<FuzzReport> {
  const run = new Run(target, options);
  return await run.toTheEnd();
}

/** Executions between two questions to `goOn`. */
const SLICE_EXECUTIONS = 256;

class Run {
  readonly #target: FuzzTarget;
  readonly #options: FuzzOptions;
  readonly #random: Random;
  readonly #corpus: Uint8Array[] = [];
  readonly #words: readonly Uint8Array[];
  /** For each counter, the classes of counts it was seen with: one bit each. */
  readonly #seen: Uint8Array;
  #executions = 0;
  #finding: Finding | null = null;

  constructor(target: FuzzTarget, options: FuzzOptions) {
    this.#target = target;
    this.#options = options;
    this.#random = createRandom(options.seed);
    this.#seen = new Uint8Array(options.counters.length);
    const encoder = new TextEncoder();
    this.#words = [...target.words, ...options.words].map((word) => encoder.encode(word));
  }

  async toTheEnd(): Promise<FuzzReport> {
    for (const input of this.#target.seeds) {
      if (this.#finding === null) await this.#try(input);
    }
    if (this.#corpus.length === 0) this.#corpus.push(new Uint8Array(0));
    while (this.#finding === null && this.#options.goOn(this.#executions)) {
      for (let i = 0; i < SLICE_EXECUTIONS && this.#finding === null; i++) {
        const trying = this.#try(this.#next());
        if (trying !== undefined) await trying;
      }
    }
    const reached = this.#seen.reduce((sum, classes) => sum + (classes === 0 ? 0 : 1), 0);
    const finding = this.#finding;
    return {
      executions: this.#executions,
      reached,
      corpus: this.#corpus,
      finding: finding === null ? null : await minimize(this.#target, finding),
    };
  }

  #next(): Uint8Array {
    const corpus = this.#corpus;
    const newest =
      this.#random(10) < NEWEST_PICKS_OF_TEN ? Math.ceil(corpus.length / NEWEST_PART) : 0;
    const index =
      newest === 0 ? this.#random(corpus.length) : corpus.length - newest + this.#random(newest);
    const sources = { corpus, words: this.#words, maxBytes: MAX_INPUT_BYTES };
    return mutate(corpus[index]!, sources, this.#random);
  }

  #try(input: Uint8Array): void | Promise<void> {
    this.#executions++;
    this.#options.watched?.trying(input);
    this.#options.counters.fill(0);
    try {
      const running = this.#target.run(input);
      if (running !== undefined) {
        return running.then(
          () => this.#learn(input),
          (error: unknown) => this.#object(input, error),
        );
      }
    } catch (error) {
      this.#object(input, error);
      return;
    }
    this.#learn(input);
  }

  #object(input: Uint8Array, error: unknown): void {
    this.#finding = { input: input.slice(), message: messageOf(error) };
  }

  /** Keeps the input when it went a way, or a number of times, that none before it had. */
  #learn(input: Uint8Array): void {
    if (addCoverage(this.#options.counters, this.#seen)) this.#corpus.push(input.slice());
  }
}

/** Notes the counts of one execution in `seen`. Whether that told anything new. */
export function addCoverage(counters: Uint32Array, seen: Uint8Array): boolean {
  let isNew = false;
  for (let i = 0; i < counters.length; i++) {
    const count = counters[i]!;
    if (count === 0) continue;
    const bit = countClass(count);
    if ((seen[i]! & bit) !== 0) continue;
    seen[i]! |= bit;
    isNew = true;
  }
  return isNew;
}

/** One bit for each order of magnitude: 1, 2, 3, up to 7, 15, 31, 127, and above. */
function countClass(count: number): number {
  if (count < 4) return 1 << (count - 1);
  if (count < 8) return 8;
  if (count < 16) return 16;
  if (count < 32) return 32;
  return count < 128 ? 64 : 128;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** Leaves out what the objection does not need, the larger pieces first. */
async function minimize(target: FuzzTarget, finding: Finding): Promise<Finding> {
  const kind = kindOf(finding.message);
  let smallest = finding;
  for (let size = smallest.input.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at + size <= smallest.input.length; ) {
      const { input } = smallest;
      const shorter = Uint8Array.of(...input.subarray(0, at), ...input.subarray(at + size));
      const message = await objection(target, shorter);
      if (message !== null && kindOf(message) === kind) smallest = { input: shorter, message };
      else at += size;
    }
  }
  return smallest;
}

/** What an objection is about: its first line without the numbers in it. */
function kindOf(message: string): string {
  return (message.split('\n')[0] ?? '').replaceAll(/\d+/g, '#');
}

/** What the target objects to in an input, or null. */
export async function objection(target: FuzzTarget, input: Uint8Array): Promise<string | null> {
  try {
    await target.run(input);
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

/** A small part of the corpus that reaches every counter that all of it reaches. */
export async function coverSet(
  target: FuzzTarget,
  corpus: readonly Uint8Array[],
  counters: Uint32Array,
): Promise<Uint8Array[]> {
  const reached = new Uint8Array(counters.length);
  const kept: Uint8Array[] = [];
  for (const input of corpus.toSorted((a, b) => a.length - b.length)) {
    counters.fill(0);
    await target.run(input);
    let isNew = false;
    for (let i = 0; i < counters.length; i++) {
      if (counters[i] === 0 || reached[i] !== 0) continue;
      reached[i] = 1;
      isNew = true;
    }
    if (isNew) kept.push(input);
  }
  return kept;
}

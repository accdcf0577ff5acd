/**
 * Everything measured in one run, and the questions asked of it.
 *
 * Two candidates are compared round by round, and the median of those ratios is taken: a machine
 * that is slower for a while is slower for both of a round.
 *
 * @module
 */

import type { FigureName, Figures } from './figures.ts';
import { type Summary, summarize } from './statistics.ts';

export interface Measurement {
  readonly workload: string;
  readonly candidate: string;
  /** From 0. */
  readonly round: number;
  readonly figures: Figures;
}

/** Something that was asked for and did not happen. */
export interface Skip {
  readonly workload: string;
  readonly candidate: string;
  readonly reason: string;
}

/** Names one figure of one candidate. */
export interface FigureOf {
  readonly workload: string;
  readonly candidate: string;
  readonly figure: FigureName;
}

export class Measurements {
  readonly #all: Measurement[] = [];
  readonly #skips: Skip[] = [];

  add(measurement: Measurement): void {
    this.#all.push(measurement);
  }

  /** A candidate that failed leaves no half results: what it did in this workload is dropped. */
  skip(skip: Skip): void {
    for (let i = this.#all.length - 1; i >= 0; i--) {
      const { workload, candidate } = this.#all[i] as Measurement;
      if (workload === skip.workload && candidate === skip.candidate) this.#all.splice(i, 1);
    }
    this.#skips.push(skip);
  }

  get all(): readonly Measurement[] {
    return this.#all;
  }

  get skips(): readonly Skip[] {
    return this.#skips;
  }

  /** Candidates with figures in a workload, in the order they were first measured. */
  candidatesOf(workload: string): string[] {
    return [...new Set(this.#all.filter((m) => m.workload === workload).map((m) => m.candidate))];
  }

  summary(of: FigureOf): Summary | undefined {
    return summarize([...this.#rounds(of).values()]);
  }

  /** `top / bottom`, round by round. */
  ratio(top: FigureOf, bottom: FigureOf): Summary | undefined {
    return this.#paired(top, bottom, (a, b) => (b === 0 ? undefined : a / b));
  }

  /** `from - minus`, round by round. */
  difference(from: FigureOf, minus: FigureOf): Summary | undefined {
    return this.#paired(from, minus, (a, b) => a - b);
  }

  #paired(
    left: FigureOf,
    right: FigureOf,
    combine: (left: number, right: number) => number | undefined,
  ): Summary | undefined {
    const others = this.#rounds(right);
    const values: number[] = [];
    for (const [round, value] of this.#rounds(left)) {
      const other = others.get(round);
      const combined = other === undefined ? undefined : combine(value, other);
      if (combined !== undefined) values.push(combined);
    }
    return summarize(values);
  }

  #rounds({ workload, candidate, figure }: FigureOf): Map<number, number> {
    const rounds = new Map<number, number>();
    for (const m of this.#all) {
      const value = m.figures[figure];
      if (m.workload === workload && m.candidate === candidate && value !== undefined) {
        rounds.set(m.round, value);
      }
    }
    return rounds;
  }
}

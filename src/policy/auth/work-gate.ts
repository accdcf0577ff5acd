/**
 * Bounds expensive work that anybody can ask for: so much at a time, so much waiting, and beyond
 * that nothing.
 *
 * @module
 */

export class WorkGate {
  readonly #maxActive: number;
  readonly #maxWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #active = 0;

  constructor(maxActive: number, maxWaiting: number) {
    this.#maxActive = maxActive;
    this.#maxWaiting = maxWaiting;
  }

  /** Runs the task when there is room; null when too many are waiting already. */
  run<Result>(task: () => Promise<Result>): Promise<Result> | null {
    if (this.#active < this.#maxActive) return this.#start(task);
    if (this.#waiting.length >= this.#maxWaiting) return null;
    return new Promise((resolve) => this.#waiting.push(() => resolve(this.#start(task))));
  }

  async #start<Result>(task: () => Promise<Result>): Promise<Result> {
    this.#active++;
    try {
      return await task();
    } finally {
      this.#active--;
      this.#waiting.shift()?.();
    }
  }
}

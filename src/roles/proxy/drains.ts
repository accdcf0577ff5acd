/**
 * Bounds what is read for clients that have left. A legacy disconnect does not cancel the call, so
 * the upstream may finish its answer, for a while, and only so many at a time.
 *
 * @module
 */

/** How long an abandoned response is read on, in milliseconds. */
export const DRAIN_TIMEOUT_MS = 30_000;
/** How many abandoned responses are read at the same time; beyond it they are broken off. */
const MAX_CONCURRENT_DRAINS = 256;

export class Drains {
  readonly #aborts = new Set<() => void>();

  /**
   * Takes a place for one response. Returns a function that gives the place back, or null when
   * there is none left; `abort` is called when its time is up.
   */
  begin(abort: () => void): (() => void) | null {
    if (this.#aborts.size >= MAX_CONCURRENT_DRAINS) return null;
    const release = () => {
      clearTimeout(timer);
      this.#aborts.delete(breakOff);
    };
    const breakOff = () => {
      release();
      abort();
    };
    const timer = setTimeout(breakOff, DRAIN_TIMEOUT_MS);
    this.#aborts.add(breakOff);
    return release;
  }

  /** Breaks all of them off, as a shutdown does: nobody waits for them. */
  end(): void {
    for (const breakOff of [...this.#aborts]) breakOff();
  }
}

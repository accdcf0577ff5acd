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
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();

  /**
   * Takes a place for one response. Returns a function that gives the place back, or null when
   * there is none left; `abort` is called when its time is up.
   */
  begin(abort: () => void): (() => void) | null {
    if (this.#timers.size >= MAX_CONCURRENT_DRAINS) return null;
    const release = () => {
      clearTimeout(timer);
      this.#timers.delete(timer);
    };
    const timer = setTimeout(() => {
      release();
      abort();
    }, DRAIN_TIMEOUT_MS);
    this.#timers.add(timer);
    return release;
  }

  get active(): number {
    return this.#timers.size;
  }
}

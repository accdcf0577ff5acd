/**
 * When a worker that ended is started again, and when that is no use any more.
 *
 * @module
 */

/** A worker that served this long, in milliseconds, has not ended because of how it starts. */
export const STABLE_MS = 30_000;
/** Times in a row that one worker is started again. */
export const MAX_RESTARTS = 5;
/** Pause before the first of them, in milliseconds; each further one is twice as long. */
export const FIRST_PAUSE_MS = 100;

/** The history of one place in the pool. */
export class RestartPolicy {
  #restarts = 0;

  /**
   * A worker has ended, unasked.
   *
   * @param servedMs for how long it served, or null when it never did
   * @returns milliseconds to wait before the next one, or null to give up
   */
  ended(servedMs: number | null): number | null {
    if (servedMs !== null && servedMs >= STABLE_MS) this.#restarts = 0;
    if (this.#restarts === MAX_RESTARTS) return null;
    return FIRST_PAUSE_MS * 2 ** this.#restarts++;
  }
}

/**
 * Requests, errors and durations of each of the last seconds. Everything is allocated once, and an
 * exchange costs a few additions, so that it goes on whether or not anybody looks.
 *
 * @module
 */

import {
  addCounts,
  LATENCY_BUCKETS,
  latencyBucket,
  type SparseCounts,
  toSparse,
} from './latency.ts';

/** How far back a new viewer sees, in seconds. */
export const HISTORY_SECONDS = 180;

export interface SecondCounts {
  /** Seconds since the epoch. */
  readonly at: number;
  readonly requests: number;
  readonly errors: number;
  readonly latency: SparseCounts;
}

export class TrafficHistory {
  readonly #at: Float64Array = new Float64Array(HISTORY_SECONDS);
  readonly #requests: Uint32Array = new Uint32Array(HISTORY_SECONDS);
  readonly #errors: Uint32Array = new Uint32Array(HISTORY_SECONDS);
  readonly #latency: Uint32Array = new Uint32Array(HISTORY_SECONDS * LATENCY_BUCKETS);

  /**
   * @param endedAt milliseconds since the epoch
   * @param durationMs null when it says nothing of how fast calls are answered
   */
  add(endedAt: number, durationMs: number | null, isError: boolean): void {
    const slot = this.#slotOf(Math.floor(endedAt / 1000));
    if (slot === -1) return;
    this.#requests[slot]!++;
    if (isError) this.#errors[slot]!++;
    if (durationMs !== null) this.#latency[slot * LATENCY_BUCKETS + latencyBucket(durationMs)]!++;
  }

  /** Adds what another history has counted in a second. */
  merge({ at, requests, errors, latency }: SecondCounts): void {
    const slot = this.#slotOf(at);
    if (slot === -1) return;
    this.#requests[slot]! += requests;
    this.#errors[slot]! += errors;
    addCounts(this.#latencyOf(slot), latency);
  }

  /** The seconds after `after` up to `last`, the silent ones among them, as far as they are kept. */
  read(after: number, last: number): SecondCounts[] {
    const seconds: SecondCounts[] = [];
    for (let at = Math.max(after + 1, last - HISTORY_SECONDS + 1); at <= last; at++) {
      const slot = at % HISTORY_SECONDS;
      if (this.#at[slot] === at) {
        const latency = toSparse(this.#latencyOf(slot));
        seconds.push({ at, requests: this.#requests[slot]!, errors: this.#errors[slot]!, latency });
      } else {
        seconds.push({ at, requests: 0, errors: 0, latency: [] });
      }
    }
    return seconds;
  }

  /** Where a second is counted; -1 when it is too long ago. */
  #slotOf(second: number): number {
    const slot = second % HISTORY_SECONDS;
    const at = this.#at[slot] as number;
    if (at === second) return slot;
    if (at > second) return -1;
    this.#at[slot] = second;
    this.#requests[slot] = 0;
    this.#errors[slot] = 0;
    this.#latencyOf(slot).fill(0);
    return slot;
  }

  #latencyOf(slot: number): Uint32Array {
    const start = slot * LATENCY_BUCKETS;
    return this.#latency.subarray(start, start + LATENCY_BUCKETS);
  }
}

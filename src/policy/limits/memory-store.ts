/**
 * Buckets in this process: exact, and bounded in memory.
 *
 * Each limit keeps at most `maxKeys` buckets, and forgets full ones only, which are worth nothing
 * to know. When all are in use, keys without a bucket share one of the limit's shape until there
 * is room again: whoever floods a limit with new keys waits for the others of the flood, and
 * nobody's empty bucket becomes a full one.
 *
 * @module
 */

import {
  type BucketRequest,
  type BucketShape,
  GRANTED,
  type LimitStore,
  type TakeResult,
} from './store.ts';
import { type BucketState, fullAt, settle, unitsOf, waitFor } from './token-bucket.ts';

/** Least time between two searches for full buckets of one limit. */
const SWEEP_INTERVAL_MS = 100;

export interface MemoryLimitStoreOptions {
  /** Most buckets of one limit; some 200 bytes each. */
  readonly maxKeys: number;
  /** A full bucket was forgotten. */
  readonly onForget?: (shape: BucketShape, key: string) => void;
}

export class MemoryLimitStore implements LimitStore {
  readonly #options: MemoryLimitStoreOptions;
  readonly #limits: Map<string, LimitBuckets> = new Map();

  constructor(options: MemoryLimitStoreOptions) {
    this.#options = options;
  }

  /** Buckets that are kept, for tests and metrics. */
  get size(): number {
    let size = 0;
    for (const limit of this.#limits.values()) size += limit.size;
    return size;
  }

  take(requests: readonly BucketRequest[], nowMs: number): TakeResult {
    const now = Math.floor(nowMs);
    for (let i = 0; i < requests.length; i++) {
      const { shape, key, tokens } = requests[i]!;
      const state = this.#of(shape).settled(key, now);
      if (waitFor(state, shape, tokens) !== 0) return this.#refuse(requests, i, now);
      state.debt += unitsOf(shape, tokens);
    }
    return GRANTED;
  }

  /** What is kept of a bucket of its own; undefined for a full one. */
  peek(shape: BucketShape, key: string): Readonly<BucketState> | undefined {
    return this.#limits.get(shape.id)?.peek(key);
  }

  /** Puts back what `peek` gave before a restart. */
  restore(shape: BucketShape, key: string, state: Readonly<BucketState>): void {
    this.#of(shape).restore(key, state);
  }

  /**
   * Finds who must wait longest, and gives back what the requests before `index` took. Every
   * bucket is brought to the present, those behind one that never will have enough as well: where
   * a clock goes back, a bucket that stayed ahead would not be paid until the old time returns.
   */
  #refuse(requests: readonly BucketRequest[], index: number, now: number): TakeResult {
    let refused = index;
    let longest: number | null = 0;
    let crowded = false;
    for (let i = index; i < requests.length; i++) {
      const { shape, key, tokens } = requests[i]!;
      const limit = this.#of(shape);
      const state = limit.settled(key, now);
      const wait = waitFor(state, shape, tokens);
      if (longest === null || (wait !== null && wait <= longest)) continue;
      longest = wait;
      refused = i;
      crowded = limit.isShared(state);
    }
    for (let i = 0; i < requests.length; i++) {
      const { shape, key, tokens } = requests[i]!;
      const limit = this.#of(shape);
      // The same moment: nothing was paid since, so this is exact.
      if (i < index) limit.settled(key, now).debt -= unitsOf(shape, tokens);
      limit.dropIfFull(key);
    }
    return { granted: false, refused, retryAfterMs: longest, crowded };
  }

  #of(shape: BucketShape): LimitBuckets {
    let limit = this.#limits.get(shape.id);
    if (limit === undefined) {
      limit = new LimitBuckets(shape, this.#options);
      this.#limits.set(shape.id, limit);
    }
    return limit;
  }
}

/** The buckets of one limit. */
class LimitBuckets {
  readonly #shape: BucketShape;
  readonly #options: MemoryLimitStoreOptions;
  readonly #own: Map<string, BucketState> = new Map();
  /** Of all keys for which there is no room. */
  readonly #shared: BucketState = { debt: 0, at: 0 };
  #sweptAt = Number.NEGATIVE_INFINITY;

  constructor(shape: BucketShape, options: MemoryLimitStoreOptions) {
    this.#shape = shape;
    this.#options = options;
  }

  get size(): number {
    return this.#own.size;
  }

  /** The bucket of a key at `now`, to be changed in place. */
  settled(key: string, now: number): BucketState {
    let state = this.#own.get(key);
    if (state === undefined) {
      if (!this.#hasRoom(now)) state = this.#shared;
      else {
        state = { debt: 0, at: now };
        this.#own.set(key, state);
        return state;
      }
    }
    settle(state, this.#shape, now);
    return state;
  }

  peek(key: string): BucketState | undefined {
    return this.#own.get(key);
  }

  isShared(state: BucketState): boolean {
    return state === this.#shared;
  }

  restore(key: string, { debt, at }: Readonly<BucketState>): void {
    if (this.#own.size < this.#options.maxKeys) this.#own.set(key, { debt, at });
  }

  dropIfFull(key: string): void {
    if (this.#own.get(key)?.debt === 0) this.#forget(key);
  }

  #hasRoom(now: number): boolean {
    if (this.#own.size < this.#options.maxKeys) return true;
    const sinceSweep = now - this.#sweptAt;
    if (sinceSweep >= 0 && sinceSweep < SWEEP_INTERVAL_MS) return false;
    this.#sweptAt = now;
    for (const [key, state] of this.#own) {
      if (fullAt(state, this.#shape) <= now) this.#forget(key);
    }
    return this.#own.size < this.#options.maxKeys;
  }

  #forget(key: string): void {
    this.#own.delete(key);
    this.#options.onForget?.(this.#shape, key);
  }
}

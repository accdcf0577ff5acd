/**
 * The port behind which token buckets are kept: in this process, or where several share them.
 *
 * @module
 */

/** The shape of a bucket. The same object for all keys of one limit. */
export interface BucketShape {
  /** Names the limit and its numbers: a limit that was changed begins anew. */
  readonly id: string;
  /** Tokens that flow in during a period, evenly. */
  readonly count: number;
  readonly periodMs: number;
  /** Tokens of a full bucket. */
  readonly burst: number;
}

/** Tokens asked of one bucket. */
export interface BucketRequest {
  readonly shape: BucketShape;
  /** Which of the limit's buckets: may name a caller, so it leaves the process hashed only. */
  readonly key: string;
  /** Tokens, at least 1. */
  readonly tokens: number;
  /** Requests of one bucket always have the same: stores that are spread out go by it. */
  readonly shard: string;
}

export type TakeResult =
  | { readonly granted: true }
  | {
      readonly granted: false;
      /** Position among the requests of the one that must wait longest. */
      readonly refused: number;
      /** Until the tokens could be there; null when the bucket is too small for them ever. */
      readonly retryAfterMs: number | null;
      /** The key has no bucket of its own because too many have, see `maxKeys`. */
      readonly crowded: boolean;
    };

export const GRANTED: TakeResult = { granted: true };

export interface LimitStore {
  /**
   * Takes the tokens of all requests, or none at all. The requests have the same `shard`.
   *
   * @param nowMs of a clock that does not jump; stores with a clock of their own use that
   * @throws {Error} when the store cannot tell: nothing is known of what it took
   */
  take(requests: readonly BucketRequest[], nowMs: number): TakeResult | Promise<TakeResult>;
  /** Ends timers and connections. */
  close?(): void | Promise<void>;
}

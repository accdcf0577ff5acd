/**
 * What authentication needs from outside.
 *
 * @module
 */

import type { GuardedHead } from '../../exchange/guard.ts';

/** Why a key set could not be had. Low in cardinality. */
export type KeySetFailure =
  | 'timeout'
  | 'unreachable'
  | 'status'
  | 'too_large'
  | 'malformed'
  | 'no_keys';

export interface AuthPorts {
  /** Fetches key sets. Default: the runtime's `fetch`. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** Monotonic clock in milliseconds. Default `performance.now`. */
  readonly now?: () => number;
  /**
   * SHA-256 of ASCII text as 64 lower-case hex digits. Default: Web Crypto, which is asynchronous
   * and costs a hop through a thread pool on some runtimes; one that answers at once is used at once.
   */
  readonly sha256?: (text: string) => string | Promise<string>;
  /** The secret for the upstream as it is now; null when it is away. Needed with `upstream`. */
  readonly upstreamSecret?: () => string | null;
  /**
   * I/O begun for one request must not be awaited by another, as on Workers: requests then never
   * share what is pending. Default false.
   */
  readonly isolatedRequests?: boolean;
  /**
   * Whether the page that asks is expected, so that its preflights need no credential. Default: no
   * page is.
   */
  readonly expectsPage?: (head: GuardedHead) => boolean;
  /** Told of each failed fetch of a key set. */
  readonly onKeySetFailure?: (issuer: string, failure: KeySetFailure) => void;
}

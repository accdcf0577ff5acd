/**
 * Settings of the circuit breaker, resolved.
 *
 * @module
 */

/** HTTP statuses from one to another, both included. */
export interface StatusRange {
  readonly from: number;
  readonly to: number;
}

export interface BreakerSettings {
  /** So many failures in a row, and the upstream is left alone. */
  readonly failures: number;
  /** For how long it is left alone, in milliseconds. */
  readonly openMs: number;
  /** Calls let through afterwards; when all of them succeed, everything is. */
  readonly probes: number;
  /** Statuses of an answer that count as failures, beside a connection that fails. */
  readonly failureStatuses: readonly StatusRange[];
}

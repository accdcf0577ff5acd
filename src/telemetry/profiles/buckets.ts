/**
 * Bounds that several profiles share.
 *
 * @module
 */

/** The OpenTelemetry conventions for MCP: operations from 10 ms to 5 min. */
export const OPERATION_BUCKETS_SECONDS: readonly number[] = [
  0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300,
];

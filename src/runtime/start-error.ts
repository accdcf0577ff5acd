/**
 * A start that failed.
 *
 * @module
 */

/** The proxy could not start, or not start again: port in use, unreadable certificate. The message is one line. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

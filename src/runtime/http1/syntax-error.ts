/**
 * What a peer sends instead of HTTP.
 *
 * @module
 */

/** The message is one line, without any of the peer's bytes. */
export class ResponseSyntaxError extends Error {
  override readonly name = 'ResponseSyntaxError';
}

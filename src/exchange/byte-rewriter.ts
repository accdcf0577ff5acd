/**
 * The port through which a body is changed on its way, where a rewrite is the point.
 *
 * @module
 */

/** Replaces bytes of a body as they pass. */
export interface ByteRewriter {
  /** What goes out is as long as what came in; it may throw. Default false. */
  readonly keepsLength?: boolean;
  /**
   * Returns what can be sent now; may be empty while more is needed.
   *
   * @throws {ResponseRefused} when the rest of an answer must not pass
   */
  write(bytes: Uint8Array): Uint8Array;
  /**
   * Returns what was held back.
   *
   * @throws {ResponseRefused} when it must not pass
   */
  end(): Uint8Array;
}

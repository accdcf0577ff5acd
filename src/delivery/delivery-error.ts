/**
 * How a delivery fails.
 *
 * @module
 */

/** A batch was not delivered. The message is one line and holds nothing of what was in it. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
  /** It will not be delivered later either, unless something is changed elsewhere. */
  readonly permanent: boolean;
  /** When the other side wants to be asked again, in milliseconds from now; null when it did not say. */
  readonly retryAfterMs: number | null;

  constructor(
    message: string,
    {
      permanent = false,
      retryAfterMs = null,
    }: { permanent?: boolean; retryAfterMs?: number | null } = {},
  ) {
    super(message);
    this.permanent = permanent;
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * The bearer token in front of the admin surface (RFC 6750).
 *
 * @module
 */

const encoder = new TextEncoder();

/** Checks `Authorization` headers against one token. */
export class BearerGuard {
  readonly #expected: Promise<Uint8Array>;

  /** @throws {TypeError} when the token is empty: it would let everybody in */
  constructor(token: string) {
    if (token === '') throw new TypeError('Cannot guard with an empty token');
    this.#expected = digest(token);
  }

  /**
   * Whether the header carries the token. Digests of equal length are compared in full, so the
   * time it takes says nothing about how much of a guess was right.
   */
  async accepts(authorization: string | null): Promise<boolean> {
    const match = /^bearer +([^\s]+)$/i.exec(authorization?.trim() ?? '');
    const [expected, given] = await Promise.all([this.#expected, digest(match?.[1] ?? '')]);
    let difference = 0;
    for (let i = 0; i < expected.length; i++) {
      difference |= (expected[i] as number) ^ (given[i] as number);
    }
    return difference === 0;
  }
}

async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(text)));
}

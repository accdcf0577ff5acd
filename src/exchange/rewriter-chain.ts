/**
 * Several rewriters as one: what the first lets through is what the next sees.
 *
 * @module
 */

import { joinBytes } from './bytes.ts';
import type { ByteRewriter } from './guard.ts';

export class RewriterChain implements ByteRewriter {
  readonly keepsLength: boolean;
  readonly #rewriters: readonly ByteRewriter[];

  private constructor(rewriters: readonly ByteRewriter[]) {
    this.#rewriters = rewriters;
    this.keepsLength = rewriters.every((rewriter) => rewriter.keepsLength === true);
  }

  /** Null for none, and one as it is. */
  static of(rewriters: readonly ByteRewriter[]): ByteRewriter | null {
    return rewriters.length < 2 ? (rewriters[0] ?? null) : new RewriterChain(rewriters);
  }

  write(bytes: Uint8Array): Uint8Array {
    return this.#pass(bytes, 0);
  }

  end(): Uint8Array {
    const held: Uint8Array[] = [];
    for (let i = 0; i < this.#rewriters.length; i++) {
      const rest = (this.#rewriters[i] as ByteRewriter).end();
      if (rest.byteLength > 0) held.push(this.#pass(rest, i + 1));
    }
    return joinBytes(held);
  }

  #pass(bytes: Uint8Array, first: number): Uint8Array {
    let passed = bytes;
    for (let i = first; i < this.#rewriters.length && passed.byteLength > 0; i++) {
      passed = (this.#rewriters[i] as ByteRewriter).write(passed);
    }
    return passed;
  }
}

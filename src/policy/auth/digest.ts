/**
 * SHA-256 digests, and finding one among others in a time that does not depend on which it is.
 *
 * @module
 */

import { toHex } from '../../redact/hex.ts';

const WORDS_PER_DIGEST = 8;

const DIGEST = /^[0-9a-f]{64}$/;

const encoder = new TextEncoder();

/** SHA-256 of UTF-8 text in lower-case hex. */
export async function sha256Hex(text: string): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(text))));
}

/** Whether two byte sequences are equal. The time depends on their lengths alone. */
export function bytesAreEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number);
  return difference === 0;
}

/**
 * A fixed list of digests. Looking one up compares it with every entry in full, without a branch
 * on what was found: where an entry stands, and how much of one a guess shares, takes no time of
 * its own. A map would be quicker for thousands of entries, and would tell by its time whether
 * digests with chosen beginnings exist, which helps to guess keys offline.
 */
export class DigestTable {
  readonly #words: Int32Array;
  readonly #probe: Int32Array = new Int32Array(WORDS_PER_DIGEST);

  /** @throws {TypeError} for what is no digest, and for one that is there twice */
  constructor(digests: readonly string[]) {
    if (new Set(digests).size !== digests.length) {
      throw new TypeError('Cannot tell clients apart: a key digest is given twice');
    }
    this.#words = new Int32Array(digests.length * WORDS_PER_DIGEST);
    for (const [index, digest] of digests.entries()) {
      if (!DIGEST.test(digest)) {
        throw new TypeError('Cannot use a key digest: expected 64 lower-case hex digits');
      }
      readWords(digest, this.#words, index * WORDS_PER_DIGEST);
    }
  }

  /** Index of a digest (lower-case hex), or -1. */
  indexOf(digest: string): number {
    readWords(digest, this.#probe, 0);
    return indexOfWords(this.#words, this.#probe);
  }
}

/** Index of the eight words of `probe` among groups of eight, or -1. Reads every group whole. */
export function indexOfWords(words: ArrayLike<number>, probe: ArrayLike<number>): number {
  let found = 0;
  for (let group = 0, base = 0; base < words.length; group++, base += WORDS_PER_DIGEST) {
    let difference = 0;
    for (let i = 0; i < WORDS_PER_DIGEST; i++) {
      difference |= (words[base + i] as number) ^ (probe[i] as number);
    }
    // All ones where nothing differs, otherwise zero.
    const mask = ((difference | -difference) >>> 31) - 1;
    found |= mask & (group + 1);
  }
  return found - 1;
}

/** Writes the eight words of a hex digest. */
function readWords(hex: string, words: Int32Array, base: number): void {
  for (let word = 0; word < WORDS_PER_DIGEST; word++) {
    let value = 0;
    for (let digit = word * 8; digit < word * 8 + 8; digit++) {
      const code = hex.charCodeAt(digit);
      // `0`–`9` are 0x30–0x39, `a`–`f` are 0x61–0x66.
      value = (value << 4) | ((code & 0x0f) + (code >> 6) * 9);
    }
    words[base + word] = value;
  }
}

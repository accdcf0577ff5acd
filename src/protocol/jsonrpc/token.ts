/**
 * One scalar JSON token, as a range of bytes that is read only when somebody asks.
 *
 * The scanner has already checked the bytes against the grammar; nothing here fails on them.
 *
 * @module
 */

import { BACKSLASH, QUOTE } from './byte-tables.ts';

/** Longest string that is decoded without a TextDecoder, whose fixed cost is higher up to here. */
const MAX_SHORT_BYTES = 48;

/** One argument list for each length, so that `fromCharCode` gets exactly as many codes. */
const SHORT_CODES: readonly number[][] = Array.from({ length: MAX_SHORT_BYTES + 1 }, (_, length) =>
  new Array<number>(length).fill(0),
);

const NO_BYTES: Uint8Array = new Uint8Array(0);

// Ill-formed UTF-8 becomes U+FFFD, as everywhere on the Web. A U+FEFF inside a document is text.
const UTF8 = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

/** A reusable view: valid until the next `set`, and only as long as its bytes are. */
export class Token {
  #bytes = NO_BYTES;
  #start = 0;
  #end = 0;

  /** Looks at `bytes[start, end)`: a string with its quotes, a number or a literal. */
  set(bytes: Uint8Array, start: number, end: number): this {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    return this;
  }

  /** Lets go of the bytes last set. */
  clear(): void {
    this.set(NO_BYTES, 0, 0);
  }

  /** The decoded string, or null when the token is something else. */
  text(): string | null {
    if (this.#bytes[this.#start] !== QUOTE) return null;
    const written = decode(this.#bytes, this.#start + 1, this.#end - 1);
    return written.includes('\\') ? (JSON.parse(`"${written}"`) as string) : written;
  }

  /** The token as it was written when it is a string or a number, else null. */
  idToken(): string | null {
    const first = this.#bytes[this.#start]!;
    const isLiteral = first === 0x74 || first === 0x66 || first === 0x6e;
    return isLiteral ? null : decode(this.#bytes, this.#start, this.#end);
  }

  /** The nearest double, or null when the token is not a number. */
  number(): number | null {
    const written = this.#bytes[this.#start] === QUOTE ? null : this.idToken();
    return written === null ? null : Number(written);
  }

  isTrue(): boolean {
    return this.#bytes[this.#start] === 0x74;
  }

  isNull(): boolean {
    return this.#bytes[this.#start] === 0x6e;
  }
}

/** `bytes[start, end)` as text. */
function decode(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  if (length <= MAX_SHORT_BYTES) {
    const codes = SHORT_CODES[length]!;
    let seen = 0;
    for (let i = 0; i < length; i++) {
      const code = bytes[start + i]!;
      seen |= code;
      codes[i] = code;
    }
    if (seen < 0x80) return String.fromCharCode.apply(null, codes);
  }
  return UTF8.decode(bytes.subarray(start, end));
}

/** Whether a string token, its quotes included, is written with an escape. */
export function hasEscape(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    if (bytes[i] === BACKSLASH) return true;
  }
  return false;
}

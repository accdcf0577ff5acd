/**
 * Walks over one JSON value, in any split, checking every byte against RFC 8259 and keeping none.
 *
 * This is where nearly all bytes of a body go, so it is one loop over local variables. Its memory
 * is one byte per open container.
 *
 * @module
 */

import { IS_HEX_DIGIT, IS_SIMPLE_ESCAPE, IS_WHITESPACE } from './byte-tables.ts';
import { Chunk } from './chunk.ts';

/**
 * `pending`: the value goes on in the next chunk. `done`: it ended where `consume` stopped.
 * `malformed`, `too_deep`: `consume` stopped at the byte to blame.
 */
export type SkipStatus = 'pending' | 'done' | 'malformed' | 'too_deep';

const OBJECT = 1;
const ARRAY = 0;

/** The state in which a value is expected: `VALUE` of `consume`. */
const INITIAL_STATE = 0;
const INITIAL_STACK_BYTES = 64;

const TRUE = Uint8Array.of(0x74, 0x72, 0x75, 0x65);
const FALSE = Uint8Array.of(0x66, 0x61, 0x6c, 0x73, 0x65);
const NULL = Uint8Array.of(0x6e, 0x75, 0x6c, 0x6c);

/** One space: what ends a number, which has no end of its own. */
const END_OF_INPUT = new Chunk(Uint8Array.of(0x20));

export class ValueSkipper {
  status: SkipStatus = 'done';
  #state = INITIAL_STATE;
  /** Open containers of this value; `#stack[d]` says what the one at depth `d` is. */
  #depth = 0;
  #maxDepth = 0;
  #stack = new Uint8Array(INITIAL_STACK_BYTES);
  /** The string being read is a member name. */
  #inKey = false;
  #hexDigitsLeft = 0;
  #literal = TRUE;
  #literalAt = 0;

  /** Expects a value that may hold `maxDepth` levels of containers, its own included. */
  begin(maxDepth: number): void {
    this.status = 'pending';
    this.#state = INITIAL_STATE;
    this.#depth = 0;
    this.#maxDepth = maxDepth;
    this.#inKey = false;
  }

  /** The input is over. Whether that completes the value: true for a number at top level. */
  finish(): boolean {
    this.consume(END_OF_INPUT, 0);
    return this.status === 'done';
  }

  /** Reads from `from` to the end of the value or of the chunk; returns where it stopped. */
  consume(chunk: Chunk, from: number): number {
    // Local on purpose: V8 loads a module's constant from memory at each use, and this loop is
    // 20 % (strings) to 60 % (numbers) faster without those loads. Literals on purpose, and in
    // front: a bundler makes variables of them otherwise, which costs as much again.
    //
    // What the next byte belongs to. Whitespace may come up to LAST_BETWEEN_TOKENS. Numbers have
    // one state for each place in their grammar (RFC 8259 §6).
    const VALUE = 0;
    const FIRST_ELEMENT = 1;
    const FIRST_KEY = 2;
    const KEY = 3;
    const AFTER_KEY = 4;
    const AFTER_VALUE = 5;
    const LAST_BETWEEN_TOKENS = 5;
    const STRING = 6;
    const ESCAPE = 7;
    const HEX = 8;
    const LITERAL = 9;
    const AFTER_MINUS = 10;
    const LEADING_ZERO = 11;
    const INTEGER = 12;
    const AFTER_POINT = 13;
    const FRACTION = 14;
    const AFTER_E = 15;
    const AFTER_E_SIGN = 16;
    const EXPONENT = 17;

    const SPACE = 0x20;
    const QUOTE = 0x22;
    const PLUS = 0x2b;
    const COMMA = 0x2c;
    const MINUS = 0x2d;
    const POINT = 0x2e;
    const ZERO = 0x30;
    const COLON = 0x3a;
    const OPEN_BRACKET = 0x5b;
    const BACKSLASH = 0x5c;
    const CLOSE_BRACKET = 0x5d;
    const LOWER_F = 0x66;
    const LOWER_N = 0x6e;
    const LOWER_T = 0x74;
    const LOWER_U = 0x75;
    const OPEN_BRACE = 0x7b;
    const CLOSE_BRACE = 0x7d;

    const bytes = chunk.bytes;
    const length = bytes.length;
    let stack = this.#stack;
    let state = this.#state;
    let depth = this.#depth;
    let inKey = this.#inKey;
    let i = from;

    while (i < length) {
      const byte = bytes[i]!;
      if (byte <= SPACE && state <= LAST_BETWEEN_TOKENS) {
        const next = endOfWhitespace(bytes, i);
        if (next === i) return this.#stop('malformed', i);
        i = next;
        continue;
      }
      switch (state) {
        case STRING: {
          i = chunk.endOfPlainRun(i);
          if (i === length) continue;
          const end = bytes[i]!;
          if (end === BACKSLASH) {
            state = ESCAPE;
            i++;
            continue;
          }
          if (end !== QUOTE) return this.#stop('malformed', i);
          i++;
          // Compact JSON has its next token right here: looking ahead spares two rounds.
          const next = i < length ? bytes[i]! : 0;
          if (inKey) {
            inKey = false;
            state = AFTER_KEY;
            if (next !== COLON) continue;
            i++;
            state = VALUE;
          } else {
            if (depth === 0) return this.#stop('done', i);
            state = AFTER_VALUE;
            if (next !== COMMA) continue;
            i++;
            state = stack[depth] === OBJECT ? KEY : VALUE;
          }
          if (i < length && bytes[i] === QUOTE) {
            i++;
            inKey = state === KEY;
            state = STRING;
          }
          continue;
        }

        case AFTER_VALUE:
          if (byte === COMMA) {
            state = stack[depth] === OBJECT ? KEY : VALUE;
          } else if (byte === (stack[depth] === OBJECT ? CLOSE_BRACE : CLOSE_BRACKET)) {
            depth--;
            if (depth === 0) return this.#stop('done', i + 1);
          } else {
            return this.#stop('malformed', i);
          }
          i++;
          continue;

        case FIRST_KEY:
        case KEY:
          if (byte === QUOTE) {
            inKey = true;
            state = STRING;
          } else if (byte === CLOSE_BRACE && state === FIRST_KEY) {
            depth--;
            if (depth === 0) return this.#stop('done', i + 1);
            state = AFTER_VALUE;
          } else {
            return this.#stop('malformed', i);
          }
          i++;
          continue;

        case AFTER_KEY:
          if (byte !== COLON) return this.#stop('malformed', i);
          state = VALUE;
          i++;
          continue;

        case FIRST_ELEMENT:
        case VALUE:
          if (byte === QUOTE) {
            state = STRING;
          } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
            if (depth === this.#maxDepth) return this.#stop('too_deep', i);
            depth++;
            if (depth === stack.length) stack = this.#growStack();
            stack[depth] = byte === OPEN_BRACE ? OBJECT : ARRAY;
            state = byte === OPEN_BRACE ? FIRST_KEY : FIRST_ELEMENT;
          } else if (byte === MINUS) {
            state = AFTER_MINUS;
          } else if (isDigit(byte)) {
            state = byte === ZERO ? LEADING_ZERO : INTEGER;
          } else if (byte === LOWER_T || byte === LOWER_F || byte === LOWER_N) {
            this.#literal = byte === LOWER_T ? TRUE : byte === LOWER_F ? FALSE : NULL;
            this.#literalAt = 1;
            state = LITERAL;
          } else if (byte === CLOSE_BRACKET && state === FIRST_ELEMENT) {
            depth--;
            if (depth === 0) return this.#stop('done', i + 1);
            state = AFTER_VALUE;
          } else {
            return this.#stop('malformed', i);
          }
          i++;
          continue;

        case ESCAPE:
          if (byte === LOWER_U) {
            this.#hexDigitsLeft = 4;
            state = HEX;
          } else if (IS_SIMPLE_ESCAPE[byte] !== 0) {
            state = STRING;
          } else {
            return this.#stop('malformed', i);
          }
          i++;
          continue;

        case HEX:
          if (IS_HEX_DIGIT[byte] === 0) return this.#stop('malformed', i);
          this.#hexDigitsLeft--;
          if (this.#hexDigitsLeft === 0) state = STRING;
          i++;
          continue;

        case LITERAL:
          if (byte !== this.#literal[this.#literalAt]) return this.#stop('malformed', i);
          this.#literalAt++;
          i++;
          if (this.#literalAt < this.#literal.length) continue;
          if (depth === 0) return this.#stop('done', i);
          state = AFTER_VALUE;
          continue;

        case AFTER_MINUS:
          if (!isDigit(byte)) return this.#stop('malformed', i);
          state = byte === ZERO ? LEADING_ZERO : INTEGER;
          i++;
          continue;

        case AFTER_POINT:
          if (!isDigit(byte)) return this.#stop('malformed', i);
          state = FRACTION;
          i++;
          continue;

        case AFTER_E:
          if (byte === PLUS || byte === MINUS) state = AFTER_E_SIGN;
          else if (isDigit(byte)) state = EXPONENT;
          else return this.#stop('malformed', i);
          i++;
          continue;

        case AFTER_E_SIGN:
          if (!isDigit(byte)) return this.#stop('malformed', i);
          state = EXPONENT;
          i++;
          continue;

        default: {
          // The four states in which a number may end: LEADING_ZERO, INTEGER, FRACTION, EXPONENT.
          if (state !== LEADING_ZERO) {
            while (i < length && isDigit(bytes[i]!)) i++;
            if (i === length) continue;
          }
          const next = bytes[i]!;
          if (next === COMMA && depth > 0) {
            i++;
            state = stack[depth] === OBJECT ? KEY : VALUE;
          } else if (next === POINT && (state === INTEGER || state === LEADING_ZERO)) {
            state = AFTER_POINT;
            i++;
          } else if (isExponentMark(next) && state !== EXPONENT) {
            state = AFTER_E;
            i++;
          } else if (depth === 0) {
            return this.#stop('done', i);
          } else {
            state = AFTER_VALUE;
          }
        }
      }
    }

    this.#state = state;
    this.#depth = depth;
    this.#inKey = inKey;
    return i;
  }

  #stop(status: SkipStatus, index: number): number {
    this.status = status;
    return index;
  }

  #growStack(): Uint8Array<ArrayBuffer> {
    const grown = new Uint8Array(this.#stack.length * 2);
    grown.set(this.#stack);
    this.#stack = grown;
    return grown;
  }
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isExponentMark(byte: number): boolean {
  return byte === 0x65 || byte === 0x45;
}

function endOfWhitespace(bytes: Uint8Array, index: number): number {
  let i = index;
  while (i < bytes.length && IS_WHITESPACE[bytes[i]!] !== 0) i++;
  return i;
}

/**
 * Finds a value in JSON text that a masked rendering would leave as it stands, so that it need not
 * be parsed and written anew: which is what most calls hold.
 *
 * It knows less than {@link ValueRenderer}, and says so: JSON with white space, escapes, characters
 * beyond ASCII, members given twice, numbers in an unusual spelling, a secret anywhere or a bound
 * exceeded is left to the renderer. What it does find is what the renderer would write, to the byte.
 *
 * @module
 */

import { redactText } from './redact-text.ts';
import type { SecretNames } from './secret-names.ts';

/** Bounds of what is left as it stands; see `ValueLimits` of the renderer. */
export interface VerbatimLimits {
  readonly maxDepth: number;
  readonly maxNodes: number;
  /** Longest string, in characters. */
  readonly maxStringChars: number;
  /** Longest name of a member, in characters. */
  readonly maxKeyChars: number;
}

/** Members of one object among which one given twice is looked for. */
const MAX_MEMBERS = 32;

/** Digits of whole numbers and of fractions that are surely written as they were read. */
const MAX_WHOLE_DIGITS = 9;
const MAX_FRACTION_DIGITS = 6;

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Returned in place of an offset: not to be left as it stands, or no JSON. */
const NOT_VERBATIM = -1;

export class VerbatimJson {
  readonly #names: SecretNames;
  readonly #limits: VerbatimLimits;

  // Of the text being read.
  #text = '';
  /** The name that is left out of the value itself. */
  #without: string | null = null;
  /** What is read is shown; otherwise only its grammar counts. */
  #shows = false;
  #nodes = 0;
  /** Names of the members so far of all objects that are open. */
  readonly #keys: string[] = [];
  // What is left out; empty when nothing is.
  #cutFrom = 0;
  #cutTo = 0;

  constructor(names: SecretNames, limits: VerbatimLimits) {
    this.#names = names;
    this.#limits = limits;
  }

  /**
   * The value of a member as it stands, without one of its own members. Undefined when there is no
   * such member, and null when this is not the one to tell.
   *
   * @param text the JSON of an object
   */
  find(text: string, member: string, without: string | null): string | null | undefined {
    this.#text = text;
    this.#without = without;
    this.#nodes = 0;
    this.#keys.length = 0;
    const found = this.#find(member);
    this.#text = '';
    return found;
  }

  #find(member: string): string | null | undefined {
    const text = this.#text;
    if (text.charCodeAt(0) !== OPEN_BRACE) return null;
    let found: string | undefined;
    for (let at = 1; ; ) {
      const colon = this.#string(at);
      if (colon === NOT_VERBATIM || text.charCodeAt(colon) !== COLON) return null;
      const isWanted = colon - at - 2 === member.length && text.startsWith(member, at + 1);
      const start = colon + 1;
      this.#shows = isWanted;
      this.#cutFrom = start;
      this.#cutTo = start;
      const end = this.#value(start, 0);
      if (end === NOT_VERBATIM || (isWanted && found !== undefined)) return null;
      if (isWanted) {
        found =
          this.#cutTo === start
            ? text.slice(start, end)
            : text.slice(start, this.#cutFrom) + text.slice(this.#cutTo, end);
      }
      if (text.charCodeAt(end) === COMMA) at = end + 1;
      else return text.charCodeAt(end) === CLOSE_BRACE && end + 1 === text.length ? found : null;
    }
  }

  /** Each of these returns the offset behind what begins at `at`. */
  #value(at: number, depth: number): number {
    const text = this.#text;
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const end = this.#string(at);
        if (end === NOT_VERBATIM || !this.#shows) return end;
        if (end - at - 2 > this.#limits.maxStringChars) return NOT_VERBATIM;
        return this.#holdsSecret(text.slice(at + 1, end - 1)) ? NOT_VERBATIM : end;
      }
      case OPEN_BRACE:
        return depth < this.#limits.maxDepth ? this.#object(at, depth) : NOT_VERBATIM;
      case OPEN_BRACKET:
        return depth < this.#limits.maxDepth ? this.#array(at, depth) : NOT_VERBATIM;
      case 0x74:
        return text.startsWith('true', at) ? at + 4 : NOT_VERBATIM;
      case 0x66:
        return text.startsWith('false', at) ? at + 5 : NOT_VERBATIM;
      case 0x6e:
        return text.startsWith('null', at) ? at + 4 : NOT_VERBATIM;
      default:
        return this.#number(at);
    }
  }

  #object(open: number, depth: number): number {
    const text = this.#text;
    if (text.charCodeAt(open + 1) === CLOSE_BRACE) return open + 2;
    const firstKey = this.#keys.length;
    for (let at = open + 1; ; ) {
      const colon = this.#string(at);
      if (colon === NOT_VERBATIM || text.charCodeAt(colon) !== COLON) return NOT_VERBATIM;
      let isLeftOut = false;
      if (this.#shows) {
        const key = text.slice(at + 1, colon - 1);
        if (!this.#takesKey(key, firstKey)) return NOT_VERBATIM;
        isLeftOut = depth === 0 && key === this.#without;
        if (isLeftOut) this.#shows = false;
        else if (this.#isKeySecret(key)) return NOT_VERBATIM;
      }
      const end = this.#value(colon + 1, depth + 1);
      if (end === NOT_VERBATIM) return NOT_VERBATIM;
      const next = text.charCodeAt(end);
      if (isLeftOut) {
        this.#shows = true;
        const isFirst = at === open + 1;
        // With the comma before it, or behind it where there is none before.
        this.#cutFrom = isFirst ? at : at - 1;
        this.#cutTo = isFirst && next === COMMA ? end + 1 : end;
      }
      if (next === COMMA) at = end + 1;
      else {
        this.#keys.length = firstKey;
        return next === CLOSE_BRACE ? end + 1 : NOT_VERBATIM;
      }
    }
  }

  #array(open: number, depth: number): number {
    const text = this.#text;
    if (text.charCodeAt(open + 1) === CLOSE_BRACKET) return open + 2;
    for (let at = open + 1; ; ) {
      if (++this.#nodes > this.#limits.maxNodes) return NOT_VERBATIM;
      const end = this.#value(at, depth + 1);
      if (end === NOT_VERBATIM) return NOT_VERBATIM;
      const next = text.charCodeAt(end);
      if (next === COMMA) at = end + 1;
      else return next === CLOSE_BRACKET ? end + 1 : NOT_VERBATIM;
    }
  }

  /**
   * Whether a member keeps its place and its value: no other has its name, and it does not look
   * like an index, which objects put first.
   */
  #takesKey(key: string, firstKey: number): boolean {
    const keys = this.#keys;
    const first = key.charCodeAt(0);
    if (first >= ZERO && first <= NINE) return false;
    if (keys.length - firstKey === MAX_MEMBERS) return false;
    for (let i = firstKey; i < keys.length; i++) if (keys[i] === key) return false;
    keys.push(key);
    return ++this.#nodes <= this.#limits.maxNodes;
  }

  /** A `value` may be one that the member beside it names. */
  #isKeySecret(key: string): boolean {
    return (
      key.length > this.#limits.maxKeyChars ||
      key === 'value' ||
      this.#names.has(key) ||
      this.#holdsSecret(key)
    );
  }

  #holdsSecret(text: string): boolean {
    return redactText(text, this.#names) !== text;
  }

  /** A string of visible ASCII without escapes. */
  #string(at: number): number {
    const text = this.#text;
    if (text.charCodeAt(at) !== QUOTE) return NOT_VERBATIM;
    for (let i = at + 1; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit === QUOTE) return i + 1;
      if (unit < 0x20 || unit > 0x7e || unit === BACKSLASH) return NOT_VERBATIM;
    }
    return NOT_VERBATIM;
  }

  /** A number as `JSON.stringify` would write it. */
  #number(start: number): number {
    const text = this.#text;
    const whole = text.charCodeAt(start) === MINUS ? start + 1 : start;
    const dot = this.#digits(whole);
    const isZero = text.charCodeAt(whole) === ZERO;
    if (dot === whole || dot - whole > MAX_WHOLE_DIGITS || (isZero && dot > whole + 1)) {
      return NOT_VERBATIM;
    }
    if (text.charCodeAt(dot) !== DOT) return isZero && whole > start ? NOT_VERBATIM : dot;
    const end = this.#digits(dot + 1);
    const digits = end - dot - 1;
    if (digits === 0 || digits > MAX_FRACTION_DIGITS) return NOT_VERBATIM;
    return text.charCodeAt(end - 1) === ZERO ? NOT_VERBATIM : end;
  }

  #digits(from: number): number {
    const text = this.#text;
    let at = from;
    for (; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (unit < ZERO || unit > NINE) break;
    }
    return at;
  }
}

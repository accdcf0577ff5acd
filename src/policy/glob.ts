/**
 * Globs, as rules write them: matched without regular expressions, in time linear in the text for
 * a given pattern, whatever the text.
 *
 * `*` stands for any run of characters, the empty one included; with a separator it stops there,
 * and `**` does not. A backslash takes `*` or another backslash as it is. Everything else stands
 * for itself, `?` and brackets included: they are ordinary in names and URIs. Text is compared by
 * UTF-16 code units: case counts, and nothing is normalised.
 *
 * @module
 */

/** Longest pattern, in UTF-16 code units. */
export const MAX_GLOB_CHARS = 1024;

export interface GlobOptions {
  /** One character that `*` does not cross. Without it `*` and `**` are the same. */
  readonly separator?: string;
}

/** Any character but the separator, any number of times. */
const STAR = -1;
/** Any character, any number of times. */
const GLOBSTAR = -2;

const BACKSLASH = 0x5c;
const ASTERISK = 0x2a;
const NO_SEPARATOR = -1;

export class Glob {
  readonly pattern: string;
  /** The only text that matches, when there is no wildcard. */
  readonly literal: string | null;
  /** What every match begins with. */
  readonly stem: string;
  readonly #tail: string;
  /** From the first wildcard to the last: code units, STAR and GLOBSTAR. */
  readonly #tokens: readonly number[];
  readonly #separator: number;
  /** The texts between the wildcards, when no wildcard stops at anything; null otherwise. */
  readonly #pieces: readonly string[] | null;
  #states: Uint8Array;
  #nextStates: Uint8Array;

  /** @throws TypeError when the pattern is not understood; the message completes "this pattern …" */
  constructor(pattern: string, options: GlobOptions = {}) {
    this.pattern = pattern;
    this.#separator = options.separator?.charCodeAt(0) ?? NO_SEPARATOR;
    const tokens = parse(pattern, this.#separator !== NO_SEPARATOR);
    const first = tokens.findIndex(isWildcard);
    const last = tokens.findLastIndex(isWildcard);
    this.stem = toText(first < 0 ? tokens : tokens.slice(0, first));
    this.literal = first < 0 ? this.stem : null;
    this.#tail = toText(tokens.slice(last + 1));
    this.#tokens = first < 0 ? [] : tokens.slice(first, last + 1);
    this.#pieces = this.#tokens.includes(STAR) ? null : splitAtWildcards(this.#tokens);
    this.#states = new Uint8Array(this.#tokens.length + 1);
    this.#nextStates = new Uint8Array(this.#tokens.length + 1);
  }

  matches(text: string): boolean {
    if (this.literal !== null) return text === this.literal;
    const from = this.stem.length;
    const to = text.length - this.#tail.length;
    if (to < from || !text.startsWith(this.stem) || !text.endsWith(this.#tail)) return false;
    return this.#pieces === null
      ? this.#run(text, from, to)
      : findInOrder(this.#pieces, text, from, to);
  }

  /** All ways to read the tokens at once: state `i` is set while the first `i` tokens are used up. */
  #run(text: string, from: number, to: number): boolean {
    const tokens = this.#tokens;
    let states = this.#states.fill(0);
    let next = this.#nextStates;
    states[0] = 1;
    skipWildcards(states, tokens);
    for (let at = from; at < to; at++) {
      const unit = text.charCodeAt(at);
      next.fill(0);
      let alive = false;
      for (let i = 0; i < tokens.length; i++) {
        if (states[i] === 0) continue;
        const token = tokens[i] as number;
        if (token >= 0) {
          if (token !== unit) continue;
          next[i + 1] = 1;
        } else {
          if (token === STAR && unit === this.#separator) continue;
          next[i] = 1;
        }
        alive = true;
      }
      if (!alive) return false;
      skipWildcards(next, tokens);
      [states, next] = [next, states];
    }
    return states[tokens.length] === 1;
  }
}

/** Several globs, of which one must match. */
export class GlobList {
  readonly globs: readonly Glob[];
  readonly #literals: ReadonlySet<string>;
  readonly #wildcards: readonly Glob[];

  /** @throws TypeError naming the first pattern that is not understood */
  constructor(patterns: readonly string[], options: GlobOptions = {}) {
    this.globs = patterns.map((pattern) => new Glob(pattern, options));
    this.#literals = new Set(this.globs.flatMap(({ literal }) => literal ?? []));
    this.#wildcards = this.globs.filter(({ literal }) => literal === null);
  }

  matches(text: string): boolean {
    if (this.#literals.has(text)) return true;
    for (const glob of this.#wildcards) if (glob.matches(text)) return true;
    return false;
  }

  /** The texts that match, when no pattern has a wildcard; null otherwise. */
  get literals(): ReadonlySet<string> | null {
    return this.#wildcards.length === 0 ? this.#literals : null;
  }
}

function parse(pattern: string, separated: boolean): number[] {
  if (pattern === '') throw new TypeError('must not be empty');
  if (pattern.length > MAX_GLOB_CHARS) {
    throw new TypeError(`must be at most ${MAX_GLOB_CHARS} characters long`);
  }
  const tokens: number[] = [];
  for (let i = 0; i < pattern.length; i++) {
    const unit = pattern.charCodeAt(i);
    if (unit === BACKSLASH) {
      const next = pattern.charCodeAt(++i);
      if (next !== ASTERISK && next !== BACKSLASH) {
        throw new TypeError('has a backslash that is followed by neither "*" nor another one');
      }
      tokens.push(next);
    } else if (unit !== ASTERISK) {
      tokens.push(unit);
    } else {
      const double = pattern.charCodeAt(i + 1) === ASTERISK;
      if (double) i++;
      if (pattern.charCodeAt(i + 1) === ASTERISK) {
        throw new TypeError('has more than two "*" in a row');
      }
      tokens.push(double || !separated ? GLOBSTAR : STAR);
    }
  }
  return tokens;
}

function splitAtWildcards(tokens: readonly number[]): readonly string[] {
  const pieces: string[] = [];
  let piece: number[] = [];
  for (const token of tokens) {
    if (token >= 0) piece.push(token);
    else if (piece.length > 0) {
      pieces.push(toText(piece));
      piece = [];
    }
  }
  return pieces;
}

/** Where anything may stand between the pieces, the first place of each is as good as any other. */
function findInOrder(pieces: readonly string[], text: string, from: number, to: number): boolean {
  let at = from;
  for (const piece of pieces) {
    const found = text.indexOf(piece, at);
    if (found < 0 || found + piece.length > to) return false;
    at = found + piece.length;
  }
  return true;
}

function isWildcard(token: number): boolean {
  return token < 0;
}

function toText(units: readonly number[]): string {
  return String.fromCharCode(...units);
}

/** A wildcard may stand for nothing. */
function skipWildcards(states: Uint8Array, tokens: readonly number[]): void {
  for (let i = 0; i < tokens.length; i++) {
    if (states[i] === 1 && (tokens[i] as number) < 0) states[i + 1] = 1;
  }
}

/**
 * Reads a regular expression into its parts.
 *
 * The engine of the runtime has accepted the pattern before it is read here, so that only the
 * extent of its parts is looked for. What takes one character (a class, an escape, a dot) is left
 * to that engine as well, one character at a time, and so means exactly what it means there.
 *
 * @module
 */

/** A part of a pattern. */
export type Part =
  /** Takes one character. `source` is a pattern of its own. */
  | { readonly kind: 'character'; readonly source: string }
  | { readonly kind: 'assertion'; readonly asserts: '^' | '$' | '\\b' | '\\B' }
  | { readonly kind: 'sequence'; readonly parts: readonly Part[] }
  | { readonly kind: 'alternatives'; readonly parts: readonly Part[] }
  | { readonly kind: 'repeat'; readonly part: Part; readonly min: number; readonly max: number };

/** Longest pattern, in UTF-16 code units. */
const MAX_PATTERN_CHARS = 2_000;

/** Deepest nesting of groups. */
const MAX_DEPTH = 50;

/** Null for what is no pattern, and for what has parts that are not known here. */
export function parsePattern(source: string): Part | null {
  if (source.length > MAX_PATTERN_CHARS || !isPattern(source)) return null;
  try {
    return new PatternParser(source).parseAlternatives();
  } catch (error) {
    if (error instanceof Unreadable) return null;
    throw error;
  }
}

function isPattern(source: string): boolean {
  try {
    new RegExp(source, 'u');
    return true;
  } catch {
    return false;
  }
}

/** Left at a part that is not known here. */
class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

/** `{n}`, `{n,}` or `{n,m}`. */
const BRACES = /\{(\d{1,9})(?:(,)(\d{1,9})?)?\}/y;

/** The beginning of a group that only groups. */
const PLAIN_GROUP = /\((?:\?:|\?<[\p{ID_Start}$_][\p{ID_Continue}$]*>)?(?!\?)/uy;

/** An escape of one character. Those of two UTF-16 code units may be written as two escapes. */
const ESCAPE =
  /\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u\{[0-9a-fA-F]+\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|c[A-Za-z]|[pP]\{[^}]*\}|0|[^1-9kbB])/uy;

const CLASS = /\[(?:\\.|[^\]\\])*\]/suy;

const LITERAL = /[^\\[\](){}*+?|^$]/suy;

class PatternParser {
  readonly #source: string;
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
  }

  /** Up to the end of the group, or of the pattern. */
  parseAlternatives(): Part {
    if (++this.#depth > MAX_DEPTH) throw new Unreadable('too many groups in groups');
    const parts = [this.#parseSequence()];
    while (this.#take('|')) parts.push(this.#parseSequence());
    this.#depth--;
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : { kind: 'alternatives', parts };
  }

  #parseSequence(): Part {
    const parts: Part[] = [];
    while (this.#at < this.#source.length && !'|)'.includes(this.#source[this.#at] as string)) {
      parts.push(this.#parseRepeated(this.#parsePart()));
    }
    return { kind: 'sequence', parts };
  }

  #parsePart(): Part {
    for (const asserts of ['^', '$', '\\b', '\\B'] as const) {
      if (this.#take(asserts)) return { kind: 'assertion', asserts };
    }
    if (this.#match(PLAIN_GROUP) !== null) {
      const inside = this.parseAlternatives();
      if (!this.#take(')')) throw new Unreadable('no end of the group');
      return inside;
    }
    const character = this.#match(LITERAL) ?? this.#match(ESCAPE) ?? this.#match(CLASS);
    // Look-around, back-references, and whatever may be added to the language.
    if (character === null) throw new Unreadable('an unknown part');
    return { kind: 'character', source: character[0] };
  }

  #parseRepeated(part: Part): Part {
    const bounds = this.#parseBounds();
    if (bounds === null) return part;
    // Whether as much as possible is taken, or as little, comes to the same.
    this.#take('?');
    return { kind: 'repeat', part, ...bounds };
  }

  #parseBounds(): { min: number; max: number } | null {
    if (this.#take('*')) return { min: 0, max: Number.POSITIVE_INFINITY };
    if (this.#take('+')) return { min: 1, max: Number.POSITIVE_INFINITY };
    if (this.#take('?')) return { min: 0, max: 1 };
    if (this.#source[this.#at] !== '{') return null;
    const braces = this.#match(BRACES);
    if (braces === null) throw new Unreadable('braces of another kind');
    const min = Number(braces[1]);
    if (braces[2] === undefined) return { min, max: min };
    return { min, max: braces[3] === undefined ? Number.POSITIVE_INFINITY : Number(braces[3]) };
  }

  #take(text: string): boolean {
    const found = this.#source.startsWith(text, this.#at);
    if (found) this.#at += text.length;
    return found;
  }

  /** @param pattern sticky */
  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#source);
    if (match !== null) this.#at += match[0].length;
    return match;
  }
}

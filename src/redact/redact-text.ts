/**
 * Hides secrets in free text: values behind secret names (`token=…`, `"password": "…"`,
 * `Cookie: …`), user information in URLs, credentials behind the name of their scheme, private
 * keys, and tokens that can be known by their shape.
 *
 * One pass, linear in the length of the text. In doubt more is hidden rather than less: behind a
 * secret name and a colon everything up to the end of the line.
 *
 * @module
 */

import type { SecretNames } from './secret-names.ts';
import {
  isBackslash,
  isGap,
  isInAuthority,
  isInLine,
  isQuote,
  isSpace,
  isUnquoted,
  isWordUnit,
} from './text-units.ts';

/** What is shown in place of something hidden. */
export const MASK = '***';

/** Texts without any of this hold nothing that could be recognized. */
const SUSPECT =
  /[:=%@]|-----BEGIN|bearer|basic|dpop|negotiate|eyJ|gh[oprsu]_|github_pat_|glpat-|sk-|[rs]k_|xox|xapp-|AKIA|ASIA|AIza|npm_|pypi-|hf_|ya29|shp/i;

/** Tokens of well-known issuers, and JSON Web Tokens; matched at the start of a word. */
const TOKEN_SHAPE =
  /^(?:eyJ[\w-]{8}|gh[oprsu]_\w{12}|github_pat_\w{12}|glpat-[\w-]{12}|sk-[\w-]{12}|[rs]k_(?:live|test)_\w{8}|xox[a-z]-[\w-]{8}|xapp-[\w-]{8}|A[KS]IA[A-Z0-9]{12}|AIza[\w-]{20}|npm_\w{20}|pypi-[\w-]{20}|hf_\w{20}|ya29\.[\w-]{8}|shp(?:at|ss|ca|pa)_\w{8})/;

const SCHEMES: ReadonlySet<string> = new Set(['bearer', 'basic', 'dpop', 'negotiate', 'ntlm']);

/** Shortest credential behind the name of a scheme: "bearer of news" holds none. */
const MIN_CREDENTIAL_CHARS = 8;
/** Quotes, brackets and spaces that may stand between a name, its separator and the value. */
const MAX_GAP_CHARS = 4;
/** How often percent-encoding within percent-encoding is undone. */
const MAX_DECODINGS = 2;
/** How far the end of an authority with a broken port is looked for. */
const MAX_BROKEN_AUTHORITY_CHARS = 512;

const PEM_BEGIN = '-----BEGIN';
const PEM_END = '-----END';

/**
 * @param isCut the text goes on where it ends here, so that what ends a secret may be missing
 */
export function redactText(text: string, names: SecretNames, isCut = false): string {
  return SUSPECT.test(text) ? new Redaction(text, names, isCut, MAX_DECODINGS).run() : text;
}

class Redaction {
  readonly #text: string;
  readonly #names: SecretNames;
  readonly #isCut: boolean;
  readonly #decodings: number;
  #at = 0;
  /** Everything before this offset is in `#out`. */
  #done = 0;
  #out = '';
  #atSign = -1;

  constructor(text: string, names: SecretNames, isCut: boolean, decodings: number) {
    this.#text = text;
    this.#names = names;
    this.#isCut = isCut;
    this.#decodings = decodings;
  }

  run(): string {
    const text = this.#text;
    while (this.#at < text.length) {
      if (isWordUnit(text.charCodeAt(this.#at))) this.#word();
      else if (text.startsWith('//', this.#at)) this.#authority();
      else this.#at++;
    }
    return this.#done === 0 ? text : this.#out + text.slice(this.#done);
  }

  #word(): void {
    const text = this.#text;
    const start = this.#at;
    let end = start + 1;
    while (end < text.length && isWordUnit(text.charCodeAt(end))) end++;
    const word = text.slice(start, end);
    this.#at = end;

    if (word.startsWith(PEM_BEGIN)) this.#pem();
    else if (TOKEN_SHAPE.test(word)) this.#hide(start, end);
    else if (!(SCHEMES.has(word.toLowerCase()) && this.#credential(word))) {
      const name = word.includes('%') ? decodePercent(word) : word;
      if (!this.#namedValue(name) && name !== word && this.#hidesSecret(name)) {
        this.#hide(start, end);
      }
    }
  }

  #hide(from: number, to: number): void {
    this.#out += this.#text.slice(this.#done, from) + MASK;
    this.#done = to;
    this.#at = to;
  }

  /** A private key in PEM (RFC 7468), up to its end line. */
  #pem(): void {
    const text = this.#text;
    if (!text.slice(this.#at, this.#at + 40).includes('PRIVATE KEY')) return;
    const end = text.indexOf(PEM_END, this.#at);
    this.#hide(this.#at, end === -1 ? text.length : end);
  }

  /** What follows `Bearer` and its like (RFC 9110 §11.4). */
  #credential(scheme: string): boolean {
    const start = this.#skip(this.#at, isSpace);
    const end = this.#skip(start, isUnquoted, Number.POSITIVE_INFINITY);
    if (start === this.#at || end - start < MIN_CREDENTIAL_CHARS) return false;
    // "Basic information" is prose; encoded credentials are not all of one case.
    const isProse = /^[A-Za-z]?[a-z]*[.!?]?$/.test(this.#text.slice(start, end));
    if (isProse && scheme.toLowerCase() !== 'bearer') return false;
    this.#hide(start, end);
    return true;
  }

  /** `name=value`, `name: value`, `"name":"value"`, with the name just behind. */
  #namedValue(name: string): boolean {
    const text = this.#text;
    const separatorAt = this.#skip(this.#at, isGap);
    const separator = text[separatorAt];
    if (separator !== ':' && separator !== '=') return false;
    if (text.startsWith('://', separatorAt) || !this.#names.has(name)) return false;
    let start = separatorAt + 1;
    if (text[start] === '=' || text[start] === '>') start++;
    start = this.#skip(this.#skip(start, isSpace), isBackslash);
    const end = this.#valueEnd(start, separator);
    const quoted = isQuote(text.charCodeAt(start));
    if (end > start) this.#hide(quoted ? start + 1 : start, end);
    return true;
  }

  /** Just past the value that begins at `start`; before the quote that ends it. */
  #valueEnd(start: number, separator: ':' | '='): number {
    const text = this.#text;
    const first = text.charCodeAt(start);
    // What a structure holds ends somewhere in here; where, its own strings could lie about.
    if (first === 0x7b || first === 0x5b) return text.length;
    if (isQuote(first)) return this.#quoteEnd(start, first);
    if (separator === ':') return this.#skip(start, isInLine, Number.POSITIVE_INFINITY);
    const end = this.#skip(start, isUnquoted, Number.POSITIVE_INFINITY);
    if (!SCHEMES.has(text.slice(start, end).toLowerCase())) return end;
    return this.#skip(this.#skip(end, isSpace), isUnquoted, Number.POSITIVE_INFINITY);
  }

  /**
   * Where the text in quotes ends that begin at `start`. Quotes that were escaped, once or more,
   * end with quotes escaped as often; what is escaped more often belongs to the text.
   */
  #quoteEnd(start: number, quote: number): number {
    const text = this.#text;
    let level = 0;
    while (text[start - 1 - level] === '\\') level++;
    let run = 0;
    for (let i = start + 1; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit === quote && (level === 0 ? run % 2 === 0 : run <= level)) {
        return level === 0 ? i : i - run;
      }
      run = isBackslash(unit) ? run + 1 : 0;
    }
    return text.length;
  }

  /** `//user:password@host` (RFC 3986 §3.2). */
  #authority(): void {
    const text = this.#text;
    const start = this.#at + 2;
    const end = this.#skip(start, isInAuthority, Number.POSITIVE_INFINITY);
    this.#at = Math.max(end, start);
    const authority = text.slice(start, end);
    const at = authority.lastIndexOf('@');
    if (at !== -1) {
      this.#hide(start, start + at);
      return;
    }
    const colon = authority.indexOf(':');
    if (colon === -1 || authority.startsWith('[')) return;
    if (end === text.length && this.#isCut) {
      this.#hide(start, end);
    } else if (!/^\d*$/.test(authority.slice(colon + 1))) {
      // No port, so perhaps a password with a slash in it.
      const lateAt = this.#nextAtSign(end);
      if (lateAt - end > MAX_BROKEN_AUTHORITY_CHARS) return;
      if (this.#skip(end, isUnquoted, lateAt - end) === lateAt) this.#hide(start, lateAt);
    }
  }

  /** Offset of the first `@` from `from` on, which only grows; infinity without one. */
  #nextAtSign(from: number): number {
    if (this.#atSign < from) {
      const found = this.#text.indexOf('@', from);
      this.#atSign = found === -1 ? Number.POSITIVE_INFINITY : found;
    }
    return this.#atSign;
  }

  /** Whether there is something to hide in what a percent-encoded word stands for. */
  #hidesSecret(decoded: string): boolean {
    if (this.#decodings === 0) return true;
    const redaction = new Redaction(decoded, this.#names, this.#isCut, this.#decodings - 1);
    return redaction.run() !== decoded;
  }

  #skip(from: number, belongs: (unit: number) => boolean, atMost = MAX_GAP_CHARS): number {
    const limit = Math.min(this.#text.length, from + atMost);
    let at = from;
    while (at < limit && belongs(this.#text.charCodeAt(at))) at++;
    return at;
  }
}

/** Undoes `%20` to `%7E`, and leaves alone what is not ASCII. */
function decodePercent(text: string): string {
  return text.replace(/%([2-7][0-9a-f])/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

/**
 * Keeps a label whose values come from the wire bounded: the first so many values pass, the rest
 * share `_other`.
 *
 * @module
 */

/** Where values beyond a bound are counted. */
export const OTHER = '_other';

/** Distinct values one label may take. */
export const DEFAULT_LABEL_LIMIT = 200;

/** Longest label value, in UTF-16 code units. */
export const MAX_LABEL_CHARS = 128;

export interface LabelCapOptions {
  /** Distinct values that pass. Default 200. */
  limit?: number;
  /** Values that always pass and do not use up the limit. Must be a bounded set. */
  isKnown?: (value: string) => boolean;
  /** Values that mean something of our own: sent by a client they become `_other`. */
  reserved?: readonly string[];
}

/** The bounded values of one label. Memory: at most `limit` strings of 128 characters. */
export class LabelCap {
  readonly #limit: number;
  readonly #isKnown: (value: string) => boolean;
  readonly #reserved: ReadonlySet<string>;
  readonly #admitted: Set<string> = new Set();

  constructor(options: LabelCapOptions = {}) {
    this.#limit = options.limit ?? DEFAULT_LABEL_LIMIT;
    this.#isKnown = options.isKnown ?? (() => false);
    this.#reserved = new Set(options.reserved ?? []);
  }

  /**
   * The label for a value from the wire: the value itself, with lone surrogates replaced, or
   * `_other`. An empty value is `_other` too, for to Prometheus it would be no label at all.
   */
  of(value: string): string {
    // What was admitted is short and well-formed, so the usual case is this one lookup.
    if (this.#admitted.has(value)) return value;
    if (value === '' || value.length > MAX_LABEL_CHARS) return OTHER;
    const label = value.toWellFormed();
    if (label === OTHER || this.#reserved.has(label)) return OTHER;
    if (this.#admitted.has(label) || this.#isKnown(label)) return label;
    if (this.#admitted.size >= this.#limit) return OTHER;
    this.#admitted.add(label);
    return label;
  }
}

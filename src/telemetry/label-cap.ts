/**
 * Keeps a label whose values come from the wire bounded: the first so many values pass, the rest
 * share `_other`. Values that nobody has confirmed have few of the places, so that whoever thinks
 * of names cannot take those of the real ones.
 *
 * @module
 */

/** Where values beyond a bound are counted. */
export const OTHER = '_other';

/** Distinct values one label may take. */
export const DEFAULT_LABEL_LIMIT = 200;

/** Longest label value, in UTF-16 code units. */
export const MAX_LABEL_CHARS = 128;

/** One place in so many may be taken by a value that is not confirmed. */
const UNCONFIRMED_PART = 4;

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
  /** Those of them that nobody has confirmed yet. */
  readonly #unconfirmed: Set<string> = new Set();

  constructor(options: LabelCapOptions = {}) {
    this.#limit = options.limit ?? DEFAULT_LABEL_LIMIT;
    this.#isKnown = options.isKnown ?? (() => false);
    this.#reserved = new Set(options.reserved ?? []);
  }

  /**
   * The label for a value from the wire: the value itself, with lone surrogates replaced, or
   * `_other`. An empty value is `_other` too, for to Prometheus it would be no label at all.
   *
   * @param isConfirmed whether the value is known to name something. Once it was, it stays so.
   */
  of(value: string, isConfirmed = true): string {
    // What was admitted is short and well-formed, so the usual case is this one lookup.
    if (this.#admitted.has(value)) {
      if (isConfirmed && this.#unconfirmed.size > 0) this.#unconfirmed.delete(value);
      return value;
    }
    if (value === '' || value.length > MAX_LABEL_CHARS) return OTHER;
    const label = value.toWellFormed();
    if (label === OTHER || this.#reserved.has(label)) return OTHER;
    if (this.#admitted.has(label) || this.#isKnown(label)) return label;
    if (this.#admitted.size >= this.#limit) return OTHER;
    if (!isConfirmed) {
      if (this.#unconfirmed.size >= this.#limit / UNCONFIRMED_PART) return OTHER;
      this.#unconfirmed.add(label);
    }
    this.#admitted.add(label);
    return label;
  }
}

/**
 * How much work one judgement may be. A few hundred bytes of schema can ask for more work than
 * there is time (an `anyOf` of references to an `anyOf` of references …), so that every step is
 * paid for.
 *
 * @module
 */

/**
 * Steps of one judgement: a schema met by a value, an item compared, a state of a pattern visited.
 * Mostly some ten milliseconds of work, and a hundred at worst.
 */
const MAX_STEPS = 250_000;

/** Schemas that may be under way at one time: each costs a few frames of the stack. */
const MAX_NESTING = 512;

/** Thrown to leave a judgement that has used up its budget. */
export class TooComplex extends Error {
  override readonly name = 'TooComplex';
}

export class Budget {
  #left = MAX_STEPS;
  #nesting = 0;

  /** @throws {TooComplex} when there is nothing left */
  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw new TooComplex('The judgement takes too many steps');
  }

  /** @throws {TooComplex} when schemas are nested too deeply, as by one that refers to itself */
  enter(): void {
    if (++this.#nesting > MAX_NESTING) throw new TooComplex('The schemas are nested too deeply');
  }

  leave(): void {
    this.#nesting--;
  }
}

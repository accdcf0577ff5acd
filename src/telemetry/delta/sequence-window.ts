/**
 * Remembers which sequence numbers of one sender were taken, in bounded memory.
 *
 * @module
 */

/** Numbers remembered one by one, above the floor. */
export const SEQUENCE_WINDOW = 64;

export class SequenceWindow {
  /** Everything up to here was taken or given up. */
  #floor: number;
  readonly #above: Set<number>;

  constructor(floor: number = 0, above: Iterable<number> = []) {
    this.#floor = floor;
    this.#above = new Set(above);
  }

  /**
   * Takes a number, once. With more than 64 numbers above a gap the gap is given up: what belongs
   * there will be refused, for a lost count is better than one counted twice.
   *
   * @returns whether the number is new
   */
  accept(sequence: number): boolean {
    if (sequence <= this.#floor || this.#above.has(sequence)) return false;
    this.#above.add(sequence);
    if (this.#above.size > SEQUENCE_WINDOW) this.#floor = Math.min(...this.#above) - 1;
    while (this.#above.delete(this.#floor + 1)) this.#floor++;
    return true;
  }

  toState(): { floor: number; above: number[] } {
    return { floor: this.#floor, above: Array.from(this.#above) };
  }
}

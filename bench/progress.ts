/**
 * Says what is being measured and how long it will take.
 *
 * @module
 */

export class Progress {
  readonly #total: number;
  readonly #write: (line: string) => void;
  readonly #now: () => number;
  readonly #began: number;
  #done = 0;
  #current = '';

  /** @param now milliseconds */
  constructor(
    total: number,
    write: (line: string) => void,
    now: () => number = () => performance.now(),
  ) {
    this.#total = total;
    this.#write = write;
    this.#now = now;
    this.#began = now();
  }

  /** A measurement begins. */
  step(what: string): void {
    this.#done += 1;
    this.#current = what;
  }

  /** It came to this. */
  result(text: string): void {
    this.#write(`[${this.#done}/${this.#total}] ${this.#current}: ${text}${this.#remaining()}`);
  }

  note(text: string): void {
    this.#write(text);
  }

  #remaining(): string {
    const left = this.#total - this.#done;
    if (left <= 0) return '';
    const minutes = (((this.#now() - this.#began) / this.#done) * left) / 60_000;
    return minutes < 1
      ? '  (less than a minute left)'
      : `  (about ${Math.round(minutes)} min left)`;
  }
}

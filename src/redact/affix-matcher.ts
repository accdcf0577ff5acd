/**
 * Names with `*` for anything at either end: `token`, `*token`, `auth*`, `*secret*`. No other
 * wildcards, so that matching needs no expression and cannot go back and forth.
 *
 * @module
 */

export class AffixMatcher {
  readonly #exact: Set<string> = new Set();
  readonly #beginnings: string[] = [];
  readonly #ends: string[] = [];
  readonly #parts: string[] = [];

  constructor(patterns: Iterable<string>) {
    for (const pattern of patterns) this.#add(pattern);
  }

  /** Linear in the length of the name, for each pattern. */
  matches(name: string): boolean {
    return (
      this.#exact.has(name) ||
      this.#parts.some((part) => name.includes(part)) ||
      this.#ends.some((end) => name.endsWith(end)) ||
      this.#beginnings.some((beginning) => name.startsWith(beginning))
    );
  }

  #add(pattern: string): void {
    const openStart = pattern.startsWith('*');
    const openEnd = pattern.length > 1 && pattern.endsWith('*');
    const text = pattern.slice(openStart ? 1 : 0, openEnd ? -1 : undefined);
    if (openStart && (openEnd || text === '')) this.#parts.push(text);
    else if (openStart) this.#ends.push(text);
    else if (openEnd) this.#beginnings.push(text);
    else this.#exact.add(text);
  }
}

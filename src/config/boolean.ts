/**
 * Booleans as text, for sources that have nothing else.
 *
 * @module
 */

const WORDS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['t', true],
  ['1', true],
  ['false', false],
  ['f', false],
  ['0', false],
]);

/** What Go's flag package takes too, in any case; null for anything else. */
export function parseBoolean(text: string): boolean | null {
  return WORDS.get(text.toLowerCase()) ?? null;
}

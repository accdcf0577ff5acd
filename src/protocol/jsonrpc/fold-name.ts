/**
 * Names of members as parsers see them that do not tell letter case: `encoding/json` of Go,
 * `System.Text.Json` with its defaults for the Web. To them `Method` is `method`, and the last of
 * the two counts.
 *
 * @module
 */

/** Equal for names that differ in letter case alone, U+017F (long s) and U+212A (Kelvin) included. */
export function foldName(name: string): string {
  return name.toUpperCase().toLowerCase();
}

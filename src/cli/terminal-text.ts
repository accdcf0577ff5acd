/**
 * Text in the columns of a terminal. Names come from clients: whatever they are made of, they take
 * the columns they are given and command nothing.
 *
 * @module
 */

/** Characters that take two columns: those of East Asia, and pictures (UAX #11, UTS #51). */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;

/** What would command the terminal, turn text round or take no column at all. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Mn}\p{Me}\p{Zl}\p{Zp}]/gu;

/** Columns that a text takes which has been through {@link withinWidth}, or is our own. */
export function textWidth(text: string): number {
  let columns = 0;
  for (const character of text) columns += WIDE.test(character) ? 2 : 1;
  return columns;
}

/** As much of a text as there is room for, and a sign when that is not all. */
export function withinWidth(text: string, columns: number): string {
  if (columns <= 0) return '';
  // A character is at least half a column of UTF-16 code units; the rest cannot be seen.
  const plain = text.slice(0, 2 * columns + 2).replace(UNSAFE, '·');
  if (textWidth(plain) <= columns) return plain;
  let shown = '';
  let left = columns - 1;
  for (const character of plain) {
    left -= WIDE.test(character) ? 2 : 1;
    if (left < 0) break;
    shown += character;
  }
  return `${shown}…`;
}

/** The same, filled up with spaces. */
export function toWidth(text: string, columns: number): string {
  const shown = withinWidth(text, columns);
  return shown + ' '.repeat(Math.max(0, columns - textWidth(shown)));
}

/**
 * Turns log values into text that stays on its line: whatever a client sends, a reader sees one
 * record per line and a terminal sees no commands.
 *
 * @module
 */

/** What a log field may hold. Undefined leaves the field out. */
export type LogValue = string | number | boolean | null | undefined;
export type LogFields = Readonly<Record<string, LogValue>>;

/** Longest string value, in UTF-16 code units. What is cut off is counted at its end. */
export const MAX_FIELD_CHARS = 1024;

/**
 * Beyond what JSON escapes by itself: DEL and the C1 controls (a terminal reads U+009B as the
 * start of a command), line and paragraph separators, and the marks that turn or hide text.
 */
const UNSAFE = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** A string as a JSON literal of visible characters. It parses back to the (cut) string. */
export function quote(text: string, maxChars: number = MAX_FIELD_CHARS): string {
  return JSON.stringify(cut(text, maxChars)).replace(
    UNSAFE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A value as JSON. Numbers JSON does not have become null. */
export function toJsonText(value: Exclude<LogValue, undefined>, maxChars?: number): string {
  return typeof value === 'string' ? quote(value, maxChars) : JSON.stringify(value);
}

/** A value for people: bare where that is unambiguous, quoted otherwise. */
export function toPlainText(
  value: Exclude<LogValue, undefined>,
  maxChars: number = MAX_FIELD_CHARS,
): string {
  if (typeof value !== 'string') return String(value);
  return /^[A-Za-z0-9_./:@%+,*{}()[\]-]+$/.test(value)
    ? cut(value, maxChars)
    : quote(value, maxChars);
}

function cut(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const kept = text.slice(0, maxChars).toWellFormed();
  return `${kept}…(${text.length - maxChars} more)`;
}

/**
 * Turns log values into text that stays on its line: whatever a client sends, a reader sees one
 * record per line and a terminal sees no commands.
 *
 * @module
 */

import { cutText, quote as quoteText } from '../redact/safe-text.ts';

/** What a log field may hold. Undefined leaves the field out. */
export type LogValue = string | number | boolean | null | undefined;
export type LogFields = Readonly<Record<string, LogValue>>;

/** Longest string value, in UTF-16 code units. What is cut off is counted at its end. */
export const MAX_FIELD_CHARS = 1024;

/** A string as a JSON literal of visible characters. It parses back to the (cut) string. */
export function quote(text: string, maxChars: number = MAX_FIELD_CHARS): string {
  return quoteText(cutText(text, maxChars));
}

/** A value as JSON. Numbers JSON does not have become null. */
export function toJsonText(value: Exclude<LogValue, undefined>, maxChars?: number): string {
  if (typeof value === 'string') return quote(value, maxChars);
  return typeof value === 'number' && !Number.isFinite(value) ? 'null' : String(value);
}

/** A value for people: bare where that is unambiguous, quoted otherwise. */
export function toPlainText(
  value: Exclude<LogValue, undefined>,
  maxChars: number = MAX_FIELD_CHARS,
): string {
  if (typeof value !== 'string') return String(value);
  return /^[A-Za-z0-9_./:@%+,*{}()[\]-]+$/.test(value)
    ? cutText(value, maxChars)
    : quote(value, maxChars);
}

/**
 * JSON strings that stay on their line and do nothing to a terminal.
 *
 * @module
 */

/**
 * Beyond what JSON escapes by itself: DEL and the C1 controls (a terminal reads U+009B as the
 * start of a command), line and paragraph separators, and characters that turn, hide or smuggle
 * text: soft hyphen, marks of direction, zero width, interlinear annotation, tags.
 */
const UNSAFE =
  /[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\udb40[\udc00-\udc7f]/g;

/** Nothing to escape, and no surrogates, of which one may be alone. */
const PLAIN = /^[ !#-[\]-~\u00a0-\u00ac\u00ae-\u0600\u3000-\ud7ff]*$/;

/** A string as a JSON literal of visible characters. It parses back to the same string. */
export function quote(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text).replace(UNSAFE, escapeUnits);
}

/** The first `maxChars` UTF-16 code units, with the number of those left out at the end. */
export function cutText(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  return `${text.slice(0, maxChars).toWellFormed()}…(${text.length - maxChars} more)`;
}

function escapeUnits(units: string): string {
  let escaped = '';
  for (let i = 0; i < units.length; i++) {
    escaped += `\\u${units.charCodeAt(i).toString(16).padStart(4, '0')}`;
  }
  return escaped;
}

/** Beyond this many code units the engine's own search is faster than a loop. */
const SHORT_CHARS = 32;

/** Length of well-formed text as UTF-8, in bytes. */
export function utf8Length(text: string): number {
  if (text.length > SHORT_CHARS && !/[^\0-\x7f]/.test(text)) return text.length;
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    // Each half of a surrogate pair counts two of the four bytes.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return bytes;
}

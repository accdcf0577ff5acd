/**
 * Members that an object of a JSON text has twice. `JSON.parse` keeps the last and says nothing,
 * and other parsers keep the first, so that what was judged would not be what is done.
 *
 * @module
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Whether any object in the text, at any depth, has a member twice, however its name is escaped.
 * Takes time linear in the text.
 *
 * @param text valid JSON
 */
export function hasDuplicateKey(text: string): boolean {
  /** The names of every object that is open, outermost first; null for an array. */
  const open: (Set<string> | null)[] = [];
  let names: Set<string> | null = null;
  let expectsName = false;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const end = endOfString(text, at);
        if (expectsName && names !== null) {
          const before = names.size;
          names.add(decode(text.slice(at + 1, end)));
          if (names.size === before) return true;
        }
        at = end;
        break;
      }
      case COMMA:
        expectsName = names !== null;
        break;
      case COLON:
        expectsName = false;
        break;
      case OPEN_OBJECT:
      case OPEN_ARRAY:
        names = text.charCodeAt(at) === OPEN_OBJECT ? new Set() : null;
        expectsName = names !== null;
        open.push(names);
        break;
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        open.pop();
        names = open.at(-1) ?? null;
        break;
    }
  }
  return false;
}

/** Where the quote is that ends the string that begins with the quote at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) {
    at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  }
  return at;
}

function decode(written: string): string {
  return written.includes('\\') ? (JSON.parse(`"${written}"`) as string) : written;
}

/**
 * The common name of a distinguished name in its text form (RFC 4514).
 *
 * @module
 */

/** Longest name that is read. */
const MAX_NAME_CHARS = 1_024;

const HEX_PAIR = /^[0-9a-fA-F]{2}$/;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The one `CN` of a name, unescaped. Null when there is none, or more than one, or when the name
 * has anything in it that readers differ over: a name must not be what a certificate's owner made
 * it look like.
 */
export function tryReadCommonName(name: string): string | null {
  if (name.length > MAX_NAME_CHARS) return null;
  const attributes = splitUnescaped(name);
  if (attributes === null) return null;
  let found: string | null = null;
  for (const attribute of attributes) {
    const equals = attribute.indexOf('=');
    if (equals < 1) return null;
    if (attribute.slice(0, equals).trim().toUpperCase() !== 'CN') continue;
    if (found !== null) return null;
    found = unescapeValue(attribute.slice(equals + 1));
    if (found === null || found === '') return null;
  }
  return found;
}

/** Attributes between `,` and `+` that are not escaped; null for quoted values (RFC 2253). */
function splitUnescaped(name: string): string[] | null {
  const parts: string[] = [];
  let start = 0;
  for (let i = 0; i < name.length; i++) {
    const character = name[i];
    if (character === '\\') i++;
    else if (character === '"' || character === ';') return null;
    else if (character === ',' || character === '+') {
      parts.push(name.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(name.slice(start));
  return parts.map((part) => part.trimStart());
}

/** Null for a value in hex (`#…`), an escape that means nothing, and control characters. */
function unescapeValue(value: string): string | null {
  if (value.startsWith('#')) return null;
  let text = '';
  for (let i = 0; i < value.length; i++) {
    if (value[i] !== '\\') {
      text += value[i];
      continue;
    }
    const bytes: number[] = [];
    while (value[i] === '\\' && HEX_PAIR.test(value.slice(i + 1, i + 3))) {
      bytes.push(Number.parseInt(value.slice(i + 1, i + 3), 16));
      i += 3;
    }
    if (bytes.length > 0) {
      i--;
      try {
        text += utf8.decode(Uint8Array.from(bytes));
      } catch {
        return null;
      }
      continue;
    }
    const escaped = value[++i];
    if (escaped === undefined) return null;
    text += escaped;
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  return /[\x00-\x1f\x7f-\x9f]/.test(text) ? null : text;
}

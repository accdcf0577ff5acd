/**
 * Bytes with a meaning in JSON (RFC 8259 §2), and tables that class a byte with one look-up.
 *
 * @module
 */

export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_BRACKET = 0x5b;
export const BACKSLASH = 0x5c;
export const CLOSE_BRACKET = 0x5d;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;

/** U+FEFF in UTF-8. */
export const BYTE_ORDER_MARK: Uint8Array = Uint8Array.of(0xef, 0xbb, 0xbf);

/** 1 for the four bytes that may stand between tokens (RFC 8259 §2). */
export const IS_WHITESPACE: Uint8Array = tableOf('\t\n\r ');

/** 1 for the bytes that end a plain run inside a string: quote, backslash, controls (§7). */
export const ENDS_PLAIN_RUN: Uint8Array = tableOf('"\\');
ENDS_PLAIN_RUN.fill(1, 0x00, 0x20);

/** 1 for the bytes that may follow a backslash, `u` apart (§7). */
export const IS_SIMPLE_ESCAPE: Uint8Array = tableOf('"\\/bfnrt');

/** 1 for hexadecimal digits of either case. */
export const IS_HEX_DIGIT: Uint8Array = tableOf('0123456789abcdefABCDEF');

function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
}

/**
 * What an API key looks like: 16 to 256 visible ASCII characters of at least three of the classes
 * lower case, upper case, digit and symbol; at least 32 where it comes as a bearer token. The rule
 * is public, so that refusing what breaks it tells nothing about the keys there are.
 *
 * @module
 */

import { encodeBase64Url } from './base64.ts';
import { sha256Hex } from './digest.ts';

export const MIN_KEY_CHARS = 16;

/** A key in `Authorization: Bearer` must be as long as other bearer tokens. */
export const MIN_BEARER_KEY_CHARS = 32;

export const MAX_KEY_CHARS = 256;

const MIN_CLASSES = 3;

/** Tells secret scanners, and people, what they have found. */
const PREFIX = 'weir_';

const RANDOM_BYTES = 32;

const LOWER = 1;
const UPPER = 2;
const DIGIT = 4;
const SYMBOL = 8;

/** Bits set in each combination of classes. */
const CLASS_COUNT: readonly number[] = [0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4];

/** Whether text has the form of a key of at least `minChars` characters. */
export function isApiKey(text: string, minChars: number = MIN_KEY_CHARS): boolean {
  if (text.length < minChars || text.length > MAX_KEY_CHARS) return false;
  let classes = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    // A comma would be taken for the end of one field and the beginning of the next.
    if (code < 0x21 || code > 0x7e || code === 0x2c) return false;
    if (code >= 0x61 && code <= 0x7a) classes |= LOWER;
    else if (code >= 0x41 && code <= 0x5a) classes |= UPPER;
    else if (code >= 0x30 && code <= 0x39) classes |= DIGIT;
    else classes |= SYMBOL;
  }
  return (CLASS_COUNT[classes] as number) >= MIN_CLASSES;
}

/** A new key with 256 random bits. */
export function generateApiKey(): string {
  for (;;) {
    const key = PREFIX + encodeBase64Url(crypto.getRandomValues(new Uint8Array(RANDOM_BYTES)));
    // One in 10^18 has neither an upper-case letter nor a digit.
    if (isApiKey(key)) return key;
  }
}

/**
 * The digest of a key as the configuration holds it.
 *
 * @throws {TypeError} when the key does not have the form of one
 */
export async function digestApiKey(key: string): Promise<string> {
  if (!isApiKey(key)) {
    throw new TypeError(
      `Cannot digest this key: expected ${MIN_KEY_CHARS} to ${MAX_KEY_CHARS} visible ASCII characters without commas, of at least three of lower case, upper case, digits and symbols`,
    );
  }
  return sha256Hex(key);
}

/**
 * Values of the small SSE fields, read from bytes (WHATWG HTML §9.2.6). Each function takes the
 * half-open range `source[start]` to `source[end - 1]`.
 *
 * @module
 */

/** UTF-8 with replacement, as the standard decodes the stream. A BOM inside a value is a character. */
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Up to this many bytes of ASCII are put together by hand, which is sooner than a decoder call. */
const SHORT_TEXT_BYTES = 24;

export function decodeText(source: Uint8Array, start: number, end: number): string {
  if (end - start > SHORT_TEXT_BYTES) return utf8.decode(source.subarray(start, end));
  let text = '';
  for (let index = start; index < end; index++) {
    const byte = source[index]!;
    if (byte > 0x7f) return utf8.decode(source.subarray(start, end));
    text += String.fromCharCode(byte);
  }
  return text;
}

/** Whether the range spells `text`. `text` has ASCII characters only. */
export function spells(source: Uint8Array, start: number, end: number, text: string): boolean {
  const length = end - start;
  if (length !== text.length) return false;
  for (let index = 0; index < length; index++) {
    if (source[start + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}

export function hasNull(source: Uint8Array, start: number, end: number): boolean {
  for (let index = start; index < end; index++) {
    if (source[index] === 0) return true;
  }
  return false;
}

/**
 * A `retry` value: ASCII digits only, or null. A number too large to be exact is held at
 * `Number.MAX_SAFE_INTEGER`.
 */
export function readDigits(source: Uint8Array, start: number, end: number): number | null {
  if (start === end) return null;
  let value = 0;
  for (let index = start; index < end; index++) {
    const digit = source[index]! - 0x30;
    if (digit < 0 || digit > 9) return null;
    value = value * 10 + digit;
  }
  return Math.min(value, Number.MAX_SAFE_INTEGER);
}

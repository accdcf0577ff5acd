/**
 * White space around a header value, which is no part of it (RFC 9110 §5.6.3).
 *
 * @module
 */

/** Removes SP and HTAB from both ends, and nothing else. */
export function stripWhiteSpace(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isWhiteSpace(value.charCodeAt(start))) start++;
  while (end > start && isWhiteSpace(value.charCodeAt(end - 1))) end--;
  return value.slice(start, end);
}

function isWhiteSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

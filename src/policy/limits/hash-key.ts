/**
 * Keys that do not tell whom they belong to.
 *
 * @module
 */

const encoder = new TextEncoder();

/** Bytes kept of the hash: enough that nobody finds two texts with the same key. */
const KEY_BYTES = 18;

/** A hash of a text: 24 characters that are safe everywhere. */
export async function hashKey(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', encoder.encode(text));
  const binary = String.fromCharCode(...new Uint8Array(digest, 0, KEY_BYTES));
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_');
}

/**
 * Password hashes: `pbkdf2-sha256$iterations$salt$hash`, salt and hash in base64url. PBKDF2 is what
 * every runtime has without bringing anything along.
 *
 * @module
 */

import { encodeBase64Url, tryDecodeBase64Url } from './base64.ts';
import { bytesAreEqual } from './digest.ts';

/** Fewer make guessing cheap. It is also the most that Workers carry out, hence the default. */
export const MIN_ITERATIONS = 100_000;

/** More would keep a core busy for more than a second per password. */
export const MAX_ITERATIONS = 2_000_000;

const SALT_BYTES = 16;
const MAX_SALT_BYTES = 64;
const HASH_BYTES = 32;
const BITS_PER_BYTE = 8;

const FORM = /^pbkdf2-sha256\$([1-9]\d{0,7})\$([A-Za-z0-9_-]{1,128})\$([A-Za-z0-9_-]{1,128})$/;

export interface PasswordHash {
  readonly iterations: number;
  readonly salt: Uint8Array<ArrayBuffer>;
  readonly hash: Uint8Array<ArrayBuffer>;
}

/** @throws {TypeError} when it is none, or its iterations are out of bounds; never quotes it */
export function parsePasswordHash(text: string): PasswordHash {
  const match = FORM.exec(text);
  const iterations = Number(match?.[1]);
  const salt = match && tryDecodeBase64Url(match[2] as string);
  const hash = match && tryDecodeBase64Url(match[3] as string);
  if (
    !salt ||
    salt.length < SALT_BYTES ||
    salt.length > MAX_SALT_BYTES ||
    hash?.length !== HASH_BYTES
  ) {
    throw new TypeError('Cannot read a password hash: expected pbkdf2-sha256$iterations$salt$hash');
  }
  if (iterations < MIN_ITERATIONS || iterations > MAX_ITERATIONS) {
    throw new TypeError(
      `Cannot use a password hash: expected ${MIN_ITERATIONS} to ${MAX_ITERATIONS} iterations`,
    );
  }
  return { iterations, salt, hash };
}

/**
 * The hash of a password as the configuration holds it.
 *
 * @param iterations Default 100 000, the most that Workers carry out; elsewhere 600 000 is better.
 * @throws {TypeError} when the password is empty or the iterations are out of bounds
 */
export async function hashPassword(
  password: string,
  iterations: number = MIN_ITERATIONS,
): Promise<string> {
  if (password === '') throw new TypeError('Cannot hash an empty password');
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  const hash = await derive(new TextEncoder().encode(password), salt, iterations);
  const text = `pbkdf2-sha256$${iterations}$${encodeBase64Url(salt)}$${encodeBase64Url(hash)}`;
  parsePasswordHash(text);
  return text;
}

/** Whether the password is the one that was hashed. */
export async function verifyPassword(
  password: Uint8Array<ArrayBuffer>,
  { iterations, salt, hash }: PasswordHash,
): Promise<boolean> {
  return bytesAreEqual(await derive(password, salt, iterations), hash);
}

async function derive(
  password: Uint8Array<ArrayBuffer>,
  salt: Uint8Array<ArrayBuffer>,
  iterations: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const key = await crypto.subtle.importKey('raw', password, 'PBKDF2', false, ['deriveBits']);
  const algorithm = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations };
  return new Uint8Array(await crypto.subtle.deriveBits(algorithm, key, HASH_BYTES * BITS_PER_BYTE));
}

/**
 * Tells tokens that claim to be a JWT from other bearer tokens, at a glance.
 *
 * @module
 */

/** Three parts between dots, of which the first is the base64url of what begins with `{"`. */
export function isJwtShaped(token: string): boolean {
  if (!token.startsWith('eyJ')) return false;
  const first = token.indexOf('.');
  const second = token.indexOf('.', first + 1);
  return first > 0 && second > 0 && !token.includes('.', second + 1);
}

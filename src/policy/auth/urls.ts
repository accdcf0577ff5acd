/**
 * Whether what is fetched from a URL can be trusted to come from there.
 *
 * @module
 */

import { parseAuthority } from '../authority.ts';

/** https, or http to this very machine. */
export function isSecureUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return false;
  if (url.protocol === 'https:') return true;
  return url.protocol === 'http:' && parseAuthority(url.host)?.isLoopback === true;
}

/**
 * What lets a web page read an answer that weir gives itself (Fetch standard, CORS protocol). Only
 * a page that is expected gets to: one whose requests, and preflights, may pass to the server. The
 * server's own answers say by themselves who may read them, and stay as they are.
 *
 * Requests that a browser adds credentials of its own to (`credentials: 'include'`) would need one
 * field more. That one is the server's to grant, never weir's.
 *
 * @module
 */

import type { RawHeaders } from '../exchange/headers.ts';
import { parseOrigin } from './authority.ts';
import { type HostGuard, isLocalPeer } from './host-guard.ts';

/** Fields of weir's refusals that say how to do better. */
const EXPOSED = 'WWW-Authenticate, Retry-After';

const NONE: RawHeaders = [];

/**
 * Returns the fields to add to an answer of weir's own.
 *
 * @param origin `Origin` as received; null when absent. Repeated fields joined by `, `
 * @param peer address of the peer, or null where the runtime does not tell
 */
export function pageFields(
  guard: HostGuard,
  origin: string | null,
  peer: string | null,
): RawHeaders {
  if (origin === null || !guard.expectsOrigin({ origin, peerIsLoopback: isLocalPeer(peer) })) {
    return NONE;
  }
  // Where any origin will do, what was sent may still be none, or two.
  if (origin !== 'null' && parseOrigin(origin) === null) return NONE;
  return [
    'Access-Control-Allow-Origin',
    origin,
    'Access-Control-Expose-Headers',
    EXPOSED,
    'Vary',
    'Origin',
  ];
}

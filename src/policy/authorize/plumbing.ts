/**
 * What clients must send for anything to work, and what harms nobody: the handshake, discovery,
 * notifications, lists (of which everyone sees what it may use), the legacy stream and the end of
 * a session. Plumbing is allowed unless a rule that states `methods` says otherwise, so that a
 * configuration of three rules about tools works, a last rule that denies the rest included.
 *
 * Not plumbing: `tasks/*`, which hands out the results of calls, and every method that is not
 * known. They need a rule.
 *
 * @module
 */

import type { GuardedHead } from '../../exchange/guard.ts';
import { normalizePath } from './resource-uri.ts';

/** The method of a posted answer to a request of the server's, in rules and records. */
export const POSTED_RESPONSE = 'rpc/response';
/** Before the HTTP method of a request without messages, in rules and records: `http/get`. */
const HTTP_PREFIX = 'http/';

const NOTIFICATIONS = 'notifications/';

const PLUMBING: ReadonlySet<string> = new Set([
  'initialize',
  'ping',
  'server/discover',
  'logging/setLevel',
  'tools/list',
  'prompts/list',
  'resources/list',
  'resources/templates/list',
  // For its lists of changes; what it names beside them is judged by itself.
  'subscriptions/listen',
  POSTED_RESPONSE,
]);

export function isPlumbing(method: string): boolean {
  return PLUMBING.has(method) || method.startsWith(NOTIFICATIONS);
}

/** The method of a request without messages. */
export function httpPseudoMethod(head: GuardedHead): string {
  return HTTP_PREFIX + head.httpMethod.toLowerCase();
}

/**
 * Whether a request without messages belongs to the transport: a GET that asks for an event stream
 * (legacy) or for metadata (RFC 8615, RFC 9728), the DELETE of a session, and a preflight. Other
 * requests reach parts of the server that are no MCP, and need a rule.
 */
export function isTransportPlumbing(head: GuardedHead): boolean {
  switch (head.httpMethod) {
    case 'GET':
      return accepts(head, 'text/event-stream') || isMetadataPath(head.path);
    case 'DELETE':
      return head.fields.hasSession;
    case 'OPTIONS':
      return true;
    default:
      return false;
  }
}

/** A server must not come to another path by it. */
function isMetadataPath(path: string): boolean {
  return (
    path.startsWith('/.well-known/oauth-') && !path.includes('%') && normalizePath(path) !== null
  );
}

function accepts(head: GuardedHead, mediaType: string): boolean {
  const { names, headers } = head;
  for (let i = 0; i < names.length; i++) {
    if (names[i] !== 'accept') continue;
    for (const range of (headers[2 * i + 1] as string).split(',')) {
      if (range.split(';', 1)[0]?.trim().toLowerCase() === mediaType) return true;
    }
  }
  return false;
}

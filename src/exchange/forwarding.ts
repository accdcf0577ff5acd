/**
 * Which header fields cross the proxy, and which it sets itself.
 *
 * @module
 */

import { lowerNames, type RawHeaders, type RequestFields, type ResponseFields } from './headers.ts';

/**
 * Fields that belong to one connection and are never forwarded (RFC 9110 §7.6.1). `Expect` is
 * answered by the server in front of us, `Trailer` announces what we drop, the `Proxy-*` fields
 * speak to the next proxy, which is us.
 */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'expect',
]);

/**
 * Fields a `Connection` header may not remove: dropping them would change how the message is
 * framed or routed. A client that nominates them is trying exactly that.
 */
const NOT_NOMINATABLE: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'content-type',
  'content-encoding',
  'authorization',
  'mcp-protocol-version',
  'mcp-method',
  'mcp-name',
  'mcp-session-id',
]);

const NONE: ReadonlySet<string> = new Set();

/** Names nominated by `Connection`, in lower case. */
function nominated(connection: string | null): ReadonlySet<string> {
  if (connection === null) return NONE;
  const lower = connection.toLowerCase();
  if (lower === 'keep-alive' || lower === 'close') return NONE;
  const names = new Set<string>();
  for (const part of lower.split(',')) {
    const name = part.trim();
    if (name !== '' && !NOT_NOMINATABLE.has(name)) names.add(name);
  }
  return names;
}

/** What the proxy knows of the hop it received the request on. */
export interface ForwardContext {
  /** `Host` for the upstream: its authority, or the client's own with `preserveHost`. */
  host: string;
  /** Scheme the client used. */
  scheme: 'http' | 'https';
  /** Protocol version the client used, for `Via`: `1.1`, `2.0`. */
  httpVersion: string;
  /** Address of the peer, or null where the runtime does not tell. */
  peer: string | null;
}

/**
 * The header list of the upstream request. The client's forwarding fields are appended to, so
 * that nobody behind us mistakes a forged copy for ours: the last element is the true one.
 */
export function forwardRequestHeaders(
  headers: RawHeaders,
  fields: RequestFields,
  context: ForwardContext,
  names: readonly string[] = lowerNames(headers),
): string[] {
  const dropped = nominated(fields.connection);
  const forwarded: string[] = ['Host', context.host];
  let chainFor: string | null = null;
  let chainProto: string | null = null;
  let chainHost: string | null = null;
  let via: string | null = null;
  for (let i = 0; i < names.length; i++) {
    const lower = names[i] as string;
    const value = headers[2 * i + 1] as string;
    switch (lower) {
      case 'host':
      case 'x-real-ip':
        break;
      case 'x-forwarded-for':
        chainFor = append(chainFor, value);
        break;
      case 'x-forwarded-proto':
        chainProto = append(chainProto, value);
        break;
      case 'x-forwarded-host':
        chainHost = append(chainHost, value);
        break;
      case 'via':
        via = append(via, value);
        break;
      default:
        // A name that begins with a colon is a pseudo-header of HTTP/2.
        if (HOP_BY_HOP.has(lower) || dropped.has(lower) || lower.charCodeAt(0) === 0x3a) break;
        forwarded.push(headers[2 * i] as string, value);
    }
  }
  if (context.peer !== null) {
    forwarded.push('X-Forwarded-For', append(chainFor, context.peer), 'X-Real-IP', context.peer);
  } else if (chainFor !== null) {
    forwarded.push('X-Forwarded-For', chainFor);
  }
  forwarded.push('X-Forwarded-Proto', append(chainProto, context.scheme));
  if (fields.host !== null) forwarded.push('X-Forwarded-Host', append(chainHost, fields.host));
  forwarded.push('Via', append(via, `${context.httpVersion} weir`));
  return forwarded;
}

/** The header list for the client: as the upstream sent it, less what belongs to its connection. */
export function forwardResponseHeaders(
  headers: RawHeaders,
  fields: ResponseFields,
  names: readonly string[] = lowerNames(headers),
): string[] {
  const dropped = nominated(fields.connection);
  const forwarded: string[] = [];
  for (let i = 0; i < names.length; i++) {
    const lower = names[i] as string;
    if (HOP_BY_HOP.has(lower) || dropped.has(lower)) continue;
    forwarded.push(headers[2 * i] as string, headers[2 * i + 1] as string);
  }
  return forwarded;
}

function append(chain: string | null, value: string): string {
  return chain === null ? value : `${chain}, ${value}`;
}

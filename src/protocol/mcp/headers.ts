/**
 * Names of the header fields of MCP over HTTP, in lower case, and which of them a request mirrors
 * from its body (MCP 2026-07-28, basic/transports/streamable-http; SEP-2243, SEP-2663).
 *
 * @module
 */

import { lookupMethod, type TargetSource } from './methods.ts';
import type { Era } from './revisions.ts';

/** Every POST from 2026-07-28 on; from 2025-06-18 on every request after `initialize`. */
export const MCP_PROTOCOL_VERSION_HEADER = 'mcp-protocol-version';
/** From 2026-07-28 on: the method of the request. */
export const MCP_METHOD_HEADER = 'mcp-method';
/** From 2026-07-28 on: what the request is aimed at, see {@link mirroredHeaders}. */
export const MCP_NAME_HEADER = 'mcp-name';
/** From 2026-07-28 on: a tool argument that the tool's schema marks with `x-mcp-header`. */
export const MCP_PARAM_HEADER_PREFIX = 'mcp-param-';
/** From 2025-03-26 to 2025-11-25. Identifies a session: never logged. */
export const MCP_SESSION_ID_HEADER = 'mcp-session-id';
/** Up to 2025-11-25: resumes an event stream (WHATWG HTML §9.2.4). */
export const LAST_EVENT_ID_HEADER = 'last-event-id';
/** `no` asks reverse proxies to pass a response on unbuffered. */
export const X_ACCEL_BUFFERING_HEADER = 'x-accel-buffering';

/** A header field whose value is a copy of a member of the body. */
export interface MirroredHeader {
  readonly header:
    | typeof MCP_PROTOCOL_VERSION_HEADER
    | typeof MCP_METHOD_HEADER
    | typeof MCP_NAME_HEADER;
  /** The member mirrored. `protocolVersion` is that of `params._meta`. */
  readonly source: 'protocolVersion' | 'method' | TargetSource['member'];
  /** Its value may be written in the base64 form of `sentinel.ts`. */
  readonly mayBeEncoded: boolean;
}

const VERSION_AND_METHOD: readonly MirroredHeader[] = [
  { header: MCP_PROTOCOL_VERSION_HEADER, source: 'protocolVersion', mayBeEncoded: false },
  { header: MCP_METHOD_HEADER, source: 'method', mayBeEncoded: false },
];

const NONE: readonly MirroredHeader[] = [];

function withName(source: TargetSource['member']): readonly MirroredHeader[] {
  return [...VERSION_AND_METHOD, { header: MCP_NAME_HEADER, source, mayBeEncoded: true }];
}

const WITH_NAME: Readonly<Record<TargetSource['member'], readonly MirroredHeader[]>> = {
  name: withName('name'),
  uri: withName('uri'),
  taskId: withName('taskId'),
};

/**
 * The header fields that a request has to mirror. Only modern requests have any: on legacy
 * revisions servers ignore these fields, so nothing may be concluded from them.
 */
export function mirroredHeaders(era: Era, method: string): readonly MirroredHeader[] {
  if (era !== 'modern') return NONE;
  const member = nameHeaderMember(method);
  return member === null ? VERSION_AND_METHOD : WITH_NAME[member];
}

/** The member of `params` that `Mcp-Name` mirrors; null for methods that send no `Mcp-Name`. */
export function nameHeaderMember(method: string): TargetSource['member'] | null {
  const info = lookupMethod(method);
  return info?.mirrorsName ? (info.target?.member ?? null) : null;
}

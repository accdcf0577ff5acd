/**
 * The id of a legacy session in a header list (MCP 2025-11-25, basic/transports).
 *
 * @module
 */

import type { RawHeaders } from '../../exchange/headers.ts';
import { MCP_SESSION_ID_HEADER } from '../../protocol/mcp/headers.ts';

/**
 * Visible ASCII, so a comma is a character like others. Values that some runtime has joined are not:
 * they have a space. The length is ours: an id may be a signed token.
 */
const SESSION_ID = /^[\x21-\x7e]{1,4096}$/;

/** The session id of a head; null when there is none, when it is malformed, or sent repeatedly. */
export function readSessionId(headers: RawHeaders): string | null {
  let id: string | null = null;
  for (let i = 0; i < headers.length; i += 2) {
    if (!isSessionField(headers[i] as string)) continue;
    if (id !== null) return null;
    id = headers[i + 1] as string;
  }
  return id !== null && SESSION_ID.test(id) ? id : null;
}

/** A header list without session ids. */
export function withoutSessionId(headers: RawHeaders): string[] {
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (!isSessionField(name)) kept.push(name, headers[i + 1] as string);
  }
  return kept;
}

function isSessionField(name: string): boolean {
  return (
    name.length === MCP_SESSION_ID_HEADER.length && name.toLowerCase() === MCP_SESSION_ID_HEADER
  );
}

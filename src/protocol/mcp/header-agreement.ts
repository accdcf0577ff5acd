/**
 * Whether the mirrored header fields of a message say the same as its body (MCP 2026-07-28,
 * basic/transports/streamable-http, header validation).
 *
 * The body is the truth and the header its copy. This file only finds disagreement; what follows
 * from it is decided elsewhere.
 *
 * @module
 */

import type { MessageEnvelope, MessageKind } from '../jsonrpc/types.ts';
import { nameHeaderMember } from './headers.ts';
import { isModernVersion } from './revisions.ts';
import { decodeHeaderValue, isSentinel } from './sentinel.ts';
import { stripWhiteSpace } from './white-space.ts';

/**
 * The header fields compared, as received; null when absent. A field sent more than once is joined
 * by `, `. Such a value agrees with nothing, unless a name has that very comma in it: whoever acts
 * on a disagreement looks for repeated fields besides.
 */
export interface McpRequestHeaders {
  /** `MCP-Protocol-Version` */
  readonly protocolVersion: string | null;
  /** `Mcp-Method` */
  readonly mcpMethod: string | null;
  /** `Mcp-Name` */
  readonly mcpName: string | null;
}

/** How header and body disagree. Low in cardinality: used as a label. */
export type HeaderMismatch =
  | 'version_header_missing'
  | 'version_header_mismatch'
  /** The header names a modern version, the body of the request none. */
  | 'version_claim_missing'
  /** An `initialize`, which is legacy, under a header that names a modern version. */
  | 'initialize_under_modern_header'
  | 'method_header_missing'
  | 'method_header_mismatch'
  | 'name_header_missing'
  | 'name_header_mismatch'
  /** `Mcp-Name` is marked as base64 and is not. */
  | 'name_header_invalid';

const NONE: readonly HeaderMismatch[] = Object.freeze([]);

/** Every disagreement found, in the order of the fields; empty for legacy messages that claim nothing. */
export function findHeaderMismatches(
  envelope: MessageEnvelope,
  headers: McpRequestHeaders,
): readonly HeaderMismatch[] {
  const { kind, method } = envelope;
  if (method === null || (kind !== 'request' && kind !== 'notification')) return NONE;
  const claim = envelope.meta.protocolVersion;
  const version = headers.protocolVersion;
  const claimIsModern = claim !== null && isModernVersion(claim);
  const headerIsModern = version !== null && isModernVersion(version);
  if (!claimIsModern && !headerIsModern) return NONE;
  if (kind === 'request' && method === 'initialize' && !claimIsModern) {
    return ['initialize_under_modern_header'];
  }

  const found: HeaderMismatch[] = [];
  compareVersion(found, kind, claim, version);
  compareMethod(found, kind, method, headers.mcpMethod);
  if (kind === 'request') compareName(found, envelope, method, headers.mcpName);
  return found.length === 0 ? NONE : found;
}

// Which fields a notification must carry is left open in 2026-07-28: those present must agree.

function compareVersion(
  found: HeaderMismatch[],
  kind: MessageKind,
  claim: string | null,
  header: string | null,
): void {
  if (header === null) {
    if (kind === 'request') found.push('version_header_missing');
  } else if (claim === null) {
    if (kind === 'request') found.push('version_claim_missing');
  } else if (!agrees(header, claim)) found.push('version_header_mismatch');
}

function compareMethod(
  found: HeaderMismatch[],
  kind: MessageKind,
  method: string,
  header: string | null,
): void {
  if (header === null) {
    if (kind === 'request') found.push('method_header_missing');
  } else if (!agrees(header, method)) found.push('method_header_mismatch');
}

/** A body without the member has nothing to mirror; the server refuses it for its params. */
function compareName(
  found: HeaderMismatch[],
  envelope: MessageEnvelope,
  method: string,
  header: string | null,
): void {
  const member = nameHeaderMember(method);
  if (member === null) return;
  const name = envelope[member];
  if (header === null) {
    if (name !== null) found.push('name_header_missing');
    return;
  }
  // A name that looks encoded is always sent encoded, so that this comparison settles nothing for it.
  if (header === name && !isSentinel(header)) return;
  const decoded = decodeHeaderValue(stripWhiteSpace(header));
  if (decoded.kind === 'invalid') found.push('name_header_invalid');
  else if (name !== null && decoded.value !== name) found.push('name_header_mismatch');
}

/** Values are compared as they are, apart from the white space around a field value. */
function agrees(header: string, body: string): boolean {
  return header === body || stripWhiteSpace(header) === body;
}

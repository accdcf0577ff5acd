/**
 * What a message is in MCP: its era, its version, what it is aimed at.
 *
 * The rules are those the official SDKs go by (MCP 2026-07-28, basic/versioning and
 * basic/transports/streamable-http). The body decides: a modern message says so in
 * `params._meta["io.modelcontextprotocol/protocolVersion"]`. The header is a cross-check, and the
 * last resort where the body says nothing.
 *
 * @module
 */

import type { MessageEnvelope } from '../jsonrpc/types.ts';
import {
  findHeaderMismatches,
  type HeaderMismatch,
  type McpRequestHeaders,
} from './header-agreement.ts';
import { lookupMethod, type MethodInfo, type TargetKind } from './methods.ts';
import { type Era, isModernVersion } from './revisions.ts';

/** What a message is aimed at, beside its method. */
export interface MessageTarget {
  kind: TargetKind;
  /** The name or URI as the client wrote it, decoded. */
  name: string;
}

export interface Classification {
  era: Era;
  /** The version the message declares: the body's claim, the `initialize` offer, or the header. */
  protocolVersion: string | null;
  target: MessageTarget | null;
  /** Null for methods that no revision names, and for responses. */
  method: MethodInfo | null;
  /** Where the mirrored header fields disagree with the body. */
  mismatches: readonly HeaderMismatch[];
}

/** Classifies one message of the body of a POST. */
export function classifyMessage(
  envelope: MessageEnvelope,
  headers: McpRequestHeaders,
): Classification {
  const method = envelope.method === null ? null : lookupMethod(envelope.method);
  return {
    era: eraOf(envelope, headers),
    protocolVersion: declaredVersion(envelope, headers),
    target: targetOf(envelope, method),
    method,
    mismatches: findHeaderMismatches(envelope, headers),
  };
}

/**
 * The era of an exchange whose body says nothing, or not yet: by its head alone.
 *
 * GET and DELETE belong to legacy sessions and streams, whatever their headers say, for a modern
 * endpoint has neither. Of a POST the version header decides, and nothing is known without one. Other
 * methods are no MCP.
 */
export function eraOfRequestHead(
  httpMethod: string,
  headers: Pick<McpRequestHeaders, 'protocolVersion'>,
): Era {
  if (httpMethod === 'GET' || httpMethod === 'DELETE') return 'legacy';
  if (httpMethod !== 'POST' || headers.protocolVersion === null) return 'unknown';
  return isModernVersion(headers.protocolVersion) ? 'modern' : 'legacy';
}

function eraOf(envelope: MessageEnvelope, headers: McpRequestHeaders): Era {
  switch (envelope.kind) {
    case 'invalid':
      return 'unknown';
    // Clients answer servers in legacy revisions only.
    case 'result':
    case 'error':
      return 'legacy';
  }
  const claim = envelope.meta.protocolVersion;
  if (claim !== null) return isModernVersion(claim) ? 'modern' : 'legacy';
  // Neither the handshake nor a batch exists in the modern era, so the header cannot make them so.
  const isHandshake = envelope.kind === 'request' && envelope.method === 'initialize';
  if (isHandshake || envelope.batchIndex >= 0) return 'legacy';
  const version = headers.protocolVersion;
  return version !== null && isModernVersion(version) ? 'modern' : 'legacy';
}

function declaredVersion(envelope: MessageEnvelope, headers: McpRequestHeaders): string | null {
  const offer = envelope.method === 'initialize' ? envelope.protocolVersion : null;
  return envelope.meta.protocolVersion ?? offer ?? headers.protocolVersion;
}

function targetOf(envelope: MessageEnvelope, method: MethodInfo | null): MessageTarget | null {
  const source = method?.target ?? null;
  if (source === null) return null;
  const name = envelope[source.member];
  return name === null ? null : { kind: source.kind, name };
}

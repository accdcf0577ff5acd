/**
 * Envelopes as the scanner would make them, from the few members a test is about.
 *
 * @module
 */

import type { MessageEnvelope, MetaFields } from '../../../src/protocol/jsonrpc/types.ts';
import type { McpRequestHeaders } from '../../../src/protocol/mcp/header-agreement.ts';

export function envelope(
  members: Partial<Omit<MessageEnvelope, 'meta'>> & { meta?: Partial<MetaFields> },
): MessageEnvelope {
  return {
    kind: 'request',
    id: '1',
    method: null,
    name: null,
    uri: null,
    taskId: null,
    protocolVersion: null,
    requestId: null,
    errorCode: null,
    isError: false,
    resultType: null,
    duplicates: [],
    batchIndex: -1,
    start: 0,
    end: 0,
    ...members,
    meta: {
      protocolVersion: null,
      traceparent: null,
      tracestate: null,
      baggage: null,
      progressToken: null,
      subscriptionId: null,
      ...members.meta,
    },
  };
}

export function headers(fields: Partial<McpRequestHeaders> = {}): McpRequestHeaders {
  return { protocolVersion: null, mcpMethod: null, mcpName: null, ...fields };
}

export const MODERN = '2026-07-28';
export const LEGACY = '2025-11-25';

/**
 * JSON-RPC messages the contract tests send, written by hand so that every byte is known.
 *
 * @module
 */

import type { HeaderList } from '../fixtures/http-message.ts';

/** What an MCP client sends with each POST. */
export const JSON_HEADERS: HeaderList = [
  ['Content-Type', 'application/json'],
  ['Accept', 'application/json, text/event-stream'],
];

export const MODERN = '2026-07-28';

/** A legacy request; `id` is the raw token. */
export function legacyCall(tool: string, id = '1'): string {
  return `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"${tool}","arguments":{}}}`;
}

/** A modern request: the body itself says its protocol version. */
export function modernCall(tool: string, id = '1'): string {
  return `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"${tool}","arguments":{},"_meta":{"io.modelcontextprotocol/protocolVersion":"${MODERN}","io.modelcontextprotocol/clientCapabilities":{}}}}`;
}

export function modernHeaders(method: string, name?: string): HeaderList {
  return [
    ...JSON_HEADERS,
    ['MCP-Protocol-Version', MODERN],
    ['Mcp-Method', method],
    ...(name === undefined ? [] : ([['Mcp-Name', name]] as const)),
  ];
}

export function result(id = '1', extra = ''): string {
  return `{"jsonrpc":"2.0","id":${id},"result":{"content":[]${extra}}}`;
}

/** One event of a stream. */
export function event(data: string, type?: string): string {
  return `${type === undefined ? '' : `event: ${type}\n`}data: ${data}\n\n`;
}

/**
 * The requests of a load test, as a well-behaved client of either era sends them (MCP 2025-11-25
 * and 2026-07-28, basic/transports).
 *
 * @module
 */

import {
  MCP_METHOD_HEADER,
  MCP_NAME_HEADER,
  MCP_PARAM_HEADER_PREFIX,
  MCP_PROTOCOL_VERSION_HEADER,
  MCP_SESSION_ID_HEADER,
  nameHeaderMember,
} from '../protocol/mcp/headers.ts';
import { FIRST_MODERN_REVISION } from '../protocol/mcp/revisions.ts';
import { encodeHeaderValue } from '../protocol/mcp/sentinel.ts';
import { VERSION } from '../version.ts';
import { isObject, type JsonObject, memberOf } from './json.ts';

/** What `initialize` asks for: the last revision that has it. */
export const LEGACY_REVISION = '2025-11-25';

const CLIENT_INFO = { name: 'weir-loadtest', version: VERSION };

export interface LoadRequest {
  readonly httpMethod: 'POST' | 'DELETE';
  /** The JSON-RPC method. */
  readonly method: string;
  /** The raw token of its id; null for what is not answered. */
  readonly id: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** What a legacy server made of `initialize`. */
export interface LegacySession {
  /** Null for a server that keeps no sessions. */
  readonly sessionId: string | null;
  readonly protocolVersion: string;
}

export interface Ask {
  readonly id: number;
  readonly method: string;
  readonly params?: JsonObject;
}

const POST_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};

/**
 * @param inputSchema Schema of the tool called, for the arguments it wants mirrored in headers.
 */
export function modernRequest(
  { id, method, params = {} }: Ask,
  inputSchema?: unknown,
): LoadRequest {
  const member = nameHeaderMember(method);
  const name = member === null ? undefined : params[member];
  return {
    httpMethod: 'POST',
    method,
    id: String(id),
    headers: {
      ...POST_HEADERS,
      [MCP_PROTOCOL_VERSION_HEADER]: FIRST_MODERN_REVISION,
      [MCP_METHOD_HEADER]: method,
      ...(typeof name === 'string' ? { [MCP_NAME_HEADER]: encodeHeaderValue(name) } : {}),
      ...Object.fromEntries(paramHeaders(inputSchema, params.arguments)),
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id,
      method,
      params: {
        ...params,
        _meta: {
          'io.modelcontextprotocol/protocolVersion': FIRST_MODERN_REVISION,
          'io.modelcontextprotocol/clientInfo': CLIENT_INFO,
          'io.modelcontextprotocol/clientCapabilities': {},
        },
      },
    }),
  };
}

export function initializeRequest(id: number): LoadRequest {
  const params = {
    protocolVersion: LEGACY_REVISION,
    capabilities: {},
    clientInfo: CLIENT_INFO,
  };
  return legacyPost({ id, method: 'initialize', params }, {});
}

export function legacyRequest(ask: Ask, session: LegacySession): LoadRequest {
  return legacyPost(ask, sessionHeaders(session));
}

export function initializedNotification(session: LegacySession): LoadRequest {
  const method = 'notifications/initialized';
  return {
    httpMethod: 'POST',
    method,
    id: null,
    headers: { ...POST_HEADERS, ...sessionHeaders(session) },
    body: JSON.stringify({ jsonrpc: '2.0', method }),
  };
}

/** Says that a session is no longer needed; null when there is none to end. */
export function endOfSession(session: LegacySession): LoadRequest | null {
  if (session.sessionId === null) return null;
  return {
    httpMethod: 'DELETE',
    method: 'DELETE',
    id: null,
    headers: sessionHeaders(session),
    body: null,
  };
}

function legacyPost(ask: Ask, headers: Readonly<Record<string, string>>): LoadRequest {
  const { id, method, params } = ask;
  return {
    httpMethod: 'POST',
    method,
    id: String(id),
    headers: { ...POST_HEADERS, ...headers },
    body: JSON.stringify({ jsonrpc: '2.0', id, method, params }),
  };
}

function sessionHeaders({ sessionId, protocolVersion }: LegacySession): Record<string, string> {
  return {
    [MCP_PROTOCOL_VERSION_HEADER]: protocolVersion,
    ...(sessionId === null ? {} : { [MCP_SESSION_ID_HEADER]: sessionId }),
  };
}

/** Deepest property that can be mirrored: schemas come from the other side. */
const MAX_DEPTH = 16;

/** The arguments that the schema marks with `x-mcp-header`, as header fields. */
function* paramHeaders(
  schema: unknown,
  value: unknown,
  depth: number = MAX_DEPTH,
): Generator<[name: string, value: string]> {
  const properties = memberOf(schema, 'properties');
  if (!isObject(properties) || depth === 0) return;
  for (const [name, property] of Object.entries(properties)) {
    const argument = memberOf(value, name);
    const header = memberOf(property, 'x-mcp-header');
    const isMirrored =
      typeof argument === 'string'
        ? argument.isWellFormed()
        : typeof argument === 'number' || typeof argument === 'boolean';
    if (typeof header === 'string' && /^[!#$%&'*+.^_`|~\w-]+$/.test(header) && isMirrored) {
      const text = String(argument);
      yield [
        `${MCP_PARAM_HEADER_PREFIX}${header}`,
        typeof argument === 'string' ? encodeHeaderValue(text) : text,
      ];
    }
    yield* paramHeaders(property, argument, depth - 1);
  }
}

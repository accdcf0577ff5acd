/**
 * Makes a `GuardedExchange` of a request as a client would send it, with the real scanner and the
 * real classification, so that policies are tested against what they will meet.
 *
 * @module
 */

import type {
  ClientCertificate,
  GuardedExchange,
  PolicyDecision,
  Principal,
} from '../../src/exchange/guard.ts';
import { lowerNames, readRequestFields } from '../../src/exchange/headers.ts';
import { readRequestMessages } from '../../src/exchange/request-messages.ts';
import { nameHeaderMember } from '../../src/protocol/mcp/headers.ts';
import { encodeHeaderValue } from '../../src/protocol/mcp/sentinel.ts';

export interface RequestSketch {
  /** A value is written as JSON; text and bytes are the body as they are. Left out: no body. */
  body?: unknown;
  httpMethod?: string;
  /** May have a query. */
  path?: string;
  /**
   * Come after the usual ones, and replace those of the same name; null takes a usual one away. A
   * modern message gets its mirrored fields by itself.
   */
  headers?: Readonly<Record<string, string | readonly string[] | null>>;
  peer?: string | null;
  scheme?: 'http' | 'https';
  certificate?: ClientCertificate | null;
  principal?: Principal | null;
  /** Default: the peer. */
  clientAddress?: string | null;
  /** Default 1 700 000 000 000. */
  startedAt?: number;
}

/** The exchange, and what policies wrote down of it. */
export interface TestExchange extends GuardedExchange {
  readonly notes: PolicyDecision[];
}

/** The exchange of one request whose body has been read. */
export function guardedExchange(sketch: RequestSketch = {}): TestExchange {
  const body = toBytes(sketch.body);
  const headers = headersOf(sketch, body);
  const fields = readRequestFields(headers);
  const { messages, batch, problems } = readRequestMessages(body, fields);
  const [path = '', query] = (sketch.path ?? '/mcp').split(/\?(.*)/s);
  const peer = sketch.peer === undefined ? '192.0.2.1' : sketch.peer;
  const notes: PolicyDecision[] = [];
  return {
    head: {
      httpMethod: sketch.httpMethod ?? 'POST',
      path,
      query: query === undefined ? '' : `?${query}`,
      headers,
      names: lowerNames(headers),
      fields,
      peer,
      scheme: sketch.scheme ?? 'http',
      certificate: sketch.certificate ?? null,
    },
    startedAt: sketch.startedAt ?? 1_700_000_000_000,
    principal: sketch.principal ?? null,
    clientAddress: sketch.clientAddress === undefined ? peer : sketch.clientAddress,
    messages,
    batch,
    problems,
    requestBytes: body.length,
    stream: 'none',
    notes,
    note: (decision) => notes.push(decision),
  };
}

/** A request of the legacy era. */
export function legacyRequest(
  method: string,
  params?: Readonly<Record<string, unknown>>,
  id: string | number = 1,
): Record<string, unknown> {
  return { jsonrpc: '2.0', id, method, ...(params === undefined ? {} : { params }) };
}

/** A request of the modern era, with its envelope in `_meta`. */
export function modernRequest(
  method: string,
  params: Readonly<Record<string, unknown>> = {},
  id: string | number = 1,
): Record<string, unknown> {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  return { jsonrpc: '2.0', id, method, params: { ...params, _meta } };
}

/** A principal; named `agent` and of an API key unless told otherwise. */
export function principal(
  parts: Partial<Omit<Principal, 'scopes' | 'roles'>> & {
    scopes?: readonly string[];
    roles?: readonly string[];
  } = {},
): Principal {
  return {
    kind: parts.kind ?? 'api_key',
    subject: parts.subject ?? 'agent',
    issuer: parts.issuer ?? null,
    scopes: new Set(parts.scopes),
    roles: new Set(parts.roles),
    claims: parts.claims ?? {},
  };
}

function toBytes(body: unknown): Uint8Array {
  if (body === undefined) return new Uint8Array();
  if (body instanceof Uint8Array) return body;
  return new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body));
}

function headersOf(sketch: RequestSketch, body: Uint8Array): string[] {
  const usual: [string, string][] = [['Host', 'mcp.example.com']];
  if (sketch.body !== undefined) {
    usual.push(
      ['Content-Type', 'application/json'],
      ['Accept', 'application/json, text/event-stream'],
      ['Content-Length', String(body.length)],
      ...mirroredFields(sketch.body),
    );
  }
  const given = Object.entries(sketch.headers ?? {});
  const replaced = new Set(given.map(([name]) => name.toLowerCase()));
  const headers = usual.filter(([name]) => !replaced.has(name.toLowerCase())).flat();
  for (const [name, value] of given) {
    if (value === null) continue;
    for (const one of typeof value === 'string' ? [value] : value) headers.push(name, one);
  }
  return headers;
}

/** What a modern client would mirror of its message. */
function mirroredFields(body: unknown): [string, string][] {
  if (typeof body !== 'object' || body === null || !('params' in body)) return [];
  const { method, params } = body as { method: unknown; params: Record<string, unknown> };
  const meta = params?._meta as Record<string, unknown> | undefined;
  const version = meta?.['io.modelcontextprotocol/protocolVersion'];
  if (typeof method !== 'string' || typeof version !== 'string') return [];
  const fields: [string, string][] = [
    ['MCP-Protocol-Version', version],
    ['Mcp-Method', method],
  ];
  const member = nameHeaderMember(method);
  const name = member === null ? undefined : params[member];
  if (typeof name === 'string' && name.isWellFormed()) {
    fields.push(['Mcp-Name', encodeHeaderValue(name)]);
  }
  return fields;
}

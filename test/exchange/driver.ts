import { Exchange } from '../../src/exchange/exchange.ts';
import type { Guard } from '../../src/exchange/guard.ts';
import { lowerNames, readRequestFields, readResponseFields } from '../../src/exchange/headers.ts';
import type { ExchangeRecord, ExchangeSink, LiveExchange } from '../../src/exchange/record.ts';

/** What the sinks were told, in order, beside the records. */
export interface Drive {
  exchange: Exchange;
  records: ExchangeRecord[];
  events: string[];
  /** Moves the monotonic clock on, in milliseconds. */
  tick(ms: number): void;
  request(...bodies: (string | Uint8Array)[]): void;
  respond(status: number, headers: string[], ...bodies: (string | Uint8Array)[]): void;
}

export const bytes = (body: string | Uint8Array): Uint8Array =>
  typeof body === 'string' ? new TextEncoder().encode(body) : body;

export function drive(
  method = 'POST',
  headers: string[] = ['Content-Type', 'application/json'],
  guard: Guard | null = null,
): Drive {
  const records: ExchangeRecord[] = [];
  const events: string[] = [];
  let clock = 1000;
  const sink: ExchangeSink = {
    started: (live: LiveExchange) => events.push(`started ${live.httpMethod}`),
    streamOpened: (live) => events.push(`opened ${live.stream}`),
    streamEvent: (_live, type) => events.push(`event ${type}`),
    ended: (record) => {
      events.push('ended');
      records.push(record);
    },
  };
  const head = { path: '/mcp', peer: '192.0.2.1', fields: readRequestFields(headers) };
  const exchange = new Exchange(
    { ...head, method },
    {
      now: () => clock,
      date: () => 1_700_000_000_000,
      sinks: [sink],
      taps: null,
      guard,
      tracer: null,
    },
    {
      ...head,
      httpMethod: method,
      query: '?key=secret',
      headers,
      names: lowerNames(headers),
      scheme: 'http',
      certificate: null,
    },
  );
  return {
    exchange,
    records,
    events,
    tick: (ms) => {
      clock += ms;
    },
    request(...bodies) {
      for (const body of bodies) exchange.requestChunk(bytes(body));
      exchange.requestEnd();
      exchange.dispatched();
    },
    respond(status, responseHeaders, ...bodies) {
      exchange.responseHead(status, readResponseFields(responseHeaders));
      exchange.headSent();
      for (const body of bodies) exchange.responseChunk(bytes(body));
      exchange.responseEnd();
    },
  };
}

export const JSON_TYPE = ['Content-Type', 'application/json; charset=utf-8'];
export const SSE_TYPE = ['Content-Type', 'text/event-stream'];

/** A modern `_meta`, as JSON members. */
export const MODERN_META =
  '"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}';

export const call = (id: string, tool: string, meta = ''): string =>
  `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"${tool}"${meta && `,${meta}`}}}`;

export const result = (id: string, members = ''): string =>
  `{"jsonrpc":"2.0","id":${id},"result":{${members}}}`;

export const rpcError = (id: string, code: number): string =>
  `{"jsonrpc":"2.0","id":${id},"error":{"code":${code},"message":"m"}}`;

export const event = (data: string, type = ''): string =>
  `${type && `event: ${type}\n`}data: ${data}\n\n`;

/**
 * What goes over the wire, the same in every run: requests by name, and answers by the path they
 * are asked for at.
 *
 * @module
 */

import { TOOL_CALL_BODY, toolsListBody } from '../test/protocol/jsonrpc/support/bodies.ts';

/** A request as the load generators send it: POST to `path` with `body`. */
export interface Payload {
  readonly path: string;
  readonly body: Uint8Array;
}

/** Headers of every POST, those of a client of the last revision with sessions. */
export const REQUEST_HEADERS: Readonly<Record<string, string>> = {
  'Content-Type': 'application/json',
  Accept: 'application/json, text/event-stream',
  'MCP-Protocol-Version': '2025-11-25',
};

/** Below this path each answer is served by its name. */
export const ANSWER_PATH = '/mcp/';

const TOOL_CALL_ANSWER_BYTES = 200;
const SHORT_LIST_BYTES = 2_000;
const RESOURCE_BYTES = 1_000;

const encoder = new TextEncoder();
const encode = (value: unknown): Uint8Array => encoder.encode(JSON.stringify(value));

/** Requests and answers carry one id: answers are fixed bytes. It is the one of the bodies borrowed. */
const REQUEST_ID = 123;
const result = (value: unknown): Uint8Array =>
  encode({ jsonrpc: '2.0', id: REQUEST_ID, result: value });
const request = (method: string, params?: unknown): Uint8Array =>
  encode({ jsonrpc: '2.0', id: REQUEST_ID, method, ...(params === undefined ? {} : { params }) });

function textResult(text: string): Uint8Array {
  return result({ content: [{ type: 'text', text }], isError: false });
}

/** An answer of exactly `bytes` bytes, at least as many as the frame needs. */
export function toolCallAnswer(bytes: number): Uint8Array {
  const frame = textResult('').length;
  return textResult('found '.repeat(bytes).slice(0, bytes - frame));
}

/** A `tools/list` answer of about `bytes` bytes, with the id of the requests. */
function listAnswer(bytes: number): Uint8Array {
  const text = new TextDecoder().decode(toolsListBody(bytes).body);
  return encoder.encode(text.replace('"id":7', `"id":${REQUEST_ID}`));
}

/** JSON of `bytes` bytes, give or take one row: `open`, many rows of realistic shape, `close`. */
function largeBody(bytes: number, open: string, close: string): Uint8Array {
  const row = JSON.stringify({ id: 1, name: 'a row of a table', tags: ['x', 'y'], value: 1.5 });
  const rows = Math.max(1, Math.round((bytes - open.length - close.length) / (row.length + 1)));
  return encoder.encode(`${open}${Array(rows).fill(row).join(',')}${close}`);
}

export interface PayloadOptions {
  /** Size of the large bodies of workload (f). */
  readonly largeBytes: number;
}

export interface Payloads {
  /** Answers by name, served below {@link ANSWER_PATH}. */
  readonly answers: ReadonlyMap<string, Uint8Array>;
  readonly toolCall: Payload;
  readonly sseCall: Payload;
  readonly list10k: Payload;
  readonly list1m: Payload;
  readonly download: Payload;
  readonly upload: Payload;
  /** The mix, with shares in percent. */
  readonly mix: readonly (Payload & { readonly share: number })[];
}

export function createPayloads({ largeBytes }: PayloadOptions): Payloads {
  const capabilities = { tools: { listChanged: true }, resources: {} };
  const resources = Array.from({ length: 8 }, (_, i) => ({
    uri: `file:///documents/report-${i}.txt`,
    name: `report-${i}`,
    mimeType: 'text/plain',
  }));
  const initialized = {
    protocolVersion: '2025-11-25',
    capabilities,
    serverInfo: { name: 'bench', version: '1.0.0' },
    instructions: 'Ask for the documents by their names, and search before you read.',
  };
  const read = [
    { uri: 'file:///documents/report-1.txt', text: 'line '.repeat(RESOURCE_BYTES / 5) },
  ];
  const answers = new Map<string, Uint8Array>([
    ['call', toolCallAnswer(TOOL_CALL_ANSWER_BYTES)],
    ['initialize', result(initialized)],
    ['tools-list', listAnswer(SHORT_LIST_BYTES)],
    ['resources-list', result({ resources })],
    ['resources-read', result({ contents: read })],
    ['tools-list-10k', listAnswer(10_000)],
    ['tools-list-1m', listAnswer(1_000_000)],
    [
      'large',
      largeBody(
        largeBytes,
        `{"jsonrpc":"2.0","id":${REQUEST_ID},"result":{"content":[],"structuredContent":{"rows":[`,
        ']}}}',
      ),
    ],
  ]);
  const at = (name: string, body: Uint8Array): Payload => ({ path: ANSWER_PATH + name, body });
  const initialize = request('initialize', {
    protocolVersion: '2025-11-25',
    capabilities: { roots: {} },
    clientInfo: { name: 'bench', version: '1.0.0' },
  });
  return {
    answers,
    toolCall: at('call', TOOL_CALL_BODY),
    sseCall: { path: '/sse-call', body: TOOL_CALL_BODY },
    list10k: at('tools-list-10k', request('tools/list')),
    list1m: at('tools-list-1m', request('tools/list')),
    download: at('large', TOOL_CALL_BODY),
    upload: {
      path: '/upload',
      body: largeBody(
        largeBytes,
        `{"jsonrpc":"2.0","id":${REQUEST_ID},"method":"tools/call","params":{"name":"store","arguments":{"rows":[`,
        ']}}}',
      ),
    },
    mix: [
      { share: 5, ...at('initialize', initialize) },
      { share: 30, ...at('tools-list', request('tools/list')) },
      { share: 40, ...at('call', TOOL_CALL_BODY) },
      { share: 15, ...at('resources-list', request('resources/list')) },
      {
        share: 10,
        ...at(
          'resources-read',
          request('resources/read', { uri: 'file:///documents/report-1.txt' }),
        ),
      },
    ],
  };
}

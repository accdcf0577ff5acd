/**
 * Sends answers through the list policy as a proxy would: cut anywhere, each chunk wiped once it
 * was handed over, as the owner of a reused buffer may do.
 *
 * @module
 */

import fc from 'fast-check';
import type {
  ByteRewriter,
  GuardedExchange,
  ListVisibility,
  PolicyDecision,
} from '../../../src/exchange/guard.ts';
import { ResponseRefused } from '../../../src/exchange/guard.ts';
import { readResponseFields } from '../../../src/exchange/headers.ts';
import type { ToolLearner } from '../../../src/policy/catalog/tool-catalog.ts';
import { createListPolicy } from '../../../src/policy/lists/list-policy.ts';
import { guardedExchange, legacyRequest } from '../guarded-exchange.ts';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array): string => decoder.decode(bytes);

/** Hides every entry whose name, URI or template begins with `secret`. */
export const HIDE_SECRETS: ListVisibility = {
  mayList(_exchange, kind, entry) {
    const member = {
      tool: 'name',
      prompt: 'name',
      resource: 'uri',
      resource_template: 'uriTemplate',
    };
    return !String(entry[member[kind]]).startsWith('secret');
  },
};

export const SHOW_ALL: ListVisibility = { mayList: () => true };

export interface Passage {
  mediaType?: string;
  status?: number;
  headers?: readonly string[];
  exchange?: GuardedExchange;
  visibility?: ListVisibility | null;
  catalog?: ToolLearner | null;
}

/** What the policy says of the response head. */
export function openRewriter(passage: Passage = {}): ByteRewriter | null {
  const policy = createListPolicy({
    name: 'authorize',
    visibility: passage.visibility === undefined ? HIDE_SECRETS : passage.visibility,
    catalog: passage.catalog ?? null,
  });
  const exchange = passage.exchange ?? guardedExchange({ body: legacyRequest('tools/list') });
  const mediaType = passage.mediaType ?? 'application/json';
  const headers = ['content-type', mediaType, ...(passage.headers ?? [])];
  const fields = readResponseFields(headers);
  return policy.open(exchange)?.response?.(passage.status ?? 200, fields, headers) ?? null;
}

export interface Passed {
  /** What the client got, until the refusal if there was one. */
  readonly out: Uint8Array;
  readonly text: string;
  readonly refused: PolicyDecision | null;
}

/** Sends `body` through, cut at each of `cuts`. */
export function pass(
  body: string | Uint8Array,
  passage: Passage = {},
  cuts: readonly number[] = [],
): Passed {
  const rewriter = openRewriter(passage);
  if (rewriter === null) throw new Error('the answer is not read');
  const bytes = typeof body === 'string' ? utf8(body) : body;
  const out: Uint8Array[] = [];
  let refused: PolicyDecision | null = null;
  try {
    for (const chunk of cutAt(bytes, cuts)) {
      out.push(rewriter.write(chunk).slice());
      chunk.fill(0x21);
    }
    out.push(rewriter.end().slice());
  } catch (error) {
    if (!(error instanceof ResponseRefused)) throw error;
    refused = error.decision;
  }
  const joined = concat(out);
  return { out: joined, text: textOf(joined), refused };
}

export function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

/** Copies of the pieces of `bytes` between `cuts`, offsets in any order. */
export function cutAt(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const inside = cuts.map((cut) => Math.min(cut, bytes.length));
  const edges = [0, ...inside.sort((a, b) => a - b), bytes.length];
  return edges.slice(1).map((edge, i) => bytes.slice(edges[i], edge));
}

/** One cut before each byte. */
export const everywhere = (body: string | Uint8Array): number[] =>
  Array.from({ length: typeof body === 'string' ? utf8(body).length : body.length }, (_, i) => i);

/** Places to cut, most of them near the start, where short bodies have their bytes. */
export const anyCuts: fc.Arbitrary<number[]> = fc.array(
  fc.oneof(fc.nat({ max: 60 }), fc.nat({ max: 1500 })),
  { maxLength: 30 },
);

export const toolsResult = (...entries: string[]): string =>
  `{"jsonrpc":"2.0","id":1,"result":{"tools":[${entries.join(',')}]}}`;

export const event = (data: string, fields = ''): string => `${fields}data: ${data}\n\n`;

export const EVENT_STREAM: Passage = { mediaType: 'text/event-stream' };

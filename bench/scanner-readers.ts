/**
 * The two readers of a body that are measured beside each other. What they read is added up, so
 * that no work can be left out.
 *
 * @module
 */

import { EnvelopeScanner } from '../src/protocol/jsonrpc/scanner.ts';

/** As bodies come from a socket, in bytes. */
const CHUNK_BYTES = 64 * 1024;

/** Sum of the ids read. Both readers must come to the same. */
export const ids = { sum: 0 };

const scanner = new EnvelopeScanner({
  onMessage: ({ id }) => {
    ids.sum += Number(id);
  },
  onProblem: ({ reason, offset }) => {
    throw new Error(`A bench body was refused: ${reason} at byte ${offset}`);
  },
});
const decoder = new TextDecoder();

export function scan(body: Uint8Array): void {
  scanner.reset();
  for (let from = 0; from < body.length; from += CHUNK_BYTES) {
    scanner.write(body.subarray(from, from + CHUNK_BYTES));
  }
  scanner.end();
}

export function parse(body: Uint8Array): void {
  ids.sum += (JSON.parse(decoder.decode(body)) as { id: number }).id;
}

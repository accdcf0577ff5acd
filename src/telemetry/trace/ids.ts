/**
 * Random ids of traces and spans, from the platform's generator: drawn in blocks, for one call for
 * each id costs more than everything else about a span.
 *
 * @module
 */

/** Bytes drawn at once: the ids of 128 exchanges. */
const BLOCK_BYTES = 4096;

const HEX_CODES: readonly number[] = Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));

// Drawn when first needed: Workers have no randomness outside of a request.
const block: Uint8Array<ArrayBuffer> = new Uint8Array(BLOCK_BYTES);
let used = BLOCK_BYTES;

const traceCodes = new Array<number>(32).fill(0);
const spanCodes = new Array<number>(16).fill(0);

/** 32 lower-case hexadecimal digits, not all zero: a W3C `trace-id` that is random throughout. */
export function createTraceId(): string {
  return draw(traceCodes);
}

/** 16 lower-case hexadecimal digits, not all zero: a W3C `parent-id`. */
export function createSpanId(): string {
  return draw(spanCodes);
}

/** @param codes where the digits are put, two for each byte */
function draw(codes: number[]): string {
  const size = codes.length / 2;
  let seen = 0;
  while (seen === 0) {
    if (used + size > BLOCK_BYTES) {
      crypto.getRandomValues(block);
      used = 0;
    }
    for (let i = 0; i < size; i++) {
      const byte = block[used++] as number;
      seen |= byte;
      codes[2 * i] = HEX_CODES[byte >> 4] as number;
      codes[2 * i + 1] = HEX_CODES[byte & 15] as number;
    }
  }
  return String.fromCharCode.apply(null, codes);
}

/**
 * Checks the hash chain of audit files, line by line and in constant memory.
 *
 * @module
 */

import { joinBytes } from '../../exchange/bytes.ts';
import { expectedHash, GENESIS, readLink } from './chain.ts';

/** Longest line that can be an audit record, in bytes. */
const MAX_LINE_BYTES = 1_048_576;

/** What is wrong with the first line that is not as it was written. */
export type ChainFault =
  /** It does not end like a line of a chain: cut off, or written by something else. */
  | 'not_chained'
  /** It was changed after it was written. */
  | 'changed'
  /** It does not follow the line before it: lines were taken out, added or moved. */
  | 'not_linked'
  /** It begins a chain although lines come before it. */
  | 'begins_anew'
  | 'too_long';

export interface ChainBreak {
  /** As given to {@link ChainVerifier.file}. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly fault: ChainFault;
}

export interface ChainSummary {
  readonly records: number;
  /** The first line begins a chain; otherwise older lines exist, or have existed. */
  readonly isWhole: boolean;
  /** Hash of the last line; null without any. */
  readonly lastHash: string | null;
}

export class ChainVerifier {
  #records = 0;
  #isWhole = false;
  #lastHash: string | null = null;

  get summary(): ChainSummary {
    return { records: this.#records, isWhole: this.#isWhole, lastHash: this.#lastHash };
  }

  /**
   * Reads the next file, older ones first. Resolves to its first broken line, after which nothing
   * more can be said, or to null.
   */
  async file(name: string, chunks: AsyncIterable<Uint8Array>): Promise<ChainBreak | null> {
    let line = 0;
    for await (const bytes of splitLines(chunks)) {
      line++;
      const fault = bytes === null ? 'too_long' : await this.#line(bytes);
      if (fault !== null) return { file: name, line, fault };
    }
    return null;
  }

  async #line(bytes: Uint8Array): Promise<ChainFault | null> {
    const text = tryDecode(bytes);
    if (text === null) return 'changed';
    const link = readLink(text);
    if (link === null) return 'not_chained';
    if ((await expectedHash(text)) !== link.hash) return 'changed';
    if (this.#lastHash === null) this.#isWhole = link.prev === GENESIS;
    else if (link.prev !== this.#lastHash) {
      return link.prev === GENESIS ? 'begins_anew' : 'not_linked';
    }
    this.#lastHash = link.hash;
    this.#records++;
    return null;
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Null for what is no UTF-8: lenient reading would take two different lines for one. */
function tryDecode(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

/**
 * Lines without their breaks, the last one with or without. Null for one that is too long, after
 * which nothing follows.
 */
async function* splitLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array | null> {
  let parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
      parts.push(chunk.subarray(start, end));
      yield joinBytes(parts);
      parts = [];
      bytes = 0;
      start = end + 1;
    }
    if (start === chunk.length) continue;
    bytes += chunk.length - start;
    if (bytes > MAX_LINE_BYTES) {
      yield null;
      return;
    }
    // The chunk may be used again by whoever reads the file.
    parts.push(chunk.slice(start));
  }
  if (bytes > 0) yield joinBytes(parts);
}

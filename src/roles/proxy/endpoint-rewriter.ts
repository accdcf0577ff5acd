/**
 * The `endpoint` event of legacy HTTP+SSE names the URL to POST to (MCP 2024-11-05,
 * basic/transports). Clients refuse one of another origin, and one with our target's prefix would
 * get the prefix twice: in both cases, and only then, the event is rewritten.
 *
 * @module
 */

import type { TargetAddress } from '../../config/address.ts';
import { joinBytes } from '../../exchange/bytes.ts';
import type { ByteRewriter } from '../../exchange/guard.ts';
import { serializeSseEvent } from '../../protocol/sse/serializer.ts';
import { SseSplitter } from '../../protocol/sse/splitter.ts';
import type { SseEvent } from '../../protocol/sse/types.ts';

/** Bytes of the first event that are held back; a longer one is no `endpoint` and passes. */
const MAX_HELD_BYTES = 16 * 1024;

const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;
const EMPTY = new Uint8Array(0);

/**
 * The URI to put in the event instead, or null to leave it alone. The answer is a path: it
 * resolves to the origin the client used, whatever stands between it and us.
 */
export function rewriteEndpointUri(uri: string, target: TargetAddress): string | null {
  const absolute = /^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(uri);
  if (!absolute && (target.prefix === '' || !uri.startsWith('/'))) return null;
  const url = URL.parse(uri, target.origin);
  if (url === null || url.origin !== target.origin) return null;
  const path = url.pathname;
  if (path !== target.prefix && !path.startsWith(`${target.prefix}/`)) return null;
  return (path.slice(target.prefix.length) || '/') + url.search;
}

/** Passes an event stream on, rewriting its first event if that is an `endpoint` to be rewritten. */
export class EndpointRewriter implements ByteRewriter {
  readonly #target: TargetAddress;
  #held: Uint8Array = EMPTY;
  #done = false;

  constructor(target: TargetAddress) {
    this.#target = target;
  }

  write(bytes: Uint8Array): Uint8Array {
    if (this.#done) return bytes;
    const seen = joinBytes([this.#held, bytes]);
    const { released, blockEnd } = scanFirstBlock(seen);
    if (blockEnd !== -1) {
      this.#done = true;
      this.#held = EMPTY;
      return this.#rewriteBlock(seen, released, blockEnd);
    }
    if (seen.byteLength - released > MAX_HELD_BYTES) {
      this.#done = true;
      this.#held = EMPTY;
      return seen;
    }
    this.#held = seen.slice(released);
    return seen.subarray(0, released);
  }

  end(): Uint8Array {
    const held = this.#held;
    this.#held = EMPTY;
    this.#done = true;
    return held;
  }

  #rewriteBlock(seen: Uint8Array, start: number, end: number): Uint8Array {
    let first: SseEvent | null = null;
    const splitter = new SseSplitter({
      onEvent: (event) => {
        first ??= event;
      },
    });
    splitter.write(seen.subarray(start, end));
    splitter.end();
    const event = first as SseEvent | null;
    if (event === null || event.type !== 'endpoint') return seen;
    const uri = rewriteEndpointUri(new TextDecoder().decode(event.data), this.#target);
    if (uri === null) return seen;
    const rewritten = serializeSseEvent({
      type: event.type,
      data: uri,
      ...(event.id === null ? {} : { id: event.id }),
      ...(event.retryMs === null ? {} : { retryMs: event.retryMs }),
    });
    return joinBytes([
      seen.subarray(0, start),
      new TextEncoder().encode(rewritten),
      seen.subarray(end),
    ]);
  }
}

/**
 * Finds the first block of fields. Blank lines and comments before it may pass at once, so that
 * keep-alives are not held back: `released` counts their bytes. `blockEnd` is the offset past the
 * blank line that ends the block, or -1 while it is unfinished.
 */
function scanFirstBlock(bytes: Uint8Array): { released: number; blockEnd: number } {
  let released = 0;
  let lineStart = 0;
  let inBlock = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte !== LF && byte !== CR) continue;
    const empty = i === lineStart;
    // A CR that ends the chunk may be half of a CRLF. Only after the blank line that ends the
    // block does the other half no longer matter: there it would be one more blank line.
    if (byte === CR && i + 1 === bytes.length && !(empty && inBlock)) break;
    const comment = bytes[lineStart] === COLON;
    if (byte === CR && bytes[i + 1] === LF) i++;
    lineStart = i + 1;
    if (empty && inBlock) return { released, blockEnd: lineStart };
    if (!empty && !comment) inBlock = true;
    if (!inBlock) released = lineStart;
  }
  return { released, blockEnd: -1 };
}

/**
 * Keeps bodies, for those who asked for it: masked as soon as an exchange is over, in so many bytes
 * and no more. What is older makes room for what is newer.
 *
 * @module
 */

import type { ExchangeRecord, ExchangeSink, LiveExchange } from '../../exchange/record.ts';
import type { SecretNames } from '../../redact/secret-names.ts';
import { type Payload, PayloadRenderer } from './payload.ts';

/** Kept of one body, in bytes; its beginning. */
export const MAX_BODY_BYTES: number = 128 * 1024;
/** A text counts for this many bytes beside its own. */
const OVERHEAD_BYTES = 256;

export interface Captured {
  readonly request: Payload | null;
  readonly response: Payload | null;
}

/** The beginning of a body on its way, and how long it is. */
class Body {
  bytes = 0;
  kept: Uint8Array = new Uint8Array(0);
  length = 0;
  state: Payload['state'] = 'kept';

  get view(): Uint8Array {
    return this.kept.subarray(0, this.length);
  }

  /** Returns by how much what it holds has grown. */
  add(bytes: Uint8Array, room: number): number {
    this.bytes += bytes.byteLength;
    if (this.state !== 'kept') return 0;
    const wanted = Math.min(bytes.byteLength, MAX_BODY_BYTES - this.length);
    if (wanted === 0) return 0;
    const needed = this.length + wanted;
    let grown = 0;
    if (needed > this.kept.byteLength) {
      const size = Math.min(MAX_BODY_BYTES, Math.max(needed, 2 * this.kept.byteLength));
      grown = size - this.kept.byteLength;
      if (grown > room) {
        const released = this.kept.byteLength;
        this.kept = new Uint8Array(0);
        this.length = 0;
        this.state = 'dropped';
        return -released;
      }
      const larger = new Uint8Array(size);
      larger.set(this.view);
      this.kept = larger;
    }
    this.kept.set(wanted === bytes.byteLength ? bytes : bytes.subarray(0, wanted), this.length);
    this.length = needed;
    return grown;
  }
}

interface Bodies {
  readonly request: Body;
  readonly response: Body;
}

interface Kept extends Captured {
  readonly size: number;
}

export class PayloadCapture implements ExchangeSink {
  readonly #maxBytes: number;
  readonly #renderer: PayloadRenderer;
  readonly #open: Map<number, Bodies> = new Map();
  /** Oldest first. */
  readonly #kept: Map<number, Kept> = new Map();
  #bytes = 0;

  /** @param maxBytes all that is held, bodies under way included */
  constructor(maxBytes: number, names: SecretNames) {
    this.#maxBytes = maxBytes;
    this.#renderer = new PayloadRenderer(names);
  }

  /** What is held now, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  requestHead(exchange: LiveExchange, headers: readonly string[]): void {
    const bodies = { request: new Body(), response: new Body() };
    if (isCoded(headers)) bodies.request.state = 'coded';
    this.#open.set(exchange.sequence, bodies);
  }

  responseHead(exchange: LiveExchange, headers: readonly string[]): void {
    const bodies = this.#open.get(exchange.sequence);
    if (bodies !== undefined && isCoded(headers)) bodies.response.state = 'coded';
  }

  requestBytes(exchange: LiveExchange, bytes: Uint8Array): void {
    this.#add(this.#open.get(exchange.sequence)?.request, bytes);
  }

  responseBytes(exchange: LiveExchange, bytes: Uint8Array): void {
    this.#add(this.#open.get(exchange.sequence)?.response, bytes);
  }

  ended(record: ExchangeRecord): void {
    const { sequence } = record;
    const bodies = this.#open.get(sequence);
    if (bodies === undefined) return;
    this.#open.delete(sequence);
    this.#bytes -= bodies.request.kept.byteLength + bodies.response.kept.byteLength;
    const captured = this.#show(bodies, record.stream !== 'none');
    const size = OVERHEAD_BYTES + sizeOf(captured.request) + sizeOf(captured.response);
    if (!this.#makeRoom(size)) return;
    this.#bytes += size;
    this.#kept.set(sequence, { ...captured, size });
  }

  /** What is held of an exchange, over or not. */
  of({ sequence, stream }: Pick<LiveExchange, 'sequence' | 'stream'>): Captured | null {
    const bodies = this.#open.get(sequence);
    if (bodies !== undefined) return this.#show(bodies, stream !== 'none');
    return this.#kept.get(sequence) ?? null;
  }

  #add(body: Body | undefined, bytes: Uint8Array): void {
    if (body === undefined) return;
    // At most twice as much as it is now, and never more than one body may have.
    this.#makeRoom(Math.min(MAX_BODY_BYTES, body.length + bytes.byteLength));
    this.#bytes += body.add(bytes, this.#maxBytes - this.#bytes);
  }

  /** Forgets the oldest, until there is room. False when there cannot be. */
  #makeRoom(bytes: number): boolean {
    for (const [sequence, { size }] of this.#kept) {
      if (this.#bytes + bytes <= this.#maxBytes) break;
      this.#kept.delete(sequence);
      this.#bytes -= size;
    }
    return this.#bytes + bytes <= this.#maxBytes;
  }

  #show({ request, response }: Bodies, isStream: boolean): Captured {
    return { request: this.#payload(request, false), response: this.#payload(response, isStream) };
  }

  #payload(body: Body, isStream: boolean): Payload | null {
    const { bytes, state, view } = body;
    if (bytes === 0) return null;
    if (state !== 'kept') return { bytes, state, body: null, events: [] };
    if (isStream) return { bytes, state, body: null, events: this.#renderer.showEvents(view) };
    return { bytes, state, body: this.#renderer.show(view, body.length < bytes), events: [] };
  }
}

/** Bodies under a content coding would have to be unpacked first, and are let go instead. */
function isCoded(headers: readonly string[]): boolean {
  for (let i = 0; i < headers.length; i += 2) {
    if ((headers[i] as string).toLowerCase() !== 'content-encoding') continue;
    return !/^\s*identity\s*$/i.test(headers[i + 1] as string);
  }
  return false;
}

/** A string takes up to two bytes for each of its units. */
function sizeOf(payload: Payload | null): number {
  if (payload === null) return 0;
  let chars = payload.body?.text.length ?? 0;
  for (const { data } of payload.events) chars += data.text.length + OVERHEAD_BYTES / 2;
  return 2 * chars;
}

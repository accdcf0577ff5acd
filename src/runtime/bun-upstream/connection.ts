/**
 * One connection to the upstream: a socket of Bun's that carries one call at a time.
 *
 * @module
 */

import type { BunBuffer, BunSocket, BunSocketHandlers } from '../bun-types.ts';
import { encodeRequestHead, type RequestFraming } from '../http1/request-head.ts';
import { type ResponseHandler, ResponseReader } from '../http1/response-reader.ts';
import type { Carrier, UpstreamCall } from './upstream-call.ts';

declare const Buffer: { allocUnsafe(bytes: number): BunBuffer };

/** Bodies up to this size leave in one write with their head, in bytes. */
const MAX_JOINED_BYTES = 64 * 1024;

/** What a connection tells its pool. */
export interface ConnectionOwner {
  /** It may carry another call. */
  onIdle(connection: UpstreamConnection): void;
  onClose(connection: UpstreamConnection): void;
}

export class UpstreamConnection implements ResponseHandler, Carrier {
  readonly #owner: ConnectionOwner;
  readonly #reader = new ResponseReader(this);
  #socket: BunSocket<UpstreamConnection> | null = null;
  #call: UpstreamCall | null = null;
  /** What the kernel has not taken yet. */
  #unsent: BunBuffer | null = null;
  #onDrain: (() => void) | null = null;
  /** The request body while it is sent as it comes. */
  #sending: ReadableStreamDefaultReader<Uint8Array> | null = null;
  #paused = false;
  #closed = false;

  constructor(owner: ConnectionOwner) {
    this.#owner = owner;
  }

  opened(socket: BunSocket<UpstreamConnection>): void {
    this.#socket = socket;
    socket.setNoDelay(true);
  }

  /** Sends a call's request. Failures are the call's. */
  carry(call: UpstreamCall): void {
    if (call.over) {
      this.#owner.onIdle(this);
      return;
    }
    this.#call = call;
    call.begin(this);
    const { target } = call;
    const { method, headers, body } = call.request;
    this.#reader.begin(method);
    try {
      if (body instanceof ReadableStream) {
        const framing = declaredLength(headers) ?? 'chunked';
        this.#write(encodeRequestHead(method, target, headers, framing), null);
        this.#sending = body.getReader();
        void this.#sendStream(this.#sending, framing);
      } else {
        const framing = body === null ? 'none' : body.byteLength;
        this.#write(encodeRequestHead(method, target, headers, framing), body);
      }
    } catch (error) {
      call.fail(error);
    }
  }

  pause(): void {
    if (this.#paused || this.#closed) return;
    this.#paused = true;
    this.#socket?.pause();
  }

  resume(): void {
    if (!this.#paused || this.#closed) return;
    this.#paused = false;
    this.#socket?.resume();
  }

  destroy(): void {
    if (!this.#closed) this.#socket?.terminate();
    this.closed(new Error('the connection was closed here'));
  }

  received(bytes: BunBuffer): void {
    if (this.#call === null) {
      // Nobody has asked for anything.
      this.destroy();
      return;
    }
    try {
      this.#reader.write(bytes);
    } catch (error) {
      this.#call.fail(error);
    }
  }

  onHead(status: number, headers: readonly string[]): void {
    this.#call?.onHead(status, headers);
  }

  onData(bytes: Uint8Array<ArrayBuffer>): void {
    this.#call?.onData(bytes);
  }

  onEnd(reusable: boolean): void {
    const call = this.#call;
    this.#call = null;
    const isKept = reusable && this.#sending === null && this.#unsent === null && !this.#closed;
    if (isKept) {
      this.resume();
      this.#owner.onIdle(this);
    } else {
      this.destroy();
    }
    call?.onEnd();
  }

  drained(): void {
    const rest = this.#unsent;
    this.#unsent = null;
    if (rest !== null) this.#send(rest);
    if (this.#unsent === null) this.#continue();
  }

  /** @param error what broke it; none when the peer has closed it properly */
  closed(error?: Error | null): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#owner.onClose(this);
    if (!error) this.#reader.finish();
    this.#call?.fail(error ?? new Error('the upstream closed the connection'));
    this.#call = null;
    this.#unsent = null;
    // Nobody takes the rest of it.
    this.#sending?.cancel().catch(() => {});
    this.#sending = null;
    this.#continue();
  }

  /** The head, and with it the body where that is short. */
  #write(head: string, body: Uint8Array | null): void {
    const joined = body !== null && body.byteLength <= MAX_JOINED_BYTES ? body.byteLength : 0;
    const bytes = Buffer.allocUnsafe(head.length + joined);
    bytes.latin1Write(head, 0);
    if (body !== null && joined > 0) bytes.set(body, head.length);
    this.#send(bytes);
    if (body !== null && joined === 0) this.#send(body as BunBuffer);
  }

  #send(bytes: BunBuffer): void {
    if (this.#unsent !== null) {
      this.#unsent = joined(this.#unsent, bytes);
      return;
    }
    const sent = this.#socket?.write(bytes) ?? -1;
    if (sent === bytes.byteLength) return;
    this.#unsent = sent > 0 ? (bytes.subarray(sent) as BunBuffer) : bytes;
  }

  /** Sends a body as it comes; the socket's pace is the sender's. */
  async #sendStream(
    reader: ReadableStreamDefaultReader<Uint8Array>,
    framing: RequestFraming,
  ): Promise<void> {
    const call = this.#call;
    let left = framing === 'chunked' ? 0 : (framing as number);
    try {
      for (;;) {
        if (this.#unsent !== null) await this.#drain();
        const { done, value } = await reader.read();
        if (this.#closed) return;
        if (done) {
          if (left !== 0) throw new Error('the request is shorter than it said');
          if (framing === 'chunked') this.#send(textBytes('0\r\n\r\n'));
          this.#sending = null;
          return;
        }
        if (value.byteLength === 0) continue;
        if (framing === 'chunked') {
          this.#send(chunkOf(value));
        } else {
          left -= value.byteLength;
          if (left < 0) throw new Error('the request is longer than it said');
          this.#send(value as BunBuffer);
        }
      }
    } catch (error) {
      if (!this.#closed) call?.fail(error);
    }
  }

  #drain(): Promise<void> {
    return new Promise((resolve) => {
      this.#onDrain = resolve;
    });
  }

  #continue(): void {
    const goOn = this.#onDrain;
    this.#onDrain = null;
    goOn?.();
  }
}

/** The handlers all connections share; each socket carries its connection as `data`. */
export const SOCKET_HANDLERS: BunSocketHandlers<UpstreamConnection> = {
  open: (socket) => socket.data.opened(socket),
  data: (socket, bytes) => socket.data.received(bytes),
  drain: (socket) => socket.data.drained(),
  close: (socket, error) => socket.data.closed(error),
  error: (socket, error) => socket.data.closed(error),
  connectError: () => {},
};

function declaredLength(headers: readonly string[]): number | null {
  for (let i = 0; i < headers.length; i += 2) {
    if ((headers[i] as string).toLowerCase() === 'content-length') return Number(headers[i + 1]);
  }
  return null;
}

function textBytes(text: string): BunBuffer {
  const bytes = Buffer.allocUnsafe(text.length);
  bytes.latin1Write(text, 0);
  return bytes;
}

/** One chunk of the chunked coding (RFC 9112 §7.1). */
function chunkOf(data: Uint8Array): BunBuffer {
  const size = `${data.byteLength.toString(16)}\r\n`;
  const bytes = Buffer.allocUnsafe(size.length + data.byteLength + 2);
  bytes.latin1Write(size, 0);
  bytes.set(data, size.length);
  bytes.latin1Write('\r\n', size.length + data.byteLength);
  return bytes;
}

function joined(first: Uint8Array, second: Uint8Array): BunBuffer {
  const bytes = Buffer.allocUnsafe(first.byteLength + second.byteLength);
  bytes.set(first, 0);
  bytes.set(second, first.byteLength);
  return bytes;
}

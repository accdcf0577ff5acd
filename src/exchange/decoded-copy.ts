/**
 * A decoded copy of a compressed body, for reading beside the stream. The forwarded bytes are
 * never touched, and reading gives up rather than hold memory or slow the stream down.
 *
 * @module
 */

/** Compressed bytes that may wait for the decoder, in bytes. Above it the copy is given up. */
const MAX_PENDING_BYTES = 1024 * 1024;

/** Decoded bytes that are read of one body, in bytes: what bounds a decompression bomb. */
const MAX_DECODED_BYTES = 64 * 1024 * 1024;

/** Why a copy could not be read to its end. Low in cardinality: used as a label. */
export type DecodeProblem =
  | 'unsupported_encoding'
  | 'invalid_encoding'
  | 'encoding_overflow'
  | 'decoded_too_large';

export interface DecodedCopyHandler {
  onData(bytes: Uint8Array): void;
  onProblem(problem: DecodeProblem): void;
}

/** The codings of RFC 9110 §8.4.1 that every runtime's `DecompressionStream` can undo. */
const FORMATS: ReadonlyMap<string, CompressionFormat> = new Map([
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['deflate', 'deflate'],
]);

export class DecodedCopy {
  /**
   * Settles when everything that will be read has been handed to the handler: true when that was
   * the whole body. Never rejects.
   */
  readonly done: Promise<boolean>;
  readonly #handler: DecodedCopyHandler;
  #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>> | null = null;
  #pendingBytes = 0;
  #decodedBytes = 0;
  /** Reading was given up or called off: what fails from here on is no fault of the body. */
  #abandoned = false;

  /** @param coding the `Content-Encoding`, in lower case */
  constructor(coding: string, handler: DecodedCopyHandler) {
    this.#handler = handler;
    const format = FORMATS.get(coding);
    if (format === undefined) {
      handler.onProblem('unsupported_encoding');
      this.done = Promise.resolve(false);
      return;
    }
    const decoder = new DecompressionStream(format);
    this.#writer = decoder.writable.getWriter();
    this.done = this.#read(decoder.readable.getReader());
  }

  /** Takes a copy of `bytes`; the caller may go on using them. */
  write(bytes: Uint8Array): void {
    const writer = this.#writer;
    if (writer === null) return;
    this.#pendingBytes += bytes.byteLength;
    if (this.#pendingBytes > MAX_PENDING_BYTES) {
      this.#giveUp('encoding_overflow');
      return;
    }
    const settle = () => {
      this.#pendingBytes -= bytes.byteLength;
    };
    writer.write(new Uint8Array(bytes)).then(settle, settle);
  }

  end(): void {
    const writer = this.#writer;
    this.#writer = null;
    writer?.close().catch(() => {});
  }

  /** Stops reading at once, as when the exchange was broken off. */
  abort(): void {
    this.#abandoned = true;
    const writer = this.#writer;
    this.#writer = null;
    writer?.abort().catch(() => {});
  }

  #giveUp(problem: DecodeProblem): void {
    this.#handler.onProblem(problem);
    this.abort();
  }

  async #read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<boolean> {
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return true;
        this.#decodedBytes += value.byteLength;
        if (this.#decodedBytes > MAX_DECODED_BYTES) {
          this.#giveUp('decoded_too_large');
          await reader.cancel();
          return false;
        }
        this.#handler.onData(value);
      }
    } catch {
      if (!this.#abandoned) this.#handler.onProblem('invalid_encoding');
      return false;
    }
  }
}

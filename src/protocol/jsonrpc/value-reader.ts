/**
 * Reads one JSON value that may come in several chunks, and keeps its bytes when asked to.
 *
 * @module
 */

import { Capture } from './capture.ts';
import type { Chunk } from './chunk.ts';
import { type SkipStatus, ValueSkipper } from './value-skipper.ts';

/** The quotes of a string, which do not count against the limit. */
const QUOTES_BYTES = 2;

export class ValueReader {
  /** When the value is `done` and was kept: it is `bytes[start, end)`, unless it is too long. */
  bytes: Uint8Array;
  start = 0;
  /** Counts every byte of the value, also when it is too long to be kept. */
  end = 0;
  readonly #skipper = new ValueSkipper();
  readonly #capture: Capture;
  #keeps = false;

  /** @param maxCaptureBytes Longest value that is kept, the quotes of a string not counted. */
  constructor(maxCaptureBytes: number) {
    this.#capture = new Capture(maxCaptureBytes + QUOTES_BYTES);
    this.bytes = this.#capture.bytes;
  }

  get status(): SkipStatus {
    return this.#skipper.status;
  }

  /** Expects a value of at most `maxDepth` levels. */
  begin(keeps: boolean, maxDepth: number): void {
    this.#keeps = keeps;
    this.#capture.length = 0;
    this.#skipper.begin(maxDepth);
  }

  /** As {@link ValueSkipper.consume}. */
  consume(chunk: Chunk, from: number): number {
    const stop = this.#skipper.consume(chunk, from);
    if (!this.#keeps) return stop;
    const capture = this.#capture;
    if (this.status === 'done' && capture.length === 0) {
      // In one piece: no need to copy.
      this.bytes = chunk.bytes;
      this.start = from;
      this.end = stop;
    } else {
      capture.append(chunk.bytes, from, stop);
      this.bytes = capture.bytes;
      this.start = 0;
      this.end = capture.length;
    }
    return stop;
  }

  /** As {@link ValueSkipper.finish}. */
  finish(): boolean {
    return this.#skipper.finish();
  }

  /** Lets go of the chunk last read. */
  clear(): void {
    this.bytes = this.#capture.bytes;
  }
}

/**
 * Writes log lines to a descriptor that several processes write to.
 *
 * Each line is one write. Up to PIPE_BUF bytes (4096 on Linux) a pipe takes such a write whole or
 * not at all (POSIX `write`), so lines of two processes never mix. `process.stdout` would join
 * waiting lines into larger writes, which a pipe may cut anywhere.
 *
 * @module
 */

import { writeSync } from 'node:fs';

/** Lines kept while nobody reads the log. Beyond it new ones are dropped. */
const MAX_WAITING_LINES = 10_000;
/** How long to wait before a full pipe is tried again, in milliseconds. */
const RETRY_MS = 5;
/** Longest time the end of the process waits for a full pipe, in milliseconds. */
const FLUSH_TIMEOUT_MS = 1000;

export class LineWriter {
  readonly #fd: number;
  readonly #write: typeof writeSync;
  #waiting: Buffer[] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(fd: number, write: typeof writeSync = writeSync) {
    this.#fd = fd;
    this.#write = write;
  }

  /** One line with its newline. */
  write(line: string): void {
    if (this.#waiting.length >= MAX_WAITING_LINES) return;
    this.#waiting.push(Buffer.from(line));
    if (this.#timer === null) this.#drain();
  }

  /** Waits, as far as time allows, until everything is written. */
  flush(): void {
    const deadline = Date.now() + FLUSH_TIMEOUT_MS;
    const pause = new Int32Array(new SharedArrayBuffer(4));
    for (this.#drain(); this.#waiting.length > 0 && Date.now() < deadline; this.#drain()) {
      Atomics.wait(pause, 0, 0, RETRY_MS);
    }
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #drain(): void {
    let done = 0;
    try {
      for (; done < this.#waiting.length; done++) {
        const line = this.#waiting[done] as Buffer;
        const taken = this.#write(this.#fd, line);
        if (taken === line.length) continue;
        // Not a pipe: what is left of this line has to follow at once.
        this.#waiting[done] = line.subarray(taken);
        break;
      }
    } catch (error) {
      // Whoever read it is gone; a proxy does not end because its log has no reader.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') done = this.#waiting.length;
    }
    this.#waiting.splice(0, done);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#waiting.length > 0) this.#timer = setTimeout(() => this.#drain(), RETRY_MS);
  }
}

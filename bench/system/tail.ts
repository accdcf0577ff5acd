/**
 * The end of what a process wrote. Access logs come by the megabyte, and keeping them must cost
 * next to nothing on the core the load runs on.
 *
 * @module
 */

/** Bytes kept at least, when there were as many. */
const KEPT_BYTES = 64 * 1024;

export class Tail {
  #chunks: Buffer[] = [];
  #bytes = 0;

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    // Dropping only half at a time keeps the cost per chunk constant.
    if (this.#bytes > 2 * KEPT_BYTES) {
      let first = 0;
      while (this.#bytes - (this.#chunks[first] as Buffer).length >= KEPT_BYTES) {
        this.#bytes -= (this.#chunks[first++] as Buffer).length;
      }
      this.#chunks = this.#chunks.slice(first);
    }
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}

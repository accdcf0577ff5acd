/**
 * Lines that wait, as bytes in a few large buffers. As strings they would lie on the heap for as
 * long as they wait, which is longer than the collector takes for a sign of a long life: under load
 * moving them about cost more than making them.
 *
 * @module
 */

/** Room for what comes in while a batch is being written. */
const PAGE_BYTES = 262_144;
/** Empty pages that are kept. */
const MAX_FREE_PAGES = 8;
/** UTF-8 bytes of one UTF-16 code unit, at most. */
const MAX_BYTES_PER_CHAR = 3;

interface LinePage {
  readonly bytes: Uint8Array<ArrayBuffer>;
  used: number;
  /** Lines in it that somebody still needs. */
  lines: number;
}

export interface StoredLine {
  readonly page: LinePage;
  readonly start: number;
  /** Length with its line break. */
  readonly bytes: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class LineStore {
  #current: LinePage | null = null;
  readonly #free: LinePage[] = [];

  /** @param line without its line break */
  put(line: string): StoredLine {
    let page = this.#current;
    let bytes = page === null ? -1 : encodeLine(line, page);
    if (page === null || bytes === -1) {
      page = this.#takePage(line);
      bytes = encodeLine(line, page);
    }
    const stored = { page, start: page.used, bytes };
    page.used += bytes;
    page.lines++;
    return stored;
  }

  /** Nobody will ask for these lines again. */
  release(lines: readonly StoredLine[]): void {
    for (const { page } of lines) {
      page.lines--;
      if (page.lines > 0) continue;
      page.used = 0;
      if (page === this.#current || page.bytes.length !== PAGE_BYTES) continue;
      if (this.#free.length < MAX_FREE_PAGES) this.#free.push(page);
    }
  }

  #takePage(line: string): LinePage {
    const mostBytes = line.length * MAX_BYTES_PER_CHAR + 1;
    const free = mostBytes > PAGE_BYTES ? undefined : this.#free.pop();
    const size = Math.max(PAGE_BYTES, mostBytes);
    this.#current = free ?? { bytes: new Uint8Array(size), used: 0, lines: 0 };
    return this.#current;
  }
}

/** The lines with their line breaks, in as few pieces as they are kept in. */
export function toPieces(lines: readonly StoredLine[]): Uint8Array<ArrayBuffer>[] {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for (let i = 0; i < lines.length; ) {
    const { page, start } = lines[i] as StoredLine;
    let end = start;
    for (let next = lines[i]; next?.page === page && next.start === end; next = lines[i]) {
      end += next.bytes;
      i++;
    }
    pieces.push(page.bytes.subarray(start, end));
  }
  return pieces;
}

/** A line without its line break. */
export function toText({ page, start, bytes }: StoredLine): string {
  return decoder.decode(page.bytes.subarray(start, start + bytes - 1));
}

/** Returns how many bytes a line takes in a page, with its line break; -1 for too many. */
function encodeLine(line: string, { bytes, used }: LinePage): number {
  if (line.length >= bytes.length - used) return -1;
  const { read, written } = encoder.encodeInto(line, bytes.subarray(used));
  if (read < line.length || used + written === bytes.length) return -1;
  bytes[used + written] = 0x0a;
  return written + 1;
}

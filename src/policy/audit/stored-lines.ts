/**
 * Lines that wait, as bytes in a few large buffers. As strings they would lie on the heap for as
 * long as they wait, which is longer than the collector takes for a sign of a long life: under load
 * moving them about cost more than making them.
 *
 * @module
 */

import type { LineTarget, SteadyText } from './line-target.ts';

/** Room for what comes in while a batch is being written. */
const PAGE_BYTES = 262_144;
/** Empty pages that are kept. */
const MAX_FREE_PAGES = 8;
/** UTF-8 bytes of one UTF-16 code unit, at most. */
const MAX_BYTES_PER_CHAR = 3;
/** Numbers up to here are written digit by digit: small integers to the engine. */
const MAX_DIGITS = 9;
const MAX_DIGITS_END = 1_000_000_000;

const DOT = 0x2e;
const ZERO = 0x30;

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

export class LineStore implements LineTarget {
  #page: LinePage = createPage(PAGE_BYTES);
  /** Where the line that is being written ends so far. It begins where the page's others end. */
  #at = 0;
  readonly #free: LinePage[] = [];

  /** @param line without its line break */
  put(line: string): StoredLine {
    this.begin();
    this.add(line);
    return this.end();
  }

  /** Begins a line. One that was not ended is forgotten. */
  begin(): void {
    this.#at = this.#page.used;
  }

  add(text: string): void {
    this.#makeRoom(text.length * MAX_BYTES_PER_CHAR);
    this.#at += encoder.encodeInto(text, this.#page.bytes.subarray(this.#at)).written;
  }

  addSteady({ bytes }: SteadyText): void {
    this.#makeRoom(bytes.length);
    this.#page.bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  addNumber(value: number): void {
    if (Number.isInteger(value) && value >= 0 && value < MAX_DIGITS_END) this.#addDigits(value);
    else this.add(String(value));
  }

  addThousandths(value: number): void {
    if (!(Number.isInteger(value) && value >= 0 && value < MAX_DIGITS_END)) {
      this.add(String(value / 1000));
      return;
    }
    this.#addDigits(Math.trunc(value / 1000));
    const rest = value % 1000;
    if (rest === 0) return;
    // One digit more in front keeps the zeros, and becomes the point.
    const start = this.#at;
    this.#addDigits(1000 + rest);
    const { bytes } = this.#page;
    bytes[start] = DOT;
    while (bytes[this.#at - 1] === ZERO) this.#at--;
  }

  /** Without a string in between, which would be garbage at once. */
  #addDigits(value: number): void {
    this.#makeRoom(MAX_DIGITS);
    let digits = 1;
    for (let rest = value; rest >= 10; rest = Math.trunc(rest / 10)) digits++;
    const { bytes } = this.#page;
    let rest = value;
    for (let at = this.#at + digits - 1; at >= this.#at; at--) {
      bytes[at] = ZERO + (rest % 10);
      rest = Math.trunc(rest / 10);
    }
    this.#at += digits;
  }

  /** Ends the line. */
  end(): StoredLine {
    this.#makeRoom(1);
    const page = this.#page;
    page.bytes[this.#at++] = 0x0a;
    const start = page.used;
    page.used = this.#at;
    page.lines++;
    return { page, start, bytes: this.#at - start };
  }

  /** Nobody will ask for these lines again. */
  release(lines: readonly StoredLine[]): void {
    for (const { page } of lines) {
      page.lines--;
      if (page.lines > 0) continue;
      page.used = 0;
      if (page === this.#page || page.bytes.length !== PAGE_BYTES) continue;
      if (this.#free.length < MAX_FREE_PAGES) this.#free.push(page);
    }
  }

  /** Goes on in another page when this one is too short, with what the line has so far. */
  #makeRoom(bytes: number): void {
    const full = this.#page;
    if (this.#at + bytes <= full.bytes.length) return;
    const begun = this.#at - full.used;
    // Twice what is needed: a line that goes on growing is not moved for each of its parts.
    const needed = 2 * (begun + bytes);
    const free = needed > PAGE_BYTES ? undefined : this.#free.pop();
    const page = free ?? createPage(Math.max(PAGE_BYTES, needed));
    page.bytes.set(full.bytes.subarray(full.used, this.#at));
    this.#page = page;
    this.#at = begun;
  }
}

function createPage(bytes: number): LinePage {
  return { bytes: new Uint8Array(bytes), used: 0, lines: 0 };
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

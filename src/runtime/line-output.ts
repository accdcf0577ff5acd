/**
 * Lines on their way to a descriptor, most often standard output, with a bound and in few writes.
 *
 * - **Soon.** A line after a pause, and every urgent one, goes out at once. Those that follow wait
 *   for company until a write is full, {@link COMPANY_MS} at the most.
 * - **Whole.** A write holds whole lines. Where several processes write to the same place it has at
 *   most {@link MAX_SHARED_WRITE_BYTES} bytes, of which a pipe takes all or none (POSIX `write`), so
 *   that lines never mix. Only a longer line can come apart.
 * - **Never in the way.** Nobody waits for a reader that does not keep up. Beyond
 *   {@link MAX_WAITING_BYTES} new lines are dropped and counted, and so is what waits when the
 *   reader has gone. The number is told as soon as there is room.
 * - **To the end.** What waits is delivered before the process exits, as far as somebody reads.
 *
 * @module
 */

import type { WriteLogLine } from './platform.ts';

/** Where lines go. What throws has no reader any more. */
export interface LineDescriptor {
  /**
   * Takes bytes without keeping the process waiting; they do not change until it has settled.
   * Returns how many it took: 0 when there is no room.
   */
  write(bytes: Uint8Array): number | Promise<number>;
  /**
   * The same for a process that is about to end, where it may wait. When it takes anything, a write
   * that was under way has taken all that it was given.
   */
  writeAtExit(bytes: Uint8Array): number;
}

/** What a pipe takes whole: PIPE_BUF on Linux. */
export const MAX_SHARED_WRITE_BYTES = 4096;
/** Half of what a pipe holds. */
const MAX_WRITE_BYTES = 32_768;
/** Bytes that wait for a reader before lines are dropped: those of about 10,000 calls. */
export const MAX_WAITING_BYTES = 4_194_304;
/** How long a line waits for others, in milliseconds. */
const COMPANY_MS = 10;
/** How long to wait before a full pipe is tried again, in milliseconds. */
const RETRY_MS = 5;
/** Longest time the end of the process waits for a reader, in milliseconds. */
export const EXIT_TIMEOUT_MS = 1000;
/** UTF-8 bytes of one UTF-16 code unit, at most. */
const MAX_BYTES_PER_CHAR = 3;

/** Whole lines that leave in one write. Those before `start` have left. */
interface Page {
  readonly bytes: Uint8Array;
  start: number;
  end: number;
  /** Log lines that end in it; those of {@link LineOutput.deliver} are counted by who sends them. */
  lines: number;
}

/** Who waits until so many bytes in all have been taken. */
interface Delivery {
  until: number;
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;
}

const encoder = new TextEncoder();

export class LineOutput {
  readonly #descriptor: LineDescriptor;
  #maxWriteBytes: number;
  readonly #pages: Page[] = [];
  /** Used again, so that a page is made only when several wait. */
  #spare: Page | null = null;
  /** Of all that ever came, and of what is no longer waiting. */
  #accepted = 0;
  #settled = 0;
  readonly #deliveries: Delivery[] = [];
  #dropped = 0;
  /** Of `#dropped`, what has been told. */
  #told = 0;
  #onLoss: (lines: number) => void = () => {};
  /** Runs while a line waits for company, and for as long after the last write. */
  #company: ReturnType<typeof setTimeout> | null = null;
  #retry: ReturnType<typeof setTimeout> | null = null;
  /** A write that has not settled, and how many bytes it was given. */
  #writing: Promise<void> | null = null;
  #underWay = 0;
  #exits = 0;

  /** @param maxWriteBytes where nobody else writes to the same place */
  constructor(descriptor: LineDescriptor, maxWriteBytes: number = MAX_WRITE_BYTES) {
    this.#descriptor = descriptor;
    this.#maxWriteBytes = maxWriteBytes;
  }

  /** Log lines that were lost so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * For lines that may be lost. What is returned takes one without its newline, and never throws.
   *
   * @param onLoss told how many lines were dropped, when there is room again
   * @param isShared whether other processes write to the same place
   */
  open(onLoss: (lines: number) => void, isShared: boolean): WriteLogLine {
    this.#onLoss = onLoss;
    if (isShared) this.#maxWriteBytes = MAX_SHARED_WRITE_BYTES;
    return (line, urgent) => this.#write(line, urgent);
  }

  /**
   * Lines that must not be lost, each with its newline, whatever else waits.
   *
   * @throws {Error} when the reader has gone
   */
  deliver(lines: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const delivery: Delivery = { until: Number.POSITIVE_INFINITY, resolve, reject };
      this.#deliveries.push(delivery);
      for (let start = 0, end = 0; start < lines.length; start = end + 1) {
        end = lines.indexOf('\n', start);
        if (end === -1) end = lines.length;
        this.#append(lines.slice(start, end), 0);
      }
      delivery.until = this.#accepted;
      this.#settleDeliveries();
      this.#drain();
    });
  }

  /** Resolves when everything has been taken, or when nobody has for {@link EXIT_TIMEOUT_MS}. */
  async flush(): Promise<void> {
    const deadline = Date.now() + EXIT_TIMEOUT_MS;
    for (this.#drain(); this.#pages.length > 0 && Date.now() < deadline; this.#drain()) {
      const pause = new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      await (this.#writing === null ? pause : Promise.race([this.#writing, pause]));
    }
  }

  /** For a process that ends without {@link flush}: what can still be written, is. */
  flushAtExit(): void {
    const deadline = Date.now() + EXIT_TIMEOUT_MS;
    const pause = new Int32Array(new SharedArrayBuffer(4));
    this.#exits++;
    if (this.#writing !== null) {
      this.#writing = null;
      this.#took(this.#underWay);
      // It may still be read.
      this.#spare = null;
    }
    while (this.#pages.length > 0) {
      try {
        const taken = this.#descriptor.writeAtExit(unwritten(this.#pages[0] as Page));
        this.#took(taken);
        if (taken > 0) continue;
      } catch {
        return;
      }
      if (Date.now() >= deadline) return;
      Atomics.wait(pause, 0, 0, RETRY_MS);
    }
  }

  #write(line: string, urgent: boolean): void {
    if (this.#accepted - this.#settled >= MAX_WAITING_BYTES) {
      this.#dropped++;
      return;
    }
    this.#append(line, 1);
    if (urgent || this.#company === null) this.#drain();
    this.#company ??= setTimeout(this.#companyEnds, COMPANY_MS);
  }

  /** @param counted lines to count as lost, should they be */
  #append(line: string, counted: number): void {
    let page = this.#pages.at(-1);
    let written = page === undefined ? -1 : encodeLine(line, page, this.#maxWriteBytes);
    if (page === undefined || written === -1) {
      page = this.#openPage(line);
      written = encodeLine(line, page, this.#maxWriteBytes);
    }
    page.end += written;
    page.lines += counted;
    this.#accepted += written;
  }

  #openPage(line: string): Page {
    // A full page has had its company.
    if (this.#pages.length > 0) this.#drain();
    const mostBytes = line.length * MAX_BYTES_PER_CHAR + 1;
    let page = this.#spare;
    if (page === null || mostBytes > this.#maxWriteBytes) {
      const bytes = new Uint8Array(Math.max(mostBytes, this.#maxWriteBytes));
      page = { bytes, start: 0, end: 0, lines: 0 };
    } else {
      this.#spare = null;
    }
    this.#pages.push(page);
    return page;
  }

  readonly #companyEnds = (): void => {
    this.#company = null;
    if (this.#pages.length === 0) return;
    this.#drain();
    this.#company = setTimeout(this.#companyEnds, COMPANY_MS);
  };

  #drain(): void {
    while (this.#writing === null && this.#retry === null) {
      const page = this.#pages[0];
      if (page === undefined) return;
      try {
        const bytes = unwritten(page);
        const taken = this.#descriptor.write(bytes);
        if (typeof taken !== 'number') {
          this.#underWay = bytes.length;
          this.#writing = this.#await(taken);
        } else if (taken > 0) this.#took(taken);
        else this.#tryAgain();
      } catch {
        this.#discard();
      }
    }
  }

  async #await(write: Promise<number>): Promise<void> {
    const exits = this.#exits;
    let taken: number | null;
    try {
      taken = await write;
    } catch {
      taken = null;
    }
    // Taken for done at an end that was then averted.
    if (this.#exits !== exits) return;
    this.#writing = null;
    if (taken === null) this.#discard();
    else if (taken > 0) this.#took(taken);
    else this.#tryAgain();
    this.#drain();
  }

  #tryAgain(): void {
    this.#retry = setTimeout(() => {
      this.#retry = null;
      this.#drain();
    }, RETRY_MS);
  }

  #took(bytes: number): void {
    const page = this.#pages[0] as Page;
    page.start += bytes;
    this.#settled += bytes;
    if (page.start === page.end) {
      this.#pages.shift();
      this.#keep(page);
    }
    this.#settleDeliveries();
    const untold = this.#dropped - this.#told;
    if (untold > 0 && this.#accepted - this.#settled < MAX_WAITING_BYTES / 2) {
      this.#told = this.#dropped;
      this.#onLoss(untold);
    }
  }

  #settleDeliveries(): void {
    while (this.#deliveries[0] !== undefined && this.#deliveries[0].until <= this.#settled) {
      this.#deliveries.shift()?.resolve();
    }
  }

  #keep(page: Page): void {
    if (page.bytes.length !== this.#maxWriteBytes) return;
    page.start = 0;
    page.end = 0;
    page.lines = 0;
    this.#spare = page;
  }

  /** Nobody reads any more; a proxy does not end because its log has no reader. */
  #discard(): void {
    for (const page of this.#pages) this.#dropped += page.lines;
    this.#pages.length = 0;
    this.#settled = this.#accepted;
    for (const { reject } of this.#deliveries.splice(0))
      reject(new Error('nobody reads the lines'));
  }
}

/** Returns how many bytes a line and its newline take behind the end of a page; -1 for too many. */
function encodeLine(line: string, { bytes, end }: Page, maxWriteBytes: number): number {
  // A page that was made for one long line takes no other beyond what is written whole.
  const limit = end === 0 ? bytes.length : maxWriteBytes;
  if (line.length >= limit - end) return -1;
  const { read, written } = encoder.encodeInto(line, bytes.subarray(end, limit));
  if (read < line.length || end + written === limit) return -1;
  bytes[end + written] = 0x0a;
  return written + 1;
}

function unwritten({ bytes, start, end }: Page): Uint8Array {
  return bytes.subarray(start, end);
}

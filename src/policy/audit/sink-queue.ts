/**
 * The queue in front of one sink: bounded, delivered in order and in batches, tried again when that
 * fails. What is lost is counted, always.
 *
 * @module
 */

import { backoffMs } from './backoff.ts';
import { describeFault } from './fault.ts';
import type { OnFull } from './settings.ts';
import { type AuditEntry, type AuditSink, DeliveryError } from './sink.ts';

export interface SinkQueueOptions {
  readonly sink: AuditSink;
  readonly onFull: OnFull;
  /** Records that may wait, those being delivered included. */
  readonly maxRecords: number;
  readonly maxBytes: number;
  /** Attempts before a batch is dropped; with `block` there is no last one. */
  readonly attempts: number;
  /**
   * `timers`: deliveries begin by themselves. `manual`: only {@link SinkQueue.flush} delivers, for
   * runtimes that allow no work outside of a request.
   */
  readonly start: 'timers' | 'manual';
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly onDropped: (count: number) => void;
  /** Deliveries have begun to fail: one line. Called once until one succeeds again. */
  readonly onTrouble: (message: string) => void;
  /** There is more room than before. */
  readonly onRoom: () => void;
}

/** How long one that delivers for others may take before another takes over, in milliseconds. */
const MANUAL_TURN_MS = 25_000;

export class SinkQueue {
  readonly #options: SinkQueueOptions;
  readonly #abort: AbortController = new AbortController();
  readonly #waiting: AuditEntry[] = [];
  /** What is being delivered. */
  #inFlight: readonly AuditEntry[] = [];
  /** Of what waits and what is being delivered. */
  #records = 0;
  #bytes = 0;
  #waitingBytes = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #delivering: Promise<void> | null = null;
  /** Who delivers; one that was thought to be cut off and was not finds that it has changed. */
  #turn = 0;
  #turnEndsAt = 0;
  #closed = false;
  #inTrouble = false;
  /** Ends a pause between two attempts. */
  #wake: (() => void) | null = null;

  constructor(options: SinkQueueOptions) {
    this.#options = options;
  }

  get onFull(): OnFull {
    return this.#options.onFull;
  }

  /** Records there is still room for; 0 when it is full. */
  get room(): number {
    const { maxRecords, maxBytes } = this.#options;
    return this.#bytes >= maxBytes ? 0 : Math.max(0, maxRecords - this.#records);
  }

  /**
   * Takes a record, or drops it. With `block` a full queue still takes it: the calls under way when
   * it filled up were let in, so it outgrows its bounds by no more than these.
   */
  offer(entry: AuditEntry): void {
    const { onFull, maxBytes } = this.#options;
    const isFull = this.room === 0 || this.#bytes + entry.bytes > maxBytes;
    if (this.#closed || (isFull && onFull === 'drop')) {
      this.#options.onDropped(1);
      return;
    }
    this.#waiting.push(entry);
    this.#records++;
    this.#bytes += entry.bytes;
    this.#waitingBytes += entry.bytes;
    if (this.#options.start === 'timers' && this.#delivering === null) this.#plan();
  }

  /** Delivers what waits. Resolves when that is done, or somebody else is at it. */
  async flush(): Promise<void> {
    if (this.#delivering !== null) {
      if (this.#options.start === 'timers') await this.#delivering;
      else if (Date.now() < this.#turnEndsAt) return;
      else this.#takeOver();
    }
    if (this.#waiting.length > 0) return this.#delivering ?? this.#begin();
  }

  /** Delivers what it can within `deadlineMs`, counts the rest as dropped, and ends. */
  async close(deadlineMs: number): Promise<void> {
    this.#closed = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const expired = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, deadlineMs);
    }).then(() => this.#giveUp());
    this.#wake?.();
    while (this.#records > 0 && !this.#abort.signal.aborted) {
      await Promise.race([this.#delivering ?? this.#begin(), expired]);
    }
    await Promise.race([this.#closeSink(), expired]);
    clearTimeout(timer);
  }

  async #closeSink(): Promise<void> {
    try {
      await this.#options.sink.close?.();
    } catch (error) {
      this.#report(error);
    }
  }

  /** No more time: whatever is not known to be delivered is lost. */
  #giveUp(): void {
    const lost = this.#records;
    this.#turn++;
    this.#records = 0;
    this.#bytes = 0;
    this.#waiting.length = 0;
    this.#abort.abort();
    this.#wake?.();
    if (lost > 0) this.#options.onDropped(lost);
  }

  /**
   * The one that delivered for all was cut off with its request, and a batch with it, which may
   * have arrived: better twice than never.
   */
  #takeOver(): void {
    this.#turn++;
    this.#delivering = null;
    for (const { bytes } of this.#inFlight) this.#waitingBytes += bytes;
    this.#waiting.unshift(...this.#inFlight);
    this.#inFlight = [];
  }

  #plan(): void {
    const { maxRecords, maxBytes, lingerMs } = this.#options.sink.batch;
    if (this.#waiting.length >= maxRecords || this.#waitingBytes >= maxBytes) {
      void this.#begin();
    } else {
      this.#timer ??= setTimeout(() => void this.#begin(), lingerMs);
    }
  }

  #begin(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const turn = ++this.#turn;
    this.#turnEndsAt = Date.now() + MANUAL_TURN_MS;
    const delivering = this.#deliverAll(turn).finally(() => {
      if (this.#turn !== turn) return;
      this.#delivering = null;
      if (this.#waiting.length > 0 && this.#options.start === 'timers') this.#plan();
    });
    this.#delivering = delivering;
    return delivering;
  }

  /** Everything that waits now; what comes meanwhile may wait for company first. */
  async #deliverAll(turn: number): Promise<void> {
    let left = this.#waiting.length;
    while (left > 0 && this.#turn === turn) {
      const batch = this.#take();
      left -= batch.length;
      this.#inFlight = batch;
      const refused = await this.#deliver(batch, turn);
      if (this.#turn !== turn) return;
      this.#inFlight = [];
      this.#release(batch);
      if (refused > 0) this.#options.onDropped(refused);
    }
  }

  #take(): AuditEntry[] {
    const { maxRecords, maxBytes } = this.#options.sink.batch;
    let bytes = 0;
    let count = 0;
    while (count < this.#waiting.length && count < maxRecords) {
      const next = (this.#waiting[count] as AuditEntry).bytes;
      // A record larger than a batch may be still has to go.
      if (count > 0 && bytes + next > maxBytes) break;
      bytes += next;
      count++;
    }
    this.#waitingBytes -= bytes;
    return this.#waiting.splice(0, count);
  }

  /** Resolves to the number of records that were not delivered and never will be. */
  async #deliver(batch: readonly AuditEntry[], turn: number): Promise<number> {
    const { sink, onFull, attempts, random } = this.#options;
    for (let attempt = 1; ; attempt++) {
      try {
        const refused = await sink.write(batch, this.#abort.signal);
        this.#inTrouble = false;
        return refused;
      } catch (error) {
        this.#report(error);
        const failure = error instanceof DeliveryError ? error : null;
        const isLast = failure?.permanent === true || attempt >= attempts;
        if ((onFull === 'drop' && isLast) || this.#turn !== turn) return batch.length;
        await this.#pause(backoffMs(attempt, failure?.retryAfterMs ?? null, random()));
        if (this.#turn !== turn) return batch.length;
      }
    }
  }

  #report(error: unknown): void {
    if (this.#inTrouble || this.#abort.signal.aborted) return;
    this.#inTrouble = true;
    this.#options.onTrouble(describeFault(error));
  }

  #release(batch: readonly AuditEntry[]): void {
    this.#records -= batch.length;
    for (const { bytes } of batch) this.#bytes -= bytes;
    this.#options.onRoom();
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#wake = null;
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.#wake = end;
    });
  }
}

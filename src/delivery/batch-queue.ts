/**
 * The queue in front of one receiver: bounded, delivered in order and in batches, tried again when
 * that fails. What is lost is counted, always.
 *
 * @module
 */

import { backoffMs } from './backoff.ts';
import { DeliveryError } from './delivery-error.ts';
import { describeFault } from './fault.ts';

/** How a receiver wants its items. */
export interface BatchShape {
  readonly maxRecords: number;
  readonly maxBytes: number;
  /** How long the first item of a batch may wait for others, in milliseconds. */
  readonly lingerMs: number;
}

/** What items are delivered to. */
export interface BatchSink<Item> {
  readonly batch: BatchShape;
  /**
   * Delivers items, in order; called again only when it has settled. Resolves to the number of
   * items that the other side will never take.
   *
   * @param signal aborted when there is no more time
   * @throws {DeliveryError} when nothing was delivered
   */
  write(items: readonly Item[], signal: AbortSignal): Promise<number>;
  close?(): Promise<void>;
}

/** What happens to an item when the queue is full. */
export type OnFull =
  /** It is taken all the same: whoever offers it asks for room before, and waits. */
  | 'block'
  /** It is lost to this receiver, and counted. */
  | 'drop';

/** Why items were lost. */
export type DropReason =
  | 'queue_full'
  /** The receiver took the batch and said that it will never take these. */
  | 'rejected'
  /** The receiver refused the batch for good. */
  | 'refused'
  /** Every attempt failed. */
  | 'attempts'
  /** The process ended first. */
  | 'shutdown';

export interface BatchQueueOptions<Item> {
  readonly sink: BatchSink<Item>;
  /** Size of an item in bytes; asked more than once, and always the same. */
  readonly sizeOf: (item: Item) => number;
  readonly onFull: OnFull;
  /** Items that may wait, those being delivered included. */
  readonly maxRecords: number;
  readonly maxBytes: number;
  /** Attempts before a batch is dropped; with `block` there is no last one. */
  readonly attempts: number;
  /**
   * `timers`: deliveries begin by themselves. `manual`: only {@link BatchQueue.flush} delivers, for
   * runtimes that allow no work outside of a request.
   */
  readonly start: 'timers' | 'manual';
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly onDropped: (count: number, reason: DropReason) => void;
  /** Deliveries have begun to fail: one line. Called once until one succeeds again. */
  readonly onTrouble: (message: string) => void;
  /** There is more room than before. */
  readonly onRoom: () => void;
  /** These are delivered or lost, and will not be asked for again. Not told at the very end. */
  readonly onSettled?: (items: readonly Item[]) => void;
}

/** How long one that delivers for others may take before another takes over, in milliseconds. */
const MANUAL_TURN_MS = 25_000;

export class BatchQueue<Item> {
  readonly #options: BatchQueueOptions<Item>;
  readonly #abort: AbortController = new AbortController();
  readonly #waiting: Item[] = [];
  /** What is being delivered. */
  #inFlight: readonly Item[] = [];
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

  constructor(options: BatchQueueOptions<Item>) {
    this.#options = options;
  }

  get onFull(): OnFull {
    return this.#options.onFull;
  }

  /** Items there is still room for; 0 when it is full. */
  get room(): number {
    const { maxRecords, maxBytes } = this.#options;
    return this.#bytes >= maxBytes ? 0 : Math.max(0, maxRecords - this.#records);
  }

  /**
   * Takes an item, or drops it. With `block` a full queue still takes it: the calls under way when
   * it filled up were let in, so it outgrows its bounds by no more than these.
   */
  offer(item: Item): void {
    const { onFull, maxBytes, onDropped, sizeOf } = this.#options;
    const bytes = sizeOf(item);
    const isFull = this.room === 0 || this.#bytes + bytes > maxBytes;
    if (this.#closed || (isFull && onFull === 'drop')) {
      onDropped(1, this.#closed ? 'shutdown' : 'queue_full');
      this.#options.onSettled?.([item]);
      return;
    }
    this.#waiting.push(item);
    this.#records++;
    this.#bytes += bytes;
    this.#waitingBytes += bytes;
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
    if (lost > 0) this.#options.onDropped(lost, 'shutdown');
  }

  /**
   * The one that delivered for all was cut off with its request, and a batch with it, which may
   * have arrived: better twice than never.
   */
  #takeOver(): void {
    this.#turn++;
    this.#delivering = null;
    for (const item of this.#inFlight) this.#waitingBytes += this.#options.sizeOf(item);
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
      const lost = await this.#deliver(batch, turn);
      if (this.#turn !== turn) return;
      this.#inFlight = [];
      this.#release(batch);
      if (lost !== null && lost.count > 0) this.#options.onDropped(lost.count, lost.reason);
    }
  }

  #take(): Item[] {
    const { sink, sizeOf } = this.#options;
    const { maxRecords, maxBytes } = sink.batch;
    let bytes = 0;
    let count = 0;
    while (count < this.#waiting.length && count < maxRecords) {
      const next = sizeOf(this.#waiting[count] as Item);
      // An item larger than a batch may be still has to go.
      if (count > 0 && bytes + next > maxBytes) break;
      bytes += next;
      count++;
    }
    this.#waitingBytes -= bytes;
    return this.#waiting.splice(0, count);
  }

  /** Resolves to what was not delivered and never will be; null when nobody asks any more. */
  async #deliver(
    batch: readonly Item[],
    turn: number,
  ): Promise<{ readonly count: number; readonly reason: DropReason } | null> {
    const { sink, onFull, attempts, random } = this.#options;
    for (let attempt = 1; ; attempt++) {
      try {
        const count = await sink.write(batch, this.#abort.signal);
        this.#inTrouble = false;
        return { count, reason: 'rejected' };
      } catch (error) {
        this.#report(error);
        if (this.#turn !== turn) return null;
        const failure = error instanceof DeliveryError ? error : null;
        const isRefused = failure?.permanent === true;
        if (onFull === 'drop' && (isRefused || attempt >= attempts)) {
          return { count: batch.length, reason: isRefused ? 'refused' : 'attempts' };
        }
        await this.#pause(backoffMs(attempt, failure?.retryAfterMs ?? null, random()));
        if (this.#turn !== turn) return null;
      }
    }
  }

  #report(error: unknown): void {
    if (this.#inTrouble || this.#abort.signal.aborted) return;
    this.#inTrouble = true;
    this.#options.onTrouble(describeFault(error));
  }

  #release(batch: readonly Item[]): void {
    this.#records -= batch.length;
    for (const item of batch) this.#bytes -= this.#options.sizeOf(item);
    this.#options.onSettled?.(batch);
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

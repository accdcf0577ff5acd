/**
 * Decides when an isolate sends what it counted.
 *
 * On Workers nothing runs by itself: every send happens on behalf of some request, inside its
 * `waitUntil`. So requests take turns. Whoever ends while nobody is at it sends for all, with a
 * pause between two sends; those that end meanwhile leave their counts to the one at it.
 *
 * @module
 */

import type { DeltaRecorder, MetricsDelta } from '../../telemetry/delta.ts';

/** Shortest time between two sends of one isolate, in milliseconds. */
export const FLUSH_INTERVAL_MS = 2000;
/**
 * How long one request sends for others, in milliseconds. A Worker has 30 s after its response for
 * everything; what does not fit falls to the next request.
 */
const TURN_MS = 20_000;
/** Of which several fit into a turn. */
const MAX_INTERVAL_MS = 5000;
/** How often an open stream sends, in milliseconds: well within the time gauges are kept for. */
const STREAM_INTERVAL_MS = 15_000;

export interface DeltaFlusherOptions {
  readonly recorder: DeltaRecorder;
  /** Sends a delta: false when it is refused for good; rejects when it is to be sent again. */
  readonly send: (delta: MetricsDelta) => Promise<boolean>;
  /** Told about a failed send, one line. */
  readonly onFailure: (message: string) => void;
  /** Milliseconds. Default `Date.now`. */
  readonly now?: () => number;
  readonly sleep?: (ms: number) => Promise<void>;
  /** Shortest time between two sends, in milliseconds, 5000 at most. Default 2000. */
  readonly intervalMs?: number;
}

export class DeltaFlusher {
  readonly #options: DeltaFlusherOptions;
  readonly #now: () => number;
  readonly #sleep: (ms: number) => Promise<void>;
  readonly #intervalMs: number;
  /** Something was counted that is not sent yet. */
  #dirty = false;
  #sentAt = Number.NEGATIVE_INFINITY;
  #lastSequence = 0;
  /** End of the turn under way; in the past when there is none. Also ends turns that were cut off. */
  #turnEndsAt = Number.NEGATIVE_INFINITY;

  constructor(options: DeltaFlusherOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#intervalMs = Math.min(options.intervalMs ?? FLUSH_INTERVAL_MS, MAX_INTERVAL_MS);
    this.#sleep = options.sleep ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms)));
  }

  /** Something was counted. */
  mark(): void {
    this.#dirty = true;
  }

  /**
   * Accompanies one exchange: sends now and then while it lasts, and sees to it that what it
   * counted is sent in the end, by itself or by another. Never rejects.
   */
  async follow(ended: Promise<void>): Promise<void> {
    let over = false;
    const end = ended.then(() => {
      over = true;
    });
    while (!over) {
      await Promise.race([end, this.#pause(STREAM_INTERVAL_MS, end)]);
      if (!over && this.#now() - this.#sentAt >= STREAM_INTERVAL_MS) await this.#tryFlush();
    }
    await this.#takeTurn();
  }

  /**
   * Sends everything there is, at once, whoever else is at it: two sends of one delta are one.
   *
   * @throws what `send` throws
   */
  async flush(): Promise<void> {
    const { recorder, send } = this.#options;
    for (;;) {
      this.#dirty = false;
      const delta = recorder.take();
      if (delta === null) return;
      const isRepeated = delta.sequence === this.#lastSequence;
      this.#lastSequence = delta.sequence;
      this.#sentAt = this.#now();
      try {
        if (await send(delta)) recorder.acknowledge(delta.sequence);
        else recorder.discard(delta.sequence);
      } catch (error) {
        this.#dirty = true;
        throw error;
      }
      // One that had been on its way before is older than the latest counts.
      if (!isRepeated) return;
    }
  }

  async #takeTurn(): Promise<void> {
    // One with enough of its turn left will come round once more, and send for us too.
    while (this.#dirty && this.#turnEndsAt - this.#now() < 2 * this.#intervalMs) {
      if (this.#turnEndsAt > this.#now()) {
        await this.#sleep(this.#intervalMs);
        continue;
      }
      const endsAt = this.#now() + TURN_MS;
      this.#turnEndsAt = endsAt;
      while (this.#dirty && this.#now() < endsAt) {
        const wait = this.#sentAt + this.#intervalMs - this.#now();
        if (wait > 0) await this.#sleep(wait);
        if (!(await this.#tryFlush())) break;
      }
      if (this.#turnEndsAt === endsAt) this.#turnEndsAt = Number.NEGATIVE_INFINITY;
      return;
    }
  }

  async #tryFlush(): Promise<boolean> {
    try {
      await this.flush();
      return true;
    } catch (error) {
      this.#options.onFailure(error instanceof Error ? error.message : String(error));
      return false;
    }
  }

  /** A pause that leaves no timer behind when `until` comes first. */
  #pause(ms: number, until: Promise<void>): Promise<void> {
    if (this.#options.sleep !== undefined) return this.#options.sleep(ms);
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      void until.then(() => clearTimeout(timer));
    });
  }
}

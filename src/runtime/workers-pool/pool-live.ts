/**
 * The live page of several workers: they are asked to tell while somebody watches, and what they
 * tell is shown as one.
 *
 * @module
 */

import { MergedView } from '../../telemetry/live/merged.ts';
import type { ExchangeDetail, LiveView } from '../../telemetry/live/view.ts';
import type { FromWorker, ToWorker } from './messages.ts';

/** How often workers are told that somebody watches, and for how long they believe it, in ms. */
const RENEW_INTERVAL_MS = 1_000;
const WATCH_MS = 4_000;
/** Longest wait for one exchange, in milliseconds. */
const DETAIL_TIMEOUT_MS = 2_000;

/** One worker, as the live page sees it. */
export interface LiveMember {
  take(message: Extract<FromWorker, { type: 'live' | 'detail' }>): void;
  leave(): void;
}

export class PoolLive {
  readonly #view: MergedView = new MergedView({ onRead: () => this.#renew() });
  readonly #sends: Set<(message: ToWorker) => void> = new Set();
  readonly #waiting: Map<number, (detail: ExchangeDetail | null) => void> = new Map();
  #requests = 0;
  #renewedAt = Number.NEGATIVE_INFINITY;

  get view(): LiveView {
    return this.#view;
  }

  /** A worker serves from now on. */
  join(send: (message: ToWorker) => void): LiveMember {
    const seat = this.#view.join((id) => this.#ask(send, id));
    this.#sends.add(send);
    // The next reading tells it, too.
    this.#renewedAt = Number.NEGATIVE_INFINITY;
    return {
      take: (message) => {
        if (message.type === 'live') seat.take(message.update);
        else this.#waiting.get(message.request)?.(message.detail);
      },
      leave: () => {
        this.#sends.delete(send);
        seat.leave();
      },
    };
  }

  #renew(): void {
    const now = Date.now();
    if (now - this.#renewedAt < RENEW_INTERVAL_MS) return;
    this.#renewedAt = now;
    for (const send of this.#sends) send({ type: 'watch', forMs: WATCH_MS });
  }

  #ask(send: (message: ToWorker) => void, id: string): Promise<ExchangeDetail | null> {
    const request = ++this.#requests;
    return new Promise((resolve) => {
      const settle = (detail: ExchangeDetail | null) => {
        clearTimeout(timer);
        this.#waiting.delete(request);
        resolve(detail);
      };
      const timer = setTimeout(settle, DETAIL_TIMEOUT_MS, null);
      this.#waiting.set(request, settle);
      send({ type: 'detail', request, id });
    });
  }
}

/**
 * Tells when the exchange of a request has ended. A Worker's request may be forgotten by the
 * runtime the moment its response is out; what has to happen after the end needs `waitUntil`, and
 * that needs a promise.
 *
 * @module
 */

import type { ExchangeRecord, ExchangeSink, LiveExchange } from '../../exchange/record.ts';

export class ExchangeFollower implements ExchangeSink {
  readonly #open: Map<number, () => void> = new Map();
  #latest: Promise<void> = Promise.resolve();

  started(exchange: LiveExchange): void {
    this.#latest = new Promise((resolve) => this.#open.set(exchange.sequence, resolve));
  }

  ended(record: ExchangeRecord): void {
    this.#open.get(record.sequence)?.();
    this.#open.delete(record.sequence);
  }

  /**
   * Settles when the exchange that was begun last has ended. An exchange begins within the call
   * of `proxy.handle`, so right after it this is that call's.
   */
  get latest(): Promise<void> {
    return this.#latest;
  }
}

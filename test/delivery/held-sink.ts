/**
 * A receiver whose deliveries the test decides about.
 *
 * @module
 */

import type { BatchShape, BatchSink } from '../../src/delivery/batch-queue.ts';

export class HeldSink implements BatchSink<string> {
  readonly batch: BatchShape;
  /** Batches it was asked to deliver. */
  readonly asked: string[][] = [];
  closed = false;
  #pending: { resolve: (refused: number) => void; reject: (error: Error) => void }[] = [];

  constructor(batch: Partial<BatchShape> = {}) {
    this.batch = { maxRecords: 100, maxBytes: 100_000, lingerMs: 0, ...batch };
  }

  write(items: readonly string[], signal: AbortSignal): Promise<number> {
    this.asked.push([...items]);
    return new Promise((resolve, reject) => {
      this.#pending.push({ resolve, reject });
      signal.addEventListener('abort', () => reject(new Error('aborted')));
    });
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  /** Lets the delivery under way succeed. */
  async deliver(refused = 0): Promise<void> {
    this.#take().resolve(refused);
    await settled();
  }

  async fail(error: Error): Promise<void> {
    this.#take().reject(error);
    await settled();
  }

  #take() {
    const pending = this.#pending.shift();
    if (pending === undefined) throw new Error('nothing is being delivered');
    return pending;
  }
}

/** Lets everything happen that needs no timer. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}

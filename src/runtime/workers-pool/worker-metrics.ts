/**
 * How a worker tells the primary what it counted: at the latest a second after it was counted, at
 * once when asked, and once more at its end.
 *
 * @module
 */

import type { ExchangeSink } from '../../exchange/record.ts';
import { DeltaRecorder } from '../../telemetry/delta.ts';
import type { MetricsStore } from '../../telemetry/metrics-store.ts';
import type { FromWorker } from './messages.ts';

/** Longest time a count stays with its worker, in milliseconds: what a crash can lose. */
export const REPORT_INTERVAL_MS = 1000;
/** Longest wait for the last report to be taken, in milliseconds. */
const FINISH_TIMEOUT_MS = 1000;

export class WorkerMetrics {
  readonly #recorder: DeltaRecorder;
  readonly #send: (message: FromWorker) => void;
  /** The latest request not answered yet. */
  #asked: number | null = null;
  /** A delta is sent and not acknowledged: what is counted meanwhile is for the next one. */
  #isInFlight = false;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #onSettled: (() => void) | null = null;

  /** @param source unique per worker process */
  constructor(
    store: Pick<MetricsStore, 'snapshot'>,
    source: string,
    send: (message: FromWorker) => void,
  ) {
    this.#recorder = new DeltaRecorder(store, { source });
    this.#send = send;
  }

  /** Put behind the sinks that count. Nothing counted, nothing sent: an idle worker sleeps. */
  readonly sink: ExchangeSink = {
    started: () => this.#mark(),
    streamOpened: () => this.#mark(),
    streamEvent: () => this.#mark(),
    ended: () => this.#mark(),
  };

  /** The primary asks. */
  collect(request: number): void {
    this.#asked = request;
    if (!this.#isInFlight) this.#report();
  }

  /** The primary has it. */
  acknowledge(sequence: number): void {
    if (!this.#recorder.acknowledge(sequence)) return;
    this.#isInFlight = false;
    // Asked while the delta before was under way, which knew less.
    if (this.#asked !== null) this.#report();
    else this.#onSettled?.();
  }

  /** The last report; resolves when the primary has it, or will not take it any more. */
  async finish(): Promise<void> {
    const settle = async () => {
      await this.#settled();
      this.#report();
      await this.#settled();
    };
    let timer: ReturnType<typeof setTimeout> | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, FINISH_TIMEOUT_MS);
    });
    await Promise.race([settle(), timeout]);
    clearTimeout(timer);
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #settled(): Promise<void> {
    if (!this.#isInFlight) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onSettled = resolve;
    });
  }

  #mark(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      // While one is under way the counts wait for the next turn.
      if (this.#isInFlight) this.#mark();
      else this.#report();
    }, REPORT_INTERVAL_MS);
  }

  #report(): void {
    const request = this.#asked;
    const delta = this.#recorder.take();
    this.#asked = null;
    if (delta === null && request === null) return;
    this.#isInFlight = delta !== null;
    this.#send({ type: 'metrics', request, delta });
  }
}

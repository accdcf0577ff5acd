/**
 * Exports metrics again and again: what there is at that moment, never what was there before. An
 * export that fails is followed by one with newer numbers, sooner than usual, so nothing has to wait
 * in a queue and nothing is lost by waiting.
 *
 * @module
 */

import { backoffMs } from '../../delivery/backoff.ts';
import { DeliveryError } from '../../delivery/delivery-error.ts';
import { describeFault } from '../../delivery/fault.ts';
import type { FamilySnapshot } from '../metrics-store.ts';
import type { Drops } from './drops.ts';
import { countPoints, type MetricsRequest } from './metric-data.ts';
import { type MetricsReading, readerFor } from './metrics-reader.ts';
import type { OtlpReceiver } from './receiver.ts';
import type { OtlpTemporality } from './settings.ts';

export interface MetricsExporterOptions {
  readonly receiver: OtlpReceiver<MetricsRequest>;
  readonly temporality: OtlpTemporality;
  /** Reads everything. */
  readonly collect: () => readonly FamilySnapshot[] | Promise<readonly FamilySnapshot[]>;
  /** Between two exports, in milliseconds. */
  readonly intervalMs: number;
  readonly drops: Drops;
  /** From 0 up to 1. */
  readonly random: () => number;
}

export class MetricsExporter {
  readonly #options: MetricsExporterOptions;
  readonly #read: () => Promise<readonly MetricsReading[]>;
  readonly #abort: AbortController = new AbortController();
  readonly #stop: PromiseWithResolvers<void> = Promise.withResolvers();
  #isStopped = false;
  #isInTrouble = false;
  #running: Promise<void> = Promise.resolve();

  constructor(options: MetricsExporterOptions) {
    this.#options = options;
    this.#read = readerFor(options.temporality, async () => options.collect());
  }

  start(): void {
    this.#running = this.#run();
  }

  /** One more export, and the end. What is not delivered within `deadlineMs` is lost. */
  async close(deadlineMs: number): Promise<void> {
    this.#isStopped = true;
    this.#stop.resolve();
    const timer = setTimeout(() => this.#abort.abort(), deadlineMs);
    await this.#running;
    clearTimeout(timer);
  }

  async #run(): Promise<void> {
    const { intervalMs, random } = this.#options;
    let failures = 0;
    let pauseMs = intervalMs;
    for (;;) {
      await this.#pause(pauseMs);
      const isLast = this.#isStopped;
      const failure = await this.#export(isLast);
      if (isLast) return;
      failures = failure === null ? 0 : failures + 1;
      const retryAfterMs = failure?.retryAfterMs ?? null;
      pauseMs =
        failure === null
          ? intervalMs
          : Math.max(
              retryAfterMs ?? 0,
              Math.min(intervalMs, backoffMs(failures, retryAfterMs, random())),
            );
    }
  }

  /** Null when it went well, or will never: then there is nothing to hurry for. */
  async #export(isLast: boolean): Promise<DeliveryError | null> {
    const { receiver, drops } = this.#options;
    try {
      for (const { request, settle } of await this.#read()) {
        const points = countPoints(request.families);
        try {
          const rejected = await receiver.send(request, this.#abort.signal);
          settle();
          if (rejected > 0) drops.dropped(Math.min(rejected, points), 'rejected');
        } catch (error) {
          const isRefused = error instanceof DeliveryError && error.permanent;
          if (isRefused) settle();
          if (isRefused || isLast) drops.dropped(points, isRefused ? 'refused' : 'shutdown');
          throw error;
        }
      }
      this.#isInTrouble = false;
      return null;
    } catch (error) {
      if (!this.#isInTrouble) drops.trouble(describeFault(error));
      this.#isInTrouble = true;
      const failure = error instanceof DeliveryError ? error : new DeliveryError('unknown');
      return failure.permanent ? null : failure;
    }
  }

  async #pause(ms: number): Promise<void> {
    if (this.#isStopped) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    await Promise.race([timeout, this.#stop.promise]);
    clearTimeout(timer);
  }
}

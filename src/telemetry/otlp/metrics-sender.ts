/**
 * Sends metrics one request at a time, for who has somebody else to say when.
 *
 * @module
 */

import { DeliveryError } from '../../delivery/delivery-error.ts';
import type { MetricsDelta } from '../delta.ts';
import type { FamilySnapshot } from '../metrics-store.ts';
import type { Drops } from './drops.ts';
import { countPoints, type MetricsRequest } from './metric-data.ts';
import type { OtlpReceiver } from './receiver.ts';
import { UNDER_WAY } from './under-way.ts';

/** Longest that a send is taken to be under way, in milliseconds: it may have been cut off. */
const MAX_SEND_MS = 30_000;

export class MetricsSender {
  readonly #receiver: OtlpReceiver<MetricsRequest>;
  readonly #drops: Drops;
  /** End of the time that was delivered last; null until the clock can be read, in a request. */
  #startMs: number | null = null;
  /** The delta that was tried last, and the time it was taken at. */
  #sequence = 0;
  #timeMs = 0;
  #busyUntil = 0;

  constructor(receiver: OtlpReceiver<MetricsRequest>, drops: Drops) {
    this.#receiver = receiver;
    this.#drops = drops;
  }

  /**
   * Sends everything since `startMs`, milliseconds since the epoch.
   *
   * @returns false when the collector will never take it, which is counted as lost
   * @throws {DeliveryError} when it may take the next
   */
  sendTotals(families: readonly FamilySnapshot[], startMs: number): Promise<boolean> {
    return this.#send({ families, temporality: 'cumulative', startMs, timeMs: Date.now() });
  }

  /**
   * Sends what was added, one delta at a time.
   *
   * @returns false when the collector will never take it, which is counted as lost
   * @throws {DeliveryError} when it is to be sent again
   */
  async sendDelta({ sequence, families }: MetricsDelta): Promise<boolean> {
    const now = Date.now();
    if (now < this.#busyUntil) throw new DeliveryError(UNDER_WAY);
    if (sequence !== this.#sequence) this.#timeMs = now;
    this.#sequence = sequence;
    this.#busyUntil = now + MAX_SEND_MS;
    const timeMs = this.#timeMs;
    const startMs = this.#startMs ?? timeMs;
    this.#startMs = startMs;
    try {
      const isTaken = await this.#send({ families, temporality: 'delta', startMs, timeMs });
      this.#startMs = timeMs;
      return isTaken;
    } finally {
      this.#busyUntil = 0;
    }
  }

  async #send(request: MetricsRequest): Promise<boolean> {
    const points = countPoints(request.families);
    try {
      const rejected = await this.#receiver.send(request, new AbortController().signal);
      if (rejected > 0) this.#drops.dropped(Math.min(rejected, points), 'rejected');
      return true;
    } catch (error) {
      if (!(error instanceof DeliveryError) || !error.permanent) throw error;
      this.#drops.trouble(error.message);
      this.#drops.dropped(points, 'refused');
      return false;
    }
  }
}

/**
 * The metrics of all workers as one: each report is added up exactly once, the counts of a worker
 * outlive it, and its gauges do not.
 *
 * @module
 */

import { DeltaMerger, type MetricsDelta, mergeSnapshots } from '../../telemetry/delta.ts';
import type { FamilySnapshot, MetricsStore } from '../../telemetry/metrics-store.ts';
import type { FromWorker, ToWorker } from './messages.ts';

/** Longest a scrape waits for a worker, in milliseconds; then its last report has to do. */
export const COLLECT_TIMEOUT_MS = 1000;
/** Requests a worker that does not answer is sent: they pile up with it. */
const MAX_UNANSWERED = 4;

export interface PoolMetricsOptions {
  /** What the primary process itself has to show. */
  readonly own: Pick<MetricsStore, 'snapshot'>;
  /** Distinct values of a label, over all workers. */
  readonly labelLimit: number;
}

export class PoolMetrics {
  readonly #own: PoolMetricsOptions['own'];
  readonly #labelLimit: number;
  readonly #merger: DeltaMerger;
  readonly #members: Set<PoolMember> = new Set();

  constructor({ own, labelLimit }: PoolMetricsOptions) {
    this.#own = own;
    this.#labelLimit = labelLimit;
    this.#merger = new DeltaMerger({ labelLimit });
  }

  /** A worker serves from now on. */
  join(send: (message: ToWorker) => void): PoolMember {
    const member = new PoolMember(this.#merger, send, () => this.#members.delete(member));
    this.#members.add(member);
    return member;
  }

  /** The sum as of now, as far as workers answer in time. */
  async snapshot(): Promise<readonly FamilySnapshot[]> {
    await Promise.all(Array.from(this.#members, (member) => member.collect(COLLECT_TIMEOUT_MS)));
    return mergeSnapshots([this.#own.snapshot(), this.#merger.snapshot(Date.now())], {
      labelLimit: this.#labelLimit,
    });
  }
}

/** One worker, as the metrics see it. */
export class PoolMember {
  readonly #merger: DeltaMerger;
  readonly #send: (message: ToWorker) => void;
  readonly #onLeave: () => void;
  readonly #waiting: Set<{ readonly request: number; readonly resolve: () => void }> = new Set();
  #asked = 0;
  #answered = 0;
  #last: MetricsDelta | null = null;

  constructor(merger: DeltaMerger, send: (message: ToWorker) => void, onLeave: () => void) {
    this.#merger = merger;
    this.#send = send;
    this.#onLeave = onLeave;
  }

  /** Asks for a report; resolves when it is counted, the worker has left or the time is up. */
  async collect(timeoutMs: number): Promise<void> {
    const request = this.#asked + 1;
    if (request - this.#answered > MAX_UNANSWERED) return;
    this.#asked = request;
    await new Promise<void>((done) => {
      const entry = {
        request,
        resolve: () => {
          clearTimeout(timer);
          this.#waiting.delete(entry);
          done();
        },
      };
      const timer = setTimeout(entry.resolve, timeoutMs);
      this.#waiting.add(entry);
      this.#send({ type: 'collect', request });
    });
  }

  /** A report has come. */
  take({ request, delta }: Extract<FromWorker, { type: 'metrics' }>): void {
    if (delta !== null) {
      this.#merger.apply(delta, Date.now());
      this.#last = delta;
      this.#send({ type: 'acknowledge', sequence: delta.sequence });
    }
    if (request === null) return;
    this.#answered = Math.max(this.#answered, Math.min(request, this.#asked));
    for (const entry of this.#waiting) if (entry.request <= request) entry.resolve();
  }

  /** The worker is gone. In its place a last report says that it holds nothing any more. */
  leave(): void {
    this.#onLeave();
    for (const entry of this.#waiting) entry.resolve();
    if (this.#last === null) return;
    const { version, source, sequence } = this.#last;
    this.#merger.apply({ version, source, sequence: sequence + 1, families: [] }, Date.now());
  }
}

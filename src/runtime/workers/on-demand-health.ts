/**
 * Health where nothing runs between requests: the upstream is checked when somebody asks.
 *
 * @module
 */

import {
  DEFAULT_PROBE_TIMEOUT_MS,
  type HealthReport,
  type ReadinessReport,
  reportHealth,
  reportReadiness,
  type TargetCheck,
} from '../../admin/health.ts';
import { describeProbeError } from '../../admin/probe-error.ts';

/** Statuses with which Cloudflare says that it could not reach an origin. */
const UNREACHABLE: ReadonlySet<number> = new Set([520, 521, 522, 523, 524, 525, 526, 530]);

export interface OnDemandHealthOptions {
  /** Asked with HEAD; any answer of the upstream's own will do. */
  readonly url: string;
  /** Milliseconds a result is kept for: those who ask must not become traffic. */
  readonly maxAgeMs: number;
}

/** In the place of a `HealthMonitor`; {@link refresh} before reading. */
export class OnDemandHealth {
  readonly #url: string;
  readonly #maxAgeMs: number;
  readonly #startedAt: number = Date.now();
  #check: TargetCheck = { status: 'down' };
  #checkedAt: number = Number.NEGATIVE_INFINITY;

  constructor(options: OnDemandHealthOptions) {
    this.#url = options.url;
    this.#maxAgeMs = options.maxAgeMs;
  }

  /** Checks the upstream unless that was done lately. */
  async refresh(): Promise<void> {
    const startedAt = Date.now();
    if (startedAt - this.#checkedAt < this.#maxAgeMs) return;
    const error = await this.#probe();
    this.#checkedAt = Date.now();
    this.#check = {
      status: error === null ? 'up' : 'down',
      latency_ms: this.#checkedAt - startedAt,
      last_check: new Date(this.#checkedAt).toISOString(),
      ...(error === null ? {} : { error }),
    };
  }

  get isReady(): boolean {
    return this.#check.status === 'up';
  }

  health(): HealthReport {
    return reportHealth(Date.now() - this.#startedAt);
  }

  readiness(): ReadinessReport {
    return reportReadiness(this.isReady, this.#check, Date.now() - this.#startedAt);
  }

  /** What is wrong in a few words, or null. */
  async #probe(): Promise<string | null> {
    try {
      const response = await fetch(this.#url, {
        method: 'HEAD',
        redirect: 'manual',
        signal: AbortSignal.timeout(DEFAULT_PROBE_TIMEOUT_MS),
      });
      await response.body?.cancel();
      return UNREACHABLE.has(response.status) ? 'origin unreachable' : null;
    } catch (error) {
      return describeProbeError(error);
    }
  }
}

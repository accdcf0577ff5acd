/**
 * Health of the process and of the upstream behind it: liveness says the process runs, readiness
 * that it can serve.
 *
 * @module
 */

import { describeProbeError } from './probe-error.ts';

/** Longest a probe may take, in milliseconds. */
export const DEFAULT_PROBE_TIMEOUT_MS = 5000;

/** Timers of the runtime, as far as the monitor needs them. */
export interface Timers {
  set(callback: () => void, delayMs: number): unknown;
  clear(handle: unknown): void;
}

export interface HealthMonitorOptions {
  /**
   * Checks the upstream once: resolves when it answers, rejects when it does not. The signal
   * aborts when the monitor has stopped waiting.
   */
  probe: (signal: AbortSignal) => Promise<void>;
  /** Milliseconds from the end of one check to the start of the next. */
  intervalMs: number;
  /** Milliseconds one check may take. Default 5000. */
  timeoutMs?: number;
  /** Milliseconds since the epoch. Default `Date.now`. */
  now?: () => number;
  timers?: Timers;
  /** Called when the upstream came up or went down, and after the first check. */
  onChange?: (check: TargetCheck) => void;
}

/** State of the upstream as last seen. Members that do not apply are left out. */
export interface TargetCheck {
  readonly status: 'up' | 'down';
  readonly latency_ms?: number;
  /** ISO 8601. */
  readonly last_check?: string;
  readonly error?: string;
}

export interface HealthReport {
  readonly status: 'healthy';
  readonly uptime_seconds: number;
}

export interface ReadinessReport {
  readonly status: 'healthy' | 'unhealthy';
  readonly checks: { readonly target: TargetCheck };
  readonly uptime_seconds: number;
}

const GLOBAL_TIMERS: Timers = {
  set: (callback, delayMs) => setTimeout(callback, delayMs),
  clear: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout>),
};

/**
 * Checks the upstream at once when started, then again and again. Not ready until a check has
 * succeeded, while the last one failed, and for good once drained.
 */
export class HealthMonitor {
  readonly #probe: (signal: AbortSignal) => Promise<void>;
  readonly #intervalMs: number;
  readonly #timeoutMs: number;
  readonly #now: () => number;
  readonly #timers: Timers;
  readonly #onChange: (check: TargetCheck) => void;
  readonly #startedAt: number;
  #check: TargetCheck = { status: 'down' };
  #isDraining = false;
  /** The check under way, or the pause before the next; aborting it ends the loop. */
  #run: AbortController | null = null;

  constructor(options: HealthMonitorOptions) {
    this.#probe = options.probe;
    this.#intervalMs = options.intervalMs;
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_PROBE_TIMEOUT_MS;
    this.#now = options.now ?? Date.now;
    this.#timers = options.timers ?? GLOBAL_TIMERS;
    this.#onChange = options.onChange ?? (() => {});
    this.#startedAt = this.#now();
  }

  /** Starts checking. Starting what runs does nothing. */
  start(): void {
    if (this.#run !== null) return;
    this.#run = new AbortController();
    void this.#loop(this.#run.signal);
  }

  /** Ends checking and aborts a check under way. The last state stays. */
  stop(): void {
    this.#run?.abort();
    this.#run = null;
  }

  /** From now on not ready, whatever the upstream says: the process is going away. */
  drain(): void {
    this.#isDraining = true;
  }

  get isReady(): boolean {
    return this.#check.status === 'up' && !this.#isDraining;
  }

  health(): HealthReport {
    return reportHealth(this.#uptimeMs());
  }

  readiness(): ReadinessReport {
    return reportReadiness(this.isReady, this.#check, this.#uptimeMs());
  }

  async #loop(signal: AbortSignal): Promise<void> {
    let isFirst = true;
    while (!signal.aborted) {
      const check = await this.#checkOnce(signal);
      if (signal.aborted) return;
      const isChange = isFirst || check.status !== this.#check.status;
      isFirst = false;
      this.#check = check;
      if (isChange) this.#onChange(check);
      await this.#pause(signal);
    }
  }

  async #checkOnce(stopSignal: AbortSignal): Promise<TargetCheck> {
    const startedAt = this.#now();
    const attempt = new AbortController();
    const cancel = () => attempt.abort();
    stopSignal.addEventListener('abort', cancel);
    const timer = this.#timers.set(cancel, this.#timeoutMs);
    let error: string | null = null;
    try {
      await Promise.race([this.#probe(attempt.signal), rejectOnAbort(attempt.signal)]);
    } catch (cause) {
      error = attempt.signal.aborted
        ? `no answer within ${this.#timeoutMs} ms`
        : describeProbeError(cause);
    } finally {
      this.#timers.clear(timer);
      stopSignal.removeEventListener('abort', cancel);
    }
    const endedAt = this.#now();
    return {
      status: error === null ? 'up' : 'down',
      latency_ms: Math.max(0, endedAt - startedAt),
      last_check: new Date(endedAt).toISOString(),
      ...(error === null ? {} : { error }),
    };
  }

  /** Waits for the interval to pass, or for the monitor to stop. */
  #pause(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const finish = () => {
        this.#timers.clear(timer);
        signal.removeEventListener('abort', finish);
        resolve();
      };
      const timer = this.#timers.set(finish, this.#intervalMs);
      signal.addEventListener('abort', finish);
    });
  }

  #uptimeMs(): number {
    return this.#now() - this.#startedAt;
  }
}

export function reportHealth(uptimeMs: number): HealthReport {
  return { status: 'healthy', uptime_seconds: toSeconds(uptimeMs) };
}

export function reportReadiness(
  isReady: boolean,
  target: TargetCheck,
  uptimeMs: number,
): ReadinessReport {
  return {
    status: isReady ? 'healthy' : 'unhealthy',
    checks: { target },
    uptime_seconds: toSeconds(uptimeMs),
  };
}

/** Whole milliseconds, written as seconds; none below zero where a clock went back. */
const toSeconds = (ms: number): number => Math.max(0, ms) / 1000;

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
  });
}

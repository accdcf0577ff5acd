/**
 * The deadlines of one exchange. Each has its own name and its own timer; none cuts what another
 * one is about.
 *
 * @module
 */

import type { ProxyTimeouts } from './options.ts';
import type { Timer, Timers } from './timers.ts';

export type DeadlineName = 'response_head' | 'idle_stream' | 'total';

export class Deadlines {
  readonly #timeouts: ProxyTimeouts;
  readonly #timers: Timers;
  readonly #onExpire: (name: DeadlineName) => void;
  #head: Timer | null = null;
  #idle: Timer | null = null;
  #total: Timer | null = null;
  #answered = false;
  #over = false;

  /** Starts the total deadline. `onExpire` may be called once for each deadline. */
  constructor(timeouts: ProxyTimeouts, timers: Timers, onExpire: (name: DeadlineName) => void) {
    this.#timeouts = timeouts;
    this.#timers = timers;
    this.#onExpire = onExpire;
    if (timeouts.total > 0) this.#total = timers.start(timeouts.total, onExpire, 'total');
  }

  /** The upstream has the whole request: its answer is due. */
  requestSent(): void {
    if (this.#timeouts.responseHead > 0 && !this.#answered && !this.#over) {
      this.#head = this.#timers.start(this.#timeouts.responseHead, this.#onExpire, 'response_head');
    }
  }

  responseHead(): void {
    this.#answered = true;
    this.#head?.cancel();
    this.#head = null;
  }

  /** More of the response body is being waited for. */
  waiting(): void {
    if (this.#timeouts.idleStream === 0 || this.#over) return;
    this.#idle?.cancel();
    this.#idle = this.#timers.start(this.#timeouts.idleStream, this.#onExpire, 'idle_stream');
  }

  /** Nobody is asking for more: silence is the client's doing, not the upstream's. */
  pause(): void {
    this.#idle?.cancel();
    this.#idle = null;
  }

  /** The exchange is over: no deadline starts any more. */
  clear(): void {
    this.#over = true;
    this.#head?.cancel();
    this.#total?.cancel();
    this.#head = null;
    this.#total = null;
    this.pause();
  }
}

/** One line for the log. */
export function describeExpiry(name: DeadlineName, timeouts: ProxyTimeouts): string {
  switch (name) {
    case 'response_head':
      return `no response head within ${timeouts.responseHead} ms`;
    case 'idle_stream':
      return `upstream silent for ${timeouts.idleStream} ms`;
    case 'total':
      return `exchange longer than ${timeouts.total} ms`;
  }
}

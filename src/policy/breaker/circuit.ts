/**
 * The state machine of a circuit breaker. It has no timer: time passes when somebody asks.
 *
 * - closed: everything passes; `failures` of them in a row open the circuit.
 * - open: nothing passes for `openMs`.
 * - half open: `probes` calls pass and no more. When all of them succeed the circuit closes, when
 *   one fails it opens again. One that ends without saying anything makes room for another.
 *
 * A call that began in an earlier state says nothing of the present one and is not counted. Probes
 * that are still undecided `openMs` after the first of them have failed: an upstream that swallows
 * calls is not well.
 *
 * @module
 */

import type { BreakerSettings } from './settings.ts';

export type CircuitState = 'closed' | 'open' | 'half_open';

/** How a call that passed turned out. */
export type CallResult =
  | 'success'
  | 'failure'
  /** Nothing can be said: the client left, or somebody else refused. */
  | 'unknown';

/** One call that may go upstream, to be settled once. */
export interface CallPass {
  /** Let through to try the upstream out. */
  readonly isProbe: boolean;
  /** The first call counts, others are ignored. */
  settle(result: CallResult, nowMs: number): void;
}

export interface CircuitOptions extends Omit<BreakerSettings, 'failureStatuses'> {
  onStateChange?(state: CircuitState, previous: CircuitState): void;
}

/** When to ask again while probes are under way: they may be decided at any moment. */
const PROBE_WAIT_MS = 1000;

export class Circuit {
  readonly #options: CircuitOptions;
  #state: CircuitState = 'closed';
  /** Counts states: passes of an earlier one are void. */
  #generation = 0;
  /** When the present state began; follows a clock that went back. */
  #since = 0;
  #failuresInRow = 0;
  #probesUnderWay = 0;
  #probesSucceeded = 0;
  /** When the first probe of the present state was let through. */
  #firstProbeAt = 0;

  constructor(options: CircuitOptions) {
    this.#options = options;
  }

  get state(): CircuitState {
    return this.#state;
  }

  /** A pass, or how many milliseconds to wait. */
  enter(nowMs: number): CallPass | number {
    this.#followClock(nowMs);
    if (this.#state === 'open') {
      const rest = this.#since + this.#options.openMs - nowMs;
      if (rest > 0) return rest;
      this.#become('half_open', nowMs);
    }
    if (this.#state === 'closed') return new Pass(this, this.#generation, false);
    return this.#enterHalfOpen(nowMs);
  }

  /** Called by passes only. */
  count(generation: number, isProbe: boolean, result: CallResult, nowMs: number): void {
    if (generation !== this.#generation) return;
    if (isProbe) this.#countProbe(result, nowMs);
    else if (result === 'success') this.#failuresInRow = 0;
    else if (result === 'failure' && ++this.#failuresInRow >= this.#options.failures) {
      this.#become('open', nowMs);
    }
  }

  #enterHalfOpen(nowMs: number): CallPass | number {
    const { probes, openMs } = this.#options;
    if (this.#probesUnderWay + this.#probesSucceeded < probes) {
      if (this.#probesUnderWay === 0) this.#firstProbeAt = nowMs;
      this.#probesUnderWay++;
      return new Pass(this, this.#generation, true);
    }
    const patience = this.#firstProbeAt + openMs - nowMs;
    if (patience > 0) return Math.min(patience, PROBE_WAIT_MS);
    this.#become('open', nowMs);
    return openMs;
  }

  #countProbe(result: CallResult, nowMs: number): void {
    this.#probesUnderWay--;
    if (result === 'failure') this.#become('open', nowMs);
    else if (result === 'success' && ++this.#probesSucceeded >= this.#options.probes) {
      this.#become('closed', nowMs);
    }
  }

  #become(state: CircuitState, nowMs: number): void {
    const previous = this.#state;
    this.#state = state;
    this.#generation++;
    this.#since = nowMs;
    this.#failuresInRow = 0;
    this.#probesUnderWay = 0;
    this.#probesSucceeded = 0;
    this.#options.onStateChange?.(state, previous);
  }

  #followClock(nowMs: number): void {
    if (nowMs < this.#since) this.#since = nowMs;
    if (nowMs < this.#firstProbeAt) this.#firstProbeAt = nowMs;
  }
}

class Pass implements CallPass {
  readonly isProbe: boolean;
  readonly #circuit: Circuit;
  readonly #generation: number;
  #settled = false;

  constructor(circuit: Circuit, generation: number, isProbe: boolean) {
    this.#circuit = circuit;
    this.#generation = generation;
    this.isProbe = isProbe;
  }

  settle(result: CallResult, nowMs: number): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#circuit.count(this.#generation, this.isProbe, result, nowMs);
  }
}

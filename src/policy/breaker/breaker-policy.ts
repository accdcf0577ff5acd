/**
 * The circuit breaker in front of the upstream, as a policy. It stands last, so that what others
 * refuse neither counts nor takes the place of a probe.
 *
 * Failures are connections that fail, answers that come too late or break off, and the statuses
 * that the settings name. A client that leaves says nothing of the upstream. A stream that stays
 * open by itself is judged by its beginning only: that it ends some day is no failure.
 *
 * @module
 */

import type { GuardedExchange, Policy, PolicyRun, Refusal, Verdict } from '../../exchange/guard.ts';
import type { ExchangeRecord } from '../../exchange/record.ts';
import { WEIR_ERROR } from '../../protocol/jsonrpc/errors.ts';
import { lookupMethod } from '../../protocol/mcp/methods.ts';
import { type CallPass, type CallResult, Circuit, type CircuitState } from './circuit.ts';
import type { BreakerSettings } from './settings.ts';

export type { CircuitState } from './circuit.ts';

/** What the breaker needs of the place where it runs. */
export interface BreakerPorts {
  /** Monotonic clock in milliseconds. */
  now(): number;
  /** For a metric; must not throw. */
  onStateChange?(state: CircuitState, previous: CircuitState): void;
  /** A call that passed was counted; for a metric, must not throw. */
  onResult?(result: 'success' | 'failure'): void;
}

export interface BreakerPolicy extends Policy {
  readonly state: CircuitState;
}

export function createBreakerPolicy(settings: BreakerSettings, ports: BreakerPorts): BreakerPolicy {
  const circuit = new Circuit({
    ...settings,
    onStateChange: (state, previous) => ports.onStateChange?.(state, previous),
  });
  return {
    name: 'breaker',
    get state() {
      return circuit.state;
    },
    open: (exchange) => new BreakerRun(circuit, settings, ports, exchange),
  };
}

class BreakerRun implements PolicyRun {
  readonly #circuit: Circuit;
  readonly #settings: BreakerSettings;
  readonly #ports: BreakerPorts;
  readonly #exchange: GuardedExchange;
  #pass: CallPass | null = null;
  #ended = false;

  constructor(
    circuit: Circuit,
    settings: BreakerSettings,
    ports: BreakerPorts,
    exchange: GuardedExchange,
  ) {
    this.#circuit = circuit;
    this.#settings = settings;
    this.#ports = ports;
    this.#exchange = exchange;
  }

  messages(): Verdict {
    // Nobody would be left to give a pass back.
    if (this.#ended || this.#pass !== null) return null;
    const entered = this.#circuit.enter(this.#ports.now());
    if (typeof entered === 'number') return resting(entered);
    this.#pass = entered;
    return null;
  }

  response(status: number): null {
    if (this.#isFailure(status)) this.#settle('failure');
    // A probe is answered well by its head; a call in quiet times may still break off.
    else if (this.#pass?.isProbe || staysOpen(this.#exchange)) this.#settle('success');
    return null;
  }

  ended(record: ExchangeRecord): void {
    this.#ended = true;
    this.#settle(resultOf(record));
  }

  #isFailure(status: number): boolean {
    for (const { from, to } of this.#settings.failureStatuses) {
      if (status >= from && status <= to) return true;
    }
    return false;
  }

  #settle(result: CallResult): void {
    const pass = this.#pass;
    if (pass === null) return;
    this.#pass = null;
    pass.settle(result, this.#ports.now());
    if (result !== 'unknown') this.#ports.onResult?.(result);
  }
}

function resultOf({ outcome }: ExchangeRecord): CallResult {
  switch (outcome) {
    case 'upstream_unreachable':
    case 'upstream_timeout':
    case 'upstream_aborted':
      return 'failure';
    case 'canceled':
    case 'denied':
      return 'unknown';
    default:
      return 'success';
  }
}

function staysOpen({ head, messages }: GuardedExchange): boolean {
  if (head.httpMethod === 'GET') return true;
  const method = messages[0]?.envelope.method ?? null;
  return method !== null && (lookupMethod(method)?.opensStream ?? false);
}

function resting(waitMs: number): Refusal {
  const retryAfterMs = Math.ceil(waitMs);
  return {
    kind: 'refuse',
    decision: { policy: 'breaker', decision: 'limit', rule: null, reason: 'upstream_resting' },
    status: 503,
    code: WEIR_ERROR.UPSTREAM_RESTING,
    message: 'The MCP server behind this proxy has failed too often and is left alone for a while',
    data: { retryAfterMs },
    headers: ['Retry-After', String(Math.max(1, Math.ceil(retryAfterMs / 1000)))],
  };
}

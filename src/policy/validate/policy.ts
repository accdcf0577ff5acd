/**
 * Validation: whether a request is one that every reader on its way reads alike, and that the
 * protocol has.
 *
 * Each check reports or enforces by itself. What is refused here is refused for the request's own
 * sake, so that no status is ever 500 or above; and as a client that probes with `server/discover`
 * takes a 4xx for "no modern server here", nothing is refused of a correct one, except for its
 * version, which -32022 tells it in words it understands.
 *
 * @module
 */

import type { GuardedExchange, Policy, PolicyRun, Refusal, Verdict } from '../../exchange/guard.ts';
import { type ActiveCheck, activeChecks, type CheckPorts } from './active-checks.ts';
import type { Finding } from './check.ts';
import type { CheckName, ValidateSettings } from './settings.ts';

/** What the policy needs beside its settings. */
export type ValidatePorts = CheckPorts;

/**
 * Creates the policy.
 *
 * The checks of tools can stand apart, behind authorization: their refusals tell which tools there
 * are, and what their arguments are called.
 *
 * @param part `request` for the checks that need no tools, `tools` for the others; default both
 * @throws TypeError when an allowed host or origin is not understood
 */
export function createValidatePolicy(
  settings: ValidateSettings,
  ports: ValidatePorts,
  part: 'all' | 'request' | 'tools' = 'all',
): Policy {
  const checks = activeChecks(settings, ports).filter(
    ({ check }) => part === 'all' || (check.stage === 'tool') === (part === 'tools'),
  );
  const plan: Plan = {
    head: checks.filter(({ check }) => check.stage === 'head'),
    body: checks.filter(({ check }) => check.stage !== 'head'),
  };
  return {
    name: 'validate',
    open: (exchange) => (checks.length === 0 ? null : new ValidateRun(plan, exchange)),
  };
}

/** The checks that are on, in their order. */
interface Plan {
  readonly head: readonly ActiveCheck[];
  readonly body: readonly ActiveCheck[];
}

class ValidateRun implements PolicyRun {
  readonly #plan: Plan;
  readonly #exchange: GuardedExchange;
  /** A check that finds the same in the head and in the body is written down once. */
  readonly #noted: Set<CheckName> = new Set();

  constructor(plan: Plan, exchange: GuardedExchange) {
    this.#plan = plan;
    this.#exchange = exchange;
  }

  head(): Verdict {
    return this.#judge(this.#plan.head);
  }

  messages(): Verdict {
    return this.#judge(this.#plan.body);
  }

  #judge(checks: readonly ActiveCheck[]): Verdict {
    for (const active of checks) {
      const finding = this.#find(active);
      const refusal = finding && this.#answer(active, finding);
      if (refusal !== null) return refusal;
    }
    return null;
  }

  /** What the check finds first that is not advice, or what advice it has. */
  #find({ check }: ActiveCheck): Finding | null {
    const exchange = this.#exchange;
    const found = check.judge?.(exchange) ?? null;
    if (found !== null || check.judgeMessage === undefined) return found;
    let advice: Finding | null = null;
    for (const message of exchange.messages) {
      const finding = check.judgeMessage(message, exchange);
      if (finding === null) continue;
      if (finding.advisory !== true) return finding;
      advice ??= finding;
    }
    return advice;
  }

  /** Refuses, or writes down what is not refused. */
  #answer({ check, enforces }: ActiveCheck, finding: Finding): Refusal | null {
    const { reason, status, code, message, data, headers } = finding;
    const base = { policy: 'validate', rule: check.name, reason } as const;
    if (finding.advisory === true || !enforces) {
      if (!this.#noted.has(check.name)) {
        this.#noted.add(check.name);
        this.#exchange.note({ ...base, decision: finding.advisory === true ? 'allow' : 'report' });
      }
      return null;
    }
    return {
      kind: 'refuse',
      decision: { ...base, decision: 'deny' },
      status,
      code,
      message,
      ...(data && { data }),
      ...(headers && { headers }),
    };
  }
}

/**
 * Authorization: who may call what.
 *
 * Every message of a request is put to the rules in their order, and the first that matches
 * decides; a message that none matches meets the default. A batch passes when all of its messages
 * do. What cannot be judged does not pass, whatever the rules say: the reasons are those of
 * `subject.ts`.
 *
 * Notifications are judged by their method as requests are: a `tools/call` without an id may be
 * carried out all the same. Requests without messages are judged as `http/get` and so on, posted
 * answers as `rpc/response`. What is allowed without a rule is said in `plumbing.ts`, how a
 * refusal is answered in `refusal.ts`.
 *
 * @module
 */

import type {
  GuardedExchange,
  ListVisibility,
  Policy,
  PolicyRun,
  ToolCatalog,
  Verdict,
} from '../../exchange/guard.ts';
import { compileRules } from './compile-rules.ts';
import { ExchangeContext } from './exchange-context.ts';
import { type Explanation, explainExchange } from './explain.ts';
import type { ExpressionCompiler } from './expression-port.ts';
import { Judge, type Judgement, refuseUnjudged } from './judge.ts';
import { readEntry } from './list-entry.ts';
import { type Obstacles, refuseForbidden, refuseUnjudgeable } from './refusal.ts';
import type { AuthorizeSettings } from './settings.ts';
import { readSubjects, type Subject } from './subject.ts';

export interface AuthorizePorts {
  readonly catalog: ToolCatalog;
  /** The name of the server behind the proxy; null when it has none. */
  readonly serverName: string | null;
  /** From `loadExpressions`; null where no rule has an expression. */
  readonly expressions: ExpressionCompiler | null;
}

export interface AuthorizePolicy extends Policy, ListVisibility {
  readonly name: 'authorize';
  /** Which rule decides on each message of a request, and why the earlier ones do not. */
  explain(exchange: GuardedExchange): Explanation;
}

/** @throws RuleError with every rule that cannot be used */
export function createAuthorizePolicy(
  settings: AuthorizeSettings,
  ports: AuthorizePorts,
): AuthorizePolicy {
  const judge = new Judge(
    compileRules(settings.rules, ports.serverName, ports.expressions),
    settings.default,
  );
  const hasNoSay = settings.rules.length === 0 && settings.default === 'allow';
  const enforced = settings.mode === 'enforce';
  return {
    name: 'authorize',
    open: (exchange) => (hasNoSay ? null : new AuthorizeRun(judge, ports, exchange, enforced)),
    mayList(exchange, kind, entry) {
      if (hasNoSay || !enforced) return true;
      const subject = readEntry(kind, entry);
      return subject !== null && judge.mayBeAllowed(subject, new ExchangeContext(exchange, ports));
    },
    explain: (exchange) => explainExchange(judge, new ExchangeContext(exchange, ports)),
  };
}

class AuthorizeRun implements PolicyRun {
  readonly #judge: Judge;
  readonly #ports: AuthorizePorts;
  readonly #exchange: GuardedExchange;
  readonly #enforced: boolean;

  constructor(judge: Judge, ports: AuthorizePorts, exchange: GuardedExchange, enforced: boolean) {
    this.#judge = judge;
    this.#ports = ports;
    this.#exchange = exchange;
    this.#enforced = enforced;
  }

  messages(): Verdict {
    const exchange = this.#exchange;
    const subjects = readSubjects(exchange);
    if (typeof subjects === 'string') {
      return this.#conclude(refuseUnjudgeable(refuseUnjudged(subjects, null), subjects));
    }
    const context = new ExchangeContext(exchange, this.#ports);
    const judgements = new Array<Judgement>(subjects.length);
    for (let i = 0; i < subjects.length; i++) {
      const subject = subjects[i] as Subject;
      const judgement = this.#judge.judge(subject, context);
      const { unjudgeable } = judgement;
      if (unjudgeable !== null) return this.#conclude(refuseUnjudgeable(judgement, unjudgeable));
      if (!judgement.allowed) {
        return this.#conclude(
          refuseForbidden(exchange, subject, judgement, {
            rights: this.#judge.missingRights(subject, context),
            description: this.#describe(subject, context),
          }),
        );
      }
      judgements[i] = judgement;
    }
    for (const { decision } of judgements) exchange.note(decision);
    return null;
  }

  #describe(subject: Subject, context: ExchangeContext): Obstacles['description'] {
    if (!this.#judge.goesByDescription(subject, context)) return null;
    const isListed = this.#ports.catalog.get(subject.target?.name ?? '') !== undefined;
    return isListed ? 'listed' : 'unlisted';
  }

  /** Where nothing is enforced, what would have been refused is written down and passes. */
  #conclude(refusal: NonNullable<Verdict> & { kind: 'refuse' }): Verdict {
    if (this.#enforced) return refusal;
    this.#exchange.note({ ...refusal.decision, decision: 'report' });
    return null;
  }
}

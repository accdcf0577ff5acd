/**
 * Puts subjects to the rules: the first that matches decides.
 *
 * @module
 */

import type { PolicyDecision } from '../../exchange/guard.ts';
import { missingRights, type Rule, type RuleAnswer, type RuleContext } from './rule.ts';
import { RuleIndex } from './rule-index.ts';
import type { Effect } from './settings.ts';
import type { Subject, Unjudgeable } from './subject.ts';

/** What was decided of one subject, or of a whole request that cannot be judged. */
export interface Judgement {
  readonly allowed: boolean;
  /** As it is written down when it is enforced. */
  readonly decision: PolicyDecision;
  /** Set when the rules could not be asked, or could not answer. */
  readonly unjudgeable: Unjudgeable | null;
}

/** Scopes and roles, by name; empty lists where none is concerned. */
export interface Rights {
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
}

/** What the caller would need beside what it has. */
export interface MissingRights {
  readonly missing: Rights;
  /** All that the operation needs, what the caller has included. */
  readonly required: Rights;
}

const ANSWERS: ReadonlySet<RuleAnswer> = new Set<RuleAnswer>([
  'match',
  'maybe',
  'method',
  'target',
  'annotation',
  'principal',
  'argument',
  'scope',
  'role',
  'expression',
]);

export class Judge {
  readonly #index: RuleIndex;
  readonly #byRule: ReadonlyMap<Rule, Judgement>;
  readonly #default: Judgement;
  readonly #plumbing: Judgement = judgement('allow', null, 'plumbing');

  constructor(rules: readonly Rule[], otherwise: Effect) {
    this.#index = new RuleIndex(rules);
    this.#byRule = new Map(rules.map((rule) => [rule, judgement(rule.effect, rule.name, 'rule')]));
    this.#default = judgement(otherwise, null, 'no_rule');
  }

  get rules(): readonly Rule[] {
    return this.#index.rules;
  }

  judge(subject: Subject, context: RuleContext): Judgement {
    for (const rule of this.#index.candidates(subject)) {
      const answer = rule.answer(subject, context);
      if (answer === 'match') return this.#byRule.get(rule) as Judgement;
      if (isUnjudgeable(answer)) return refuseUnjudged(answer, rule.name);
    }
    return this.fallback(subject);
  }

  /** What happens to a subject that no rule matches. */
  fallback(subject: Subject): Judgement {
    return subject.plumbing ? this.#plumbing : this.#default;
  }

  /** Whether an entry of a list may be seen: some call of it could be allowed. */
  mayBeAllowed(subject: Subject, context: RuleContext): boolean {
    for (const rule of this.#index.candidates(subject)) {
      const answer = rule.answer(subject, context);
      if (answer === 'match') return rule.effect === 'allow';
      if (answer === 'maybe' && rule.effect === 'allow') return true;
      if (isUnjudgeable(answer)) return false;
    }
    return this.fallback(subject).allowed;
  }

  /**
   * The rights without which a refused subject was refused: those of the first rule that would
   * have matched with them. Null when no right would have helped.
   */
  missingRights(subject: Subject, context: RuleContext): MissingRights | null {
    for (const rule of this.#index.candidates(subject)) {
      if (rule.answer(subject, context, 'rights') !== 'match') continue;
      const { principal } = context;
      const missing = {
        scopes: missingRights(rule.scopes, principal?.scopes),
        roles: missingRights(rule.roles, principal?.roles),
      };
      if (missing.scopes.length === 0 && missing.roles.length === 0) return null;
      // A rule that denies those who have a right would not help.
      if (rule.effect === 'deny') continue;
      return { missing, required: requiredRights(rule, missing) };
    }
    return null;
  }

  /**
   * Whether a refused subject might be allowed if the tool said something else of itself, or if it
   * were known what it says.
   */
  goesByDescription(subject: Subject, context: RuleContext): boolean {
    if (subject.target?.kind !== 'tool') return false;
    for (const rule of this.#index.candidates(subject)) {
      const answer = rule.answer(subject, context);
      if (answer === 'match') return rule.goesByDescription;
      if (
        answer === 'annotation' &&
        rule.effect === 'allow' &&
        rule.answer(subject, context, 'annotations') === 'match'
      ) {
        return true;
      }
    }
    return false;
  }
}

/** Everything a challenge has to ask for: a token with only the missing scope would not do. */
function requiredRights(rule: Rule, missing: Rights): Rights {
  return {
    scopes: [...new Set([...(rule.scopes?.all ?? []), ...missing.scopes])],
    roles: [...new Set([...(rule.roles?.all ?? []), ...missing.roles])],
  };
}

export function isUnjudgeable(answer: RuleAnswer): answer is Unjudgeable {
  return !ANSWERS.has(answer);
}

/** @param rule the name of the rule that could not answer, or null */
export function refuseUnjudged(reason: Unjudgeable, rule: string | null): Judgement {
  return { ...judgement('deny', rule, reason), unjudgeable: reason };
}

function judgement(effect: Effect, rule: string | null, reason: string): Judgement {
  const decision: PolicyDecision = { policy: 'authorize', decision: effect, rule, reason };
  return { allowed: effect === 'allow', decision: Object.freeze(decision), unjudgeable: null };
}

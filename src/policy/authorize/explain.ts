/**
 * Tells which rule decides on a request, and why the earlier ones do not.
 *
 * @module
 */

import type { ExchangeContext } from './exchange-context.ts';
import { isUnjudgeable, type Judge } from './judge.ts';
import type { RuleAnswer } from './rule.ts';
import type { Effect } from './settings.ts';
import { readSubjects, type Subject, type SubjectTarget, type Unjudgeable } from './subject.ts';

/** What a rule said of a subject. */
export interface RuleOpinion {
  readonly rule: string;
  readonly effect: Effect;
  readonly answer: RuleAnswer;
}

export interface SubjectExplanation {
  readonly method: string;
  readonly target: SubjectTarget | null;
  readonly decision: Effect;
  /** The rule that decided; null for the default and for plumbing. */
  readonly rule: string | null;
  /** `rule`, `no_rule`, `plumbing`, or why the subject cannot be judged. */
  readonly reason: string;
  /** Every rule that was asked, in order; the last one decided, unless none did. */
  readonly opinions: readonly RuleOpinion[];
}

export interface Explanation {
  readonly decision: Effect;
  /** Of the first refused subject, or of the first one when all are allowed. */
  readonly rule: string | null;
  /** Why the request as a whole cannot be judged, or null. */
  readonly unjudgeable: Unjudgeable | null;
  readonly subjects: readonly SubjectExplanation[];
}

export function explainExchange(judge: Judge, context: ExchangeContext): Explanation {
  const subjects = readSubjects(context.exchange);
  if (typeof subjects === 'string') {
    return { decision: 'deny', rule: null, unjudgeable: subjects, subjects: [] };
  }
  const explained = subjects.map((subject) => explainSubject(judge, subject, context));
  const refused = explained.find(({ decision }) => decision === 'deny');
  return {
    decision: refused === undefined ? 'allow' : 'deny',
    rule: (refused ?? explained[0])?.rule ?? null,
    unjudgeable: null,
    subjects: explained,
  };
}

function explainSubject(
  judge: Judge,
  subject: Subject,
  context: ExchangeContext,
): SubjectExplanation {
  const { decision } = judge.judge(subject, context);
  const opinions: RuleOpinion[] = [];
  for (const rule of judge.rules) {
    const answer = rule.answer(subject, context);
    opinions.push({ rule: rule.name, effect: rule.effect, answer });
    if (answer === 'match' || isUnjudgeable(answer)) break;
  }
  return {
    method: subject.method,
    target: subject.target,
    decision: decision.decision === 'allow' ? 'allow' : 'deny',
    rule: decision.rule,
    reason: decision.reason,
    opinions,
  };
}

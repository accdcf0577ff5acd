/**
 * What `weir policy` tells people, in words.
 *
 * @module
 */

import type { PolicyCase } from '../config/policy/authorize-cases.ts';
import { printableName } from '../config/problem.ts';
import type { Verdict } from '../exchange/guard.ts';
import type { Explanation, SubjectExplanation } from '../policy/authorize/explain.ts';

/** Why a rule does or does not match; what is not here is said as it is. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ['match', 'matches'],
  ['method', 'is not about this method'],
  ['target', 'is not about this target'],
  ['annotation', 'is about tools that say something else of themselves'],
  ['principal', 'is not about this principal'],
  ['argument', 'asks for other arguments'],
  ['scope', 'asks for a scope that the principal lacks'],
  ['role', 'asks for a role that the principal lacks'],
  ['expression', 'has an expression that is false'],
  ['expression_failed', 'has an expression that failed: refused'],
  ['ambiguous_resource', 'cannot tell which resource is meant: refused'],
  ['repeated_member', 'a member is given twice, or in other letter case: refused'],
  ['no_rule', 'no rule matches: the default'],
  ['plumbing', 'plumbing of the protocol, and no rule is about it'],
]);

const inWords = (reason: string): string => WORDS.get(reason) ?? reason.replaceAll('_', ' ');

/** `deny by rule "x"`, or why without one. */
export function renderDecision({ decision, rule, unjudgeable, subjects }: Explanation): string {
  if (unjudgeable !== null) return `deny: cannot be judged (${inWords(unjudgeable)})`;
  if (rule !== null) return `${decision} by rule ${quote(rule)}`;
  const decisive = subjects.find((subject) => subject.decision === decision);
  return `${decision}: ${inWords(decisive?.reason ?? 'no_rule')}`;
}

export function renderExplanation(explanation: Explanation, verdict: Verdict): string {
  const lines = [renderDecision(explanation), ...explanation.subjects.flatMap(renderSubject)];
  if (verdict?.kind === 'refuse') {
    const { status, code, message } = verdict;
    lines.push(`The caller gets HTTP ${status} with error ${code}: ${message}`);
  } else if (explanation.decision === 'deny') {
    lines.push('Only reported: mode is report, and the request passes');
  }
  return `${lines.join('\n')}\n`;
}

function renderSubject({
  method,
  target,
  decision,
  reason,
  rule,
  opinions,
}: SubjectExplanation): string[] {
  const aim = target === null ? '' : ` of ${target.kind.replace('_', ' ')} ${quote(target.name)}`;
  const why = rule === null ? ` (${inWords(reason)})` : '';
  const width = Math.max(0, ...opinions.map((opinion) => quote(opinion.rule).length));
  return [
    `${printableName(method)}${aim}: ${decision}${why}`,
    ...opinions.map((opinion) => {
      const name = quote(opinion.rule).padEnd(width);
      return `  ${name}  ${opinion.effect.padEnd(5)}  ${inWords(opinion.answer)}`;
    }),
  ];
}

/** A case, and what the rules said of it. */
export interface CaseResult {
  readonly policyCase: PolicyCase;
  readonly explanation: Explanation;
  readonly passed: boolean;
}

export function renderResults(results: readonly CaseResult[]): string {
  const lines = results.flatMap(({ policyCase, explanation, passed }) => {
    const name = printableName(policyCase.name);
    if (passed) return [`ok    ${name}`];
    return [
      `FAIL  ${name}`,
      `      expected  ${renderExpected(policyCase.expected)}`,
      `      got       ${renderDecision(explanation)}`,
      ...explanation.subjects.flatMap(renderSubject).map((line) => `      ${line}`),
    ];
  });
  const failed = results.filter(({ passed }) => !passed).length;
  const cases = `${results.length} ${results.length === 1 ? 'case' : 'cases'}`;
  return `${[...lines, `${cases}, ${failed === 0 ? 'all as expected' : `${failed} not as expected`}`].join('\n')}\n`;
}

function renderExpected({ decision, rule }: PolicyCase['expected']): string {
  if (rule === undefined) return decision;
  return rule === null ? `${decision} without a rule` : `${decision} by rule ${quote(rule)}`;
}

function quote(name: string): string {
  return `"${printableName(name).replace(/\p{C}/gu, '?')}"`;
}

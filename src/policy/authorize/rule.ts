/**
 * One rule, read once and then asked of every subject.
 *
 * @module
 */

import type { Principal, ToolCatalog } from '../../exchange/guard.ts';
import { GlobList } from '../glob.ts';
import { ArgumentTest } from './argument-condition.ts';
import type { Expression, ExpressionInput } from './expression-port.ts';
import { normalizeUri } from './resource-uri.ts';
import type { Effect, RightSettings, RuleSettings } from './settings.ts';
import type { Subject, SubjectKind, Unjudgeable } from './subject.ts';
import { requireNormal } from './text-pattern.ts';

/** Why a rule does not match: the first of its statements that is not met. */
export type Mismatch =
  | 'method'
  | 'target'
  | 'annotation'
  | 'principal'
  | 'argument'
  | 'scope'
  | 'role'
  | 'expression';

/** `match`; `maybe` for entries of lists, where it depends on arguments; else why not. */
export type RuleAnswer = 'match' | 'maybe' | Mismatch | Unjudgeable;

/** What to take for met, to find out what stands in the way. */
export type Assumption = 'nothing' | 'rights' | 'annotations';

/** What rules know beside the subject. */
export interface RuleContext {
  readonly principal: Principal | null;
  readonly catalog: ToolCatalog;
  /** @param reads the variables that the expression reads */
  expressionInput(subject: Subject, reads: ReadonlySet<string>): ExpressionInput | Unjudgeable;
}

/** The kind of caller that has proved nothing. */
const NOBODY = 'anonymous';

/** Stands for what a resource template leaves open. */
const TEMPLATE_EXPRESSION = /\{[^{}]*\}/g;

export class Rule {
  readonly name: string;
  readonly effect: Effect;
  /** Globs over methods; null when any method will do. Only rules with them judge plumbing. */
  readonly methods: GlobList | null;
  readonly tools: GlobList | null;
  readonly prompts: GlobList | null;
  readonly resources: GlobList | null;
  readonly scopes: RightSettings | null;
  readonly roles: RightSettings | null;
  /** The rule names tools, prompts or resources, and matches nothing else. */
  readonly isAimed: boolean;
  readonly #readOnly: boolean | null;
  readonly #destructive: boolean | null;
  readonly #principals: GlobList | null;
  readonly #kinds: ReadonlySet<string> | null;
  readonly #issuers: GlobList | null;
  readonly #arguments: readonly ArgumentTest[];
  readonly #when: Expression | null;

  /**
   * @param when the rule's expression, compiled
   * @throws TypeError naming a pattern that is not understood
   */
  constructor(settings: RuleSettings, when: Expression | null) {
    this.name = settings.name;
    this.effect = settings.effect;
    this.methods = globs(settings.methods);
    this.tools = globs(settings.tools);
    this.prompts = globs(settings.prompts);
    this.resources = globs(settings.resources, '/');
    for (const pattern of settings.resources ?? []) {
      if (pattern !== '**') requireNormal(pattern, normalizeResourcePattern);
    }
    this.scopes = settings.scopes;
    this.roles = settings.roles;
    this.isAimed = this.tools !== null || this.prompts !== null || this.resources !== null;
    this.#readOnly = settings.readOnly;
    this.#destructive = settings.destructive;
    this.#principals = globs(settings.principals);
    this.#kinds = settings.kinds === null ? null : new Set(settings.kinds);
    this.#issuers = globs(settings.issuers);
    this.#arguments = settings.arguments.map((argument) => new ArgumentTest(argument));
    this.#when = when;
  }

  /** It is about what tools say of themselves. */
  get goesByDescription(): boolean {
    return this.#readOnly !== null || this.#destructive !== null;
  }

  /**
   * Whether the rule matches. What depends on rights and expressions comes last: an expression is
   * written for those whom the rest of its rule is about.
   *
   * @param assuming ask as if the principal had every scope and role, or as if the tool said of
   * itself what the rule asks for
   */
  answer(subject: Subject, context: RuleContext, assuming: Assumption = 'nothing'): RuleAnswer {
    if (this.methods === null) {
      if (subject.plumbing) return 'method';
    } else if (!this.methods.matches(subject.method)) return 'method';
    if (!this.#meetsPrincipal(context.principal)) return 'principal';
    const aim = this.#answerTarget(subject);
    if (aim !== 'match' && aim !== 'maybe') return aim;
    if (assuming !== 'annotations' && !this.#meetsAnnotations(subject, context.catalog)) {
      return 'annotation';
    }
    let answer = aim;
    if (this.#arguments.length > 0) {
      const met = this.#answerArguments(subject);
      if (met !== 'match' && met !== 'maybe') return met;
      if (met === 'maybe') answer = met;
    }
    if (assuming !== 'rights') {
      if (!hasRights(this.scopes, context.principal?.scopes)) return 'scope';
      if (!hasRights(this.roles, context.principal?.roles)) return 'role';
    }
    if (this.#when !== null) {
      if (subject.listed && this.#when.reads.has('args')) return 'maybe';
      const met = this.#answerExpression(this.#when, subject, context);
      if (met !== 'match') return met;
    }
    return answer;
  }

  #answerTarget(subject: Subject): RuleAnswer {
    if (!this.isAimed) return 'match';
    const { target } = subject;
    switch (target?.kind) {
      case 'tool':
        return this.tools?.matches(target.name) ? 'match' : 'target';
      case 'prompt':
        return this.prompts?.matches(target.name) ? 'match' : 'target';
      case 'resource':
        if (this.resources === null) return 'target';
        if (subject.resource === null) return 'ambiguous_resource';
        return this.resources.matches(subject.resource) ? 'match' : 'target';
      case 'resource_template':
        return this.#answerTemplate(target.name, subject.listed);
      default:
        return 'target';
    }
  }

  /**
   * A template stands for many resources. It matches when all of them do, and may match when some
   * could; where that must be settled, a rule that denies takes it for a match.
   */
  #answerTemplate(template: string, listed: boolean): RuleAnswer {
    if (this.resources === null) return 'target';
    if (this.resources.matches(template.replace(TEMPLATE_EXPRESSION, '{}'))) return 'match';
    const open = template.indexOf('{');
    const stem = open < 0 ? template : template.slice(0, open);
    const overlaps = this.resources.globs.some(
      (glob) => glob.stem.startsWith(stem) || stem.startsWith(glob.stem),
    );
    if (!overlaps) return 'target';
    if (listed) return 'maybe';
    return this.effect === 'deny' ? 'match' : 'target';
  }

  /** What a server says of its tools is a hint; of what it says nothing, the worse is assumed. */
  #meetsAnnotations(subject: Subject, catalog: ToolCatalog): boolean {
    if (!this.goesByDescription) return true;
    if (subject.target?.kind !== 'tool') return false;
    const tool = subject.hints ?? catalog.get(subject.target.name);
    const readOnly = tool?.readOnly === true;
    const destructive = !readOnly && tool?.destructive !== false;
    return (
      (this.#readOnly === null || this.#readOnly === readOnly) &&
      (this.#destructive === null || this.#destructive === destructive)
    );
  }

  #meetsPrincipal(principal: Principal | null): boolean {
    if (this.#kinds !== null && !this.#kinds.has(principal?.kind ?? NOBODY)) return false;
    if (this.#principals !== null) {
      if (principal === null || !this.#principals.matches(principal.subject)) return false;
    }
    if (this.#issuers === null) return true;
    const issuer = principal?.issuer ?? null;
    return issuer !== null && this.#issuers.matches(issuer);
  }

  #answerArguments(subject: Subject): RuleAnswer {
    const kind: SubjectKind | undefined = subject.target?.kind;
    if (kind !== 'tool' && kind !== 'prompt') return 'argument';
    if (subject.listed) return 'maybe';
    const values = subject.arguments();
    if (typeof values === 'string') return values;
    for (const test of this.#arguments) {
      const result = test.check(values);
      const met = result === 'met' || (result === 'unclear' && this.effect === 'deny');
      if (!met) return 'argument';
    }
    return 'match';
  }

  #answerExpression(when: Expression, subject: Subject, context: RuleContext): RuleAnswer {
    const input = context.expressionInput(subject, when.reads);
    if (typeof input === 'string') return input;
    const result = when.evaluate(input);
    if (result === null) return 'expression_failed';
    return result ? 'match' : 'expression';
  }
}

/** Which of `wanted` the principal lacks, in a form that would satisfy; empty when nothing. */
export function missingRights(
  wanted: RightSettings | null,
  held: ReadonlySet<string> | undefined,
): readonly string[] {
  if (wanted === null) return [];
  const missing = wanted.all.filter((right) => !held?.has(right));
  const first = wanted.any[0];
  if (first !== undefined && !wanted.any.some((right) => held?.has(right))) missing.push(first);
  return missing;
}

function hasRights(wanted: RightSettings | null, held: ReadonlySet<string> | undefined): boolean {
  if (wanted === null) return true;
  if (held === undefined) return wanted.all.length === 0 && wanted.any.length === 0;
  for (const right of wanted.all) if (!held.has(right)) return false;
  if (wanted.any.length === 0) return true;
  for (const right of wanted.any) if (held.has(right)) return true;
  return false;
}

function globs(patterns: readonly string[] | null, separator?: string): GlobList | null {
  if (patterns === null) return null;
  return new GlobList(patterns, separator === undefined ? {} : { separator });
}

/** Most URIs have slashes, at which `*` stops: alone it would match almost none of them. */
function normalizeResourcePattern(pattern: string): string | null {
  return pattern === '*' ? '**' : normalizeUri(pattern);
}

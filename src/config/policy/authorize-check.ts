/**
 * Contradictions between rules, and between rules and what authentication gives, told before
 * start: a rule that can never match protects nobody.
 *
 * What takes the policy's own reading of patterns and expressions is found when it is created.
 *
 * @module
 */

import type {
  ArgumentSettings,
  AuthorizeSettings,
  RightSettings,
  RuleSettings,
} from '../../policy/authorize/settings.ts';

type PrincipalKind = NonNullable<RuleSettings['kinds']>[number];

/** What the rest of the configuration says that rules depend on. */
export interface AuthorizeContext {
  /** Kinds of principal that can come: those of the methods that are on, `anonymous` for none. */
  readonly kinds: ReadonlySet<PrincipalKind>;
  /** What principals may be called, and may have. */
  readonly subjects: Known;
  readonly scopes: Known;
  readonly roles: Known;
}

/** Every value there can be; null where tokens or certificates bring values of their own. */
export type Known = ReadonlySet<string> | null;

export interface AuthorizeProblem {
  /** Below the section: `rules[2].scopes`. */
  readonly path: string;
  /** One line: what, why, what to do. */
  readonly message: string;
}

/** Methods that name a target of each kind. */
const METHODS_OF = {
  tools: ['tools/call'],
  prompts: ['prompts/get', 'completion/complete'],
  resources: [
    'resources/read',
    'resources/subscribe',
    'resources/unsubscribe',
    'completion/complete',
    'subscriptions/listen',
  ],
} as const;

const TARGETS = ['tools', 'prompts', 'resources'] as const;

export function checkAuthorize(
  settings: AuthorizeSettings,
  context: AuthorizeContext,
): readonly AuthorizeProblem[] {
  const { rules } = settings;
  const problems: AuthorizeProblem[] = [];
  const seen = new Map<string, number>();
  rules.forEach((rule, position) => {
    const complain = (member: string, message: string): void => {
      const path = `rules[${position}]${member === '' ? '' : `.${member}`}`;
      problems.push({ path, message: `rule ${JSON.stringify(rule.name)} ${message}` });
    };
    const first = seen.get(rule.name);
    if (first === undefined) seen.set(rule.name, position);
    else complain('name', `has the name of rules[${first}]: records could not tell them apart`);
    checkCaller(rule, context, complain);
    checkAim(rule, complain);
    rule.arguments.forEach((argument) => {
      checkArgument(argument, complain);
    });
    const shadow = rules.slice(0, position).find((earlier) => covers(earlier, rule));
    if (shadow !== undefined) {
      const earlier = JSON.stringify(shadow.name);
      complain('', `is never reached: ${earlier} before it matches all that it does; move it up`);
    }
  });
  checkEffects(settings, problems);
  return problems;
}

/**
 * What a Worker makes of rules about what tools say of themselves: its isolates come and go, and
 * each knows only the lists that it has seen.
 */
export function checkIsolates({ rules }: AuthorizeSettings): readonly AuthorizeProblem[] {
  return rules.flatMap(({ name, readOnly, destructive }, position) => {
    if (readOnly === null && destructive === null) return [];
    const member = readOnly === null ? 'destructive' : 'readOnly';
    const message = `rule ${JSON.stringify(name)} goes by what tools say of themselves, which each isolate learns alone: one that has seen no list takes every tool for destructive; name the tools instead`;
    return [{ path: `rules[${position}].${member}`, message }];
  });
}

type Complain = (member: string, message: string) => void;

function checkCaller(rule: RuleSettings, context: AuthorizeContext, complain: Complain): void {
  const someone = [...context.kinds].some((kind) => kind !== 'anonymous');
  checkRights('scopes', 'configure auth, or use roles', rule, context, complain);
  checkRights('roles', 'map them in auth', rule, context, complain);
  if (rule.kinds !== null && !rule.kinds.some((kind) => context.kinds.has(kind))) {
    complain('kinds', `is about ${rule.kinds.join(', ')}, and auth lets in no such caller`);
  }
  if (rule.principals !== null && !someone) {
    complain('principals', 'names principals, and without authentication there are none');
  } else if (rule.principals?.every((name) => isUnknown(name, context.subjects))) {
    const names = rule.principals.join(', ');
    complain('principals', `never matches, for auth knows nobody called ${names}: correct it`);
  }
  if (rule.issuers !== null && !context.kinds.has('jwt')) {
    complain('issuers', 'names issuers, and only tokens have one: configure auth for them');
  }
}

/** @param advice for a rule about rights that nobody has, whichever they are */
function checkRights(
  member: 'scopes' | 'roles',
  advice: string,
  rule: RuleSettings,
  context: AuthorizeContext,
  complain: Complain,
): void {
  const rights = rule[member];
  const known = context[member];
  if (rights === null) return;
  if (rights.all.length === 0 && rights.any.length === 0) {
    complain(member, 'asks for no right at all: name some, or leave it out');
  }
  if (known?.size === 0) {
    complain(member, `asks for ${member}, and authentication gives none: ${advice}`);
    return;
  }
  const missing = rights.all.filter((right) => known !== null && !known.has(right));
  const nobodys =
    missing.length > 0
      ? missing
      : rights.any.every((right) => known?.has(right) === false)
        ? rights.any
        : [];
  if (nobodys.length > 0) {
    complain(member, `never matches, for auth gives nobody ${nobodys.join(', ')}: correct it`);
  }
}

/** A pattern with a wildcard may match anybody. */
function isUnknown(pattern: string, known: Known): boolean {
  return known !== null && !/[*\\]/.test(pattern) && !known.has(pattern);
}

function checkAim(rule: RuleSettings, complain: Complain): void {
  const aimed = TARGETS.filter((target) => rule[target] !== null);
  const { methods } = rule;
  const possible = new Set<string>(aimed.flatMap((target) => METHODS_OF[target]));
  const literal = methods?.every((method) => !/[*\\]/.test(method)) ?? false;
  if (aimed.length > 0 && literal && !methods?.some((method) => possible.has(method))) {
    complain('methods', `names no method that has ${aimed.join(' or ')}: leave methods out`);
  }
  const forTools = aimed.length === 0 || rule.tools !== null;
  if (rule.readOnly === true && rule.destructive === true) {
    complain('destructive', 'is about tools that only read and destroy: there are none');
  }
  if ((rule.readOnly !== null || rule.destructive !== null) && !forTools) {
    complain('readOnly', 'is about what tools say of themselves, and names no tools');
  }
  if (rule.arguments.length > 0 && !forTools && rule.prompts === null) {
    complain('arguments', 'is about arguments, which only tools and prompts have');
  }
}

function checkArgument({ name, path, condition }: ArgumentSettings, complain: Complain): void {
  const member = `arguments.${name}`;
  if (path.includes('')) complain(member, 'has a path with nothing between two separators');
  if (condition.kind === 'range') {
    const { min, max } = condition;
    if (min !== null && max !== null && min > max) {
      complain(member, `has a range without numbers: ${min} is above ${max}`);
    }
  }
  const numbers: readonly unknown[] =
    condition.kind === 'in'
      ? condition.values
      : condition.kind === 'range'
        ? [condition.min, condition.max]
        : [];
  for (const value of numbers) {
    if (typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER) {
      complain(member, `has a number beyond ${Number.MAX_SAFE_INTEGER}, which JSON readers round`);
    }
  }
}

function checkEffects(settings: AuthorizeSettings, problems: AuthorizeProblem[]): void {
  const { rules } = settings;
  if (rules.length === 0 || rules.some((rule) => rule.effect !== settings.default)) return;
  const message =
    settings.default === 'allow'
      ? 'nothing is ever refused: every rule allows, and so does the default; remove "default: allow"'
      : 'no call ever passes: every rule denies, and so does the default; add a rule that allows';
  problems.push({ path: 'rules', message });
}

/**
 * Whether everything that `later` matches is matched by `earlier`. Errs on the side of "no": what
 * is told to people as an error must be one.
 */
function covers(earlier: RuleSettings, later: RuleSettings): boolean {
  return (
    earlier.arguments.length === 0 &&
    (earlier.when === null || earlier.when === later.when) &&
    coversMethods(earlier, later) &&
    coversTargets(earlier, later) &&
    coversList(earlier.principals, later.principals) &&
    coversList(earlier.issuers, later.issuers) &&
    coversList(earlier.servers, later.servers) &&
    (earlier.kinds === null ||
      (later.kinds?.every((kind) => earlier.kinds?.includes(kind)) ?? false)) &&
    (earlier.readOnly === null || earlier.readOnly === later.readOnly) &&
    (earlier.destructive === null || earlier.destructive === later.destructive) &&
    coversRights(earlier.scopes, later.scopes) &&
    coversRights(earlier.roles, later.roles)
  );
}

/** A rule without methods leaves plumbing alone, which one with methods may be about. */
function coversMethods(earlier: RuleSettings, later: RuleSettings): boolean {
  if (earlier.methods !== null) return coversList(earlier.methods, later.methods);
  return later.methods === null || TARGETS.some((target) => later[target] !== null);
}

function coversTargets(earlier: RuleSettings, later: RuleSettings): boolean {
  const aimed = (rule: RuleSettings): boolean => TARGETS.some((target) => rule[target] !== null);
  if (!aimed(earlier)) return true;
  if (!aimed(later)) return false;
  return TARGETS.every((target) => {
    if (later[target] === null) return true;
    return earlier[target] !== null && coversList(earlier[target], later[target]);
  });
}

function coversList(earlier: readonly string[] | null, later: readonly string[] | null): boolean {
  if (earlier === null) return true;
  return later?.every((pattern) => earlier.some((glob) => coversGlob(glob, pattern))) ?? false;
}

/** `**` at the end crosses every separator; a single `*` may not. */
function coversGlob(glob: string, pattern: string): boolean {
  if (glob === pattern) return true;
  const stem = glob.endsWith('**')
    ? glob.slice(0, -2)
    : glob.endsWith('*')
      ? glob.slice(0, -1)
      : null;
  if (stem === null || /[*\\]/.test(stem) || !pattern.startsWith(stem)) return false;
  return glob.endsWith('**') || !/\/|\*\*/.test(pattern.slice(stem.length));
}

function coversRights(earlier: RightSettings | null, later: RightSettings | null): boolean {
  if (earlier === null) return true;
  if (later === null) return false;
  if (!earlier.all.every((right) => later.all.includes(right))) return false;
  if (earlier.any.length === 0 || earlier.any.some((right) => later.all.includes(right)))
    return true;
  return later.any.length > 0 && later.any.every((right) => earlier.any.includes(right));
}

/**
 * What a request asks to be allowed to do: one subject for most messages, several where a message
 * names several things. All of them must be allowed.
 *
 * @module
 */

import type { GuardedExchange, GuardedMessage, LearnedTool } from '../../exchange/guard.ts';
import type { Target } from '../../exchange/record.ts';
import { foldName } from '../../protocol/jsonrpc/fold-name.ts';
import { lookupMethod } from '../../protocol/mcp/methods.ts';
import { httpPseudoMethod, isPlumbing, isTransportPlumbing, POSTED_RESPONSE } from './plumbing.ts';
import { hasRepeatedMembers } from './repeated-members.ts';
import { isPlainText, normalizeUri } from './resource-uri.ts';

export type SubjectKind = 'tool' | 'prompt' | 'resource' | 'resource_template';

export interface SubjectTarget {
  readonly kind: SubjectKind;
  /** The name or URI as the client wrote it, decoded. */
  readonly name: string;
}

/** Why a request cannot be judged. Low in cardinality: used as a label. */
export type Unjudgeable =
  /** Not every message of the body is known. */
  | 'unreadable_body'
  /** Neither a request nor a notification nor an answer. */
  | 'invalid_message'
  /** A member that decides appears twice, or in other letter case: two parsers read two messages. */
  | 'repeated_member'
  /** A mirrored header says something else than the body. */
  | 'header_mismatch'
  /** A method or name with a lone surrogate or bytes that are no text: servers differ over both. */
  | 'ill_formed_name'
  /** The message does not say what it is aimed at, or not in the form it should have. */
  | 'missing_target'
  /** A URI that servers may take for different resources. */
  | 'ambiguous_resource'
  /** An expression of a rule failed on this message. */
  | 'expression_failed';

/** What a server says of one of its tools. */
export type ToolHints = Pick<LearnedTool, 'readOnly' | 'destructive'>;

export type ArgumentMap = Readonly<Record<string, unknown>>;

const NO_ARGUMENTS: ArgumentMap = Object.freeze(Object.create(null) as Record<string, unknown>);

export class Subject {
  readonly method: string;
  readonly target: SubjectTarget | null;
  readonly plumbing: boolean;
  /** Null for requests without messages, and for entries of lists. */
  readonly message: GuardedMessage | null;
  /** An entry of a list: arguments are not known, and the question is whether some may pass. */
  readonly listed: boolean;
  /** What the entry of a list says of its tool; null to ask the catalog. */
  readonly hints: ToolHints | null;
  #resource: string | null | undefined;
  #arguments: ArgumentMap | Unjudgeable | undefined;

  constructor(
    method: string,
    target: SubjectTarget | null,
    message: GuardedMessage | null,
    plumbing = false,
    hints: ToolHints | null = null,
    listed = false,
  ) {
    this.method = method;
    this.target = target;
    this.message = message;
    this.plumbing = plumbing;
    this.hints = hints;
    this.listed = listed;
  }

  /** The normal form of a target that is a resource; null when it has none. */
  get resource(): string | null {
    if (this.#resource === undefined) this.#resource = normalizeUri(this.target?.name ?? '');
    return this.#resource;
  }

  /** `params.arguments`, empty when there are none; or why they cannot be told. */
  arguments(): ArgumentMap | Unjudgeable {
    this.#arguments ??= this.message === null ? NO_ARGUMENTS : readArguments(this.message);
    return this.#arguments;
  }
}

/** The subjects of a request, in order; or why it cannot be judged. */
export function readSubjects(exchange: GuardedExchange): readonly Subject[] | Unjudgeable {
  if (exchange.problems.length > 0) return 'unreadable_body';
  const { head, messages } = exchange;
  const subjects: Subject[] = [];
  if (messages.length === 0 || head.httpMethod !== 'POST') {
    const plumbing = isTransportPlumbing(head);
    subjects.push(new Subject(httpPseudoMethod(head), null, null, plumbing));
  }
  for (const message of messages) {
    const fault = addSubjects(subjects, message);
    if (fault !== null) return fault;
  }
  return subjects;
}

function addSubjects(subjects: Subject[], message: GuardedMessage): Unjudgeable | null {
  const { envelope } = message;
  if (envelope.kind === 'invalid') return 'invalid_message';
  if (envelope.duplicates.length > 0) return 'repeated_member';
  if (message.mismatches.some(isContradiction)) return 'header_mismatch';
  if (envelope.kind === 'result' || envelope.kind === 'error') {
    subjects.push(new Subject(POSTED_RESPONSE, null, message, true));
    return null;
  }
  const method = envelope.method as string;
  if (!isPlainText(method)) return 'ill_formed_name';
  if (method === 'completion/complete') return addCompletion(subjects, message);
  if (method === 'subscriptions/listen') return addSubscriptions(subjects, message);

  const plumbing = isPlumbing(method);
  const target = targetOf(message);
  if (target !== null && !isPlainText(target.name)) return 'ill_formed_name';
  // A notification names what it is about, and asks for nothing.
  const needsTarget = !plumbing && (lookupMethod(method)?.target ?? null) !== null;
  if (needsTarget && message.target === null) return 'missing_target';
  subjects.push(new Subject(method, target, message, plumbing));
  return null;
}

/** Task ids are handles: rules judge the methods of tasks, not their ids. */
function targetOf(message: GuardedMessage): SubjectTarget | null {
  const { target } = message;
  return isJudged(target) ? target : null;
}

function isJudged(target: Target | null): target is Target & SubjectTarget {
  return target !== null && target.kind !== 'task';
}

/** Fields that are missing say nothing else than the body; the rest contradicts it. */
function isContradiction(mismatch: GuardedMessage['mismatches'][number]): boolean {
  return !mismatch.endsWith('_missing');
}

const REF_MEMBERS = ['type', 'name', 'uri'] as const;

/** Completes arguments of the prompt or resource template that `params.ref` names. */
function addCompletion(subjects: Subject[], message: GuardedMessage): Unjudgeable | null {
  const json = message.json();
  const params = memberOf(json, 'params');
  const ref = memberOf(params, 'ref');
  if (hasVariantOf(params, 'ref') || REF_MEMBERS.some((name) => hasVariantOf(ref, name))) {
    return 'repeated_member';
  }
  const type = memberOf(ref, 'type');
  const name = memberOf(ref, type === 'ref/resource' ? 'uri' : 'name');
  if ((type !== 'ref/prompt' && type !== 'ref/resource') || typeof name !== 'string') {
    return 'missing_target';
  }
  if (!isPlainText(name)) return 'ill_formed_name';
  if (hasRepeatedMembers(message.bytes(), json)) return 'repeated_member';
  const resource = name.includes('{') ? 'resource_template' : 'resource';
  const kind = type === 'ref/prompt' ? 'prompt' : resource;
  subjects.push(new Subject('completion/complete', { kind, name }, message));
  return null;
}

const WATCHED = ['resourceSubscriptions', 'taskIds'] as const;

/** One subject for the stream and its lists of changes, and one for each resource watched. */
function addSubscriptions(subjects: Subject[], message: GuardedMessage): Unjudgeable | null {
  const json = message.json();
  const params = memberOf(json, 'params');
  const wanted = memberOf(params, 'notifications');
  if (hasVariantOf(params, 'notifications')) return 'repeated_member';
  if (WATCHED.some((name) => hasVariantOf(wanted, name))) return 'repeated_member';
  const resources = memberOf(wanted, 'resourceSubscriptions') ?? [];
  const tasks = memberOf(wanted, 'taskIds') ?? [];
  if (!Array.isArray(resources) || !Array.isArray(tasks)) return 'missing_target';
  const method = 'subscriptions/listen';
  subjects.push(new Subject(method, null, message, tasks.length === 0));
  if (hasRepeatedMembers(message.bytes(), json)) return 'repeated_member';
  for (const name of resources as unknown[]) {
    if (typeof name !== 'string') return 'missing_target';
    if (!isPlainText(name)) return 'ill_formed_name';
    subjects.push(new Subject(method, { kind: 'resource', name }, message));
  }
  return null;
}

/**
 * Whether an object has a member whose name differs from the one asked for in letter case alone.
 * There are servers that would read it in its place.
 */
export function hasVariantOf(value: unknown, name: string): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const folded = foldName(name);
  for (const other of Object.keys(value)) {
    // A letter in another case is one letter.
    if (other.length === name.length && other !== name && foldName(other) === folded) return true;
  }
  return false;
}

function readArguments(message: GuardedMessage): ArgumentMap | Unjudgeable {
  const json = message.json();
  const value = memberOf(memberOf(json, 'params'), 'arguments');
  if (value === undefined || value === null) return NO_ARGUMENTS;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'missing_target';
  if (hasRepeatedMembers(message.bytes(), json)) return 'repeated_member';
  return value as ArgumentMap;
}

/** An own member of an object; undefined for anything else, inherited members included. */
export function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

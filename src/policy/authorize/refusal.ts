/**
 * The answer to a request that is not allowed.
 *
 * It says what is missing, a scope, a role or the right to use what the caller itself has named,
 * and nothing of rules or of other callers.
 *
 * **Status.** 403 is what HTTP calls this, and in the modern era it is the answer: the
 * specification has it for missing permissions, and clients do not take it for a legacy server. In
 * the legacy era it is kept for what a client can act on, missing scopes, because its step-up to
 * further scopes begins at a 403. Other refused requests of that era are answered in band with
 * 200: legacy clients turn every other status into a failure of the transport, and the reason
 * would not reach whoever made the call. What no answer belongs to (notifications, posted answers,
 * batches, GET and DELETE) is refused with 403 in both eras, and what cannot be judged with 400.
 *
 * @module
 */

import type { GuardedExchange, Refusal } from '../../exchange/guard.ts';
import { RPC_ERROR, WEIR_ERROR } from '../../protocol/jsonrpc/errors.ts';
import type { Judgement, MissingRights } from './judge.ts';
import type { Subject, SubjectKind, Unjudgeable } from './subject.ts';

/** Longest piece of a name that is said back, in UTF-16 code units. */
const MAX_SHOWN_CHARS = 64;

const CANNOT_JUDGE: Readonly<Record<Unjudgeable, string>> = {
  unreadable_body: 'the body cannot be read as JSON-RPC in UTF-8, sent by POST',
  invalid_message: 'the body is not a JSON-RPC message',
  repeated_member: 'a member is given twice, or in other letter case',
  header_mismatch: 'the mirrored headers contradict the body',
  ill_formed_name: 'a name is not well-formed text',
  missing_target: 'the message does not say what it is about',
  ambiguous_resource: 'the resource URI can be read in more than one way',
  expression_failed: 'a condition on it could not be evaluated',
};

const KIND_WORDS: Readonly<Record<SubjectKind, string>> = {
  tool: 'tool',
  prompt: 'prompt',
  resource: 'resource',
  resource_template: 'resource template',
};

/** Refuses because the rules could not be put to the request. */
export function refuseUnjudgeable({ decision }: Judgement, reason: Unjudgeable): Refusal {
  if (reason === 'expression_failed') {
    return refuse(decision, 403, WEIR_ERROR.FORBIDDEN, `Not allowed: ${CANNOT_JUDGE[reason]}`);
  }
  const code =
    reason === 'header_mismatch' ? RPC_ERROR.HEADER_MISMATCH : WEIR_ERROR.INVALID_MESSAGE;
  return refuse(decision, 400, code, `Cannot be judged: ${CANNOT_JUDGE[reason]}`);
}

/** What keeps a request from being allowed, as far as its caller may know. */
export interface Obstacles {
  readonly rights: MissingRights | null;
  /**
   * Set where it depends on what the tool says of itself. The caller is told the same of a tool
   * that has said the wrong thing and of one that has not been listed, so that nobody finds out
   * which tools there are.
   */
  readonly description: 'listed' | 'unlisted' | null;
}

/** Refuses because a rule, or the lack of one, said so. */
export function refuseForbidden(
  exchange: GuardedExchange,
  subject: Subject,
  { decision }: Judgement,
  { rights, description }: Obstacles,
): Refusal {
  const status = statusOf(exchange, subject, rights);
  const hint = description === null ? '' : ', as far as tools/list has described it';
  const message = `Not allowed: ${describe(subject)}${hint}${describeMissing(rights)}`;
  const reason = reasonOf(rights, description) ?? decision.reason;
  const refusal = refuse({ ...decision, reason }, status, WEIR_ERROR.FORBIDDEN, message);
  if (rights === null) return refusal;
  return {
    ...refusal,
    data: { missing: shown(rights.missing), required: shown(rights.required) },
  };
}

/** What is written down, and not told: for whoever looks why a call was refused. */
function reasonOf(
  rights: MissingRights | null,
  description: Obstacles['description'],
): string | null {
  if (description === 'unlisted') return 'unlisted_tool';
  if (rights === null) return null;
  return rights.missing.scopes.length > 0 ? 'missing_scope' : 'missing_role';
}

function refuse(
  decision: Refusal['decision'],
  status: number,
  code: number,
  message: string,
): Refusal {
  return { kind: 'refuse', decision, status, code, message };
}

function statusOf(
  exchange: GuardedExchange,
  { message }: Subject,
  rights: MissingRights | null,
): number {
  const inBand =
    message?.era === 'legacy' &&
    message.envelope.kind === 'request' &&
    !exchange.batch &&
    (rights === null || rights.missing.scopes.length === 0);
  return inBand ? 200 : 403;
}

/** What the caller wanted, in its own words, cut short. */
function describe({ method, target }: Subject): string {
  return target === null ? quote(method) : `${KIND_WORDS[target.kind]} ${quote(target.name)}`;
}

function describeMissing(rights: MissingRights | null): string {
  if (rights === null) return '';
  const { scopes, roles } = rights.missing;
  const parts = [
    ...(scopes.length === 0 ? [] : [`scope ${scopes.map(quote).join(', ')}`]),
    ...(roles.length === 0 ? [] : [`role ${roles.map(quote).join(', ')}`]),
  ];
  return `; missing ${parts.join(' and ')}`;
}

function shown(rights: MissingRights['missing']): Record<string, readonly string[]> {
  const { scopes, roles } = rights;
  return { ...(scopes.length > 0 && { scopes }), ...(roles.length > 0 && { roles }) };
}

/** Names come from the client: whatever steers a terminal or breaks a line is written as an escape. */
function quote(text: string): string {
  const cut = text.length > MAX_SHOWN_CHARS ? `${text.slice(0, MAX_SHOWN_CHARS)}…` : text;
  return JSON.stringify(cut.toWellFormed().replace(/\p{C}/gu, '?'));
}

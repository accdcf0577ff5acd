/**
 * Exchanges through the session policy, one after another or at the same time.
 *
 * @module
 */

import { createHash } from 'node:crypto';
import type { Policy, Principal, Refusal } from '../../../src/exchange/guard.ts';
import { readResponseFields } from '../../../src/exchange/headers.ts';
import {
  createSessionPolicy,
  type SessionPolicyOptions,
} from '../../../src/policy/sessions/session-policy.ts';
import {
  guardedExchange,
  legacyRequest,
  principal,
  type RequestSketch,
} from '../guarded-exchange.ts';

export const ALICE: Principal = principal({ subject: 'alice' });
export const BOB: Principal = principal({ subject: 'bob' });

/** As UUIDs are written. */
export const ID = '7c9e6679-7425-40de-944b-e07fc1f90ae7';

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Digests that somebody has to wait for, as on Workers. */
export const lateSha256 = async (text: string): Promise<string> => sha256(text);

/** With digests at once, as in processes. */
export function policyOf(options: SessionPolicyOptions = { sha256 }): Policy {
  return createSessionPolicy(options);
}

/** A request that has been judged, and may be answered. */
export interface Judged {
  readonly refusal: Refusal | null;
  /** What goes upstream of its head. */
  readonly sent: readonly string[];
  answer(status: number, headers?: readonly string[]): void;
}

/** Asks the policy as the guard does; `session` is the value of the field, in its usual spelling. */
export async function judge(
  policy: Policy,
  who: Principal | null,
  session: string | readonly string[] | null,
  sketch: RequestSketch = {},
): Promise<Judged> {
  const exchange = guardedExchange({
    body: hasBody(sketch) ? legacyRequest('tools/list') : undefined,
    ...sketch,
    headers: { ...sketch.headers, 'Mcp-Session-Id': session },
  });
  const run = policy.open(exchange);
  exchange.principal = who;
  const verdict = (await run?.messages?.()) ?? null;
  if (verdict?.kind === 'answer') throw new Error('answered in the place of the server');
  return {
    refusal: verdict,
    sent: run?.upstreamHeaders?.([...exchange.head.headers]) ?? exchange.head.headers,
    answer(status, headers = []) {
      run?.response?.(status, readResponseFields(headers), headers);
    },
  };
}

function hasBody({ httpMethod = 'POST' }: RequestSketch): boolean {
  return httpMethod === 'POST';
}

/** Calls, and is answered unless refused. Returns the reason of a refusal, or null. */
export async function use(
  policy: Policy,
  who: Principal | null,
  session: string | readonly string[] | null,
  { status = 200, ...sketch }: RequestSketch & { readonly status?: number } = {},
): Promise<string | null> {
  const judged = await judge(policy, who, session, sketch);
  if (judged.refusal === null) judged.answer(status);
  return judged.refusal?.decision.reason ?? null;
}

/** The server gives `who` a session. */
export async function initialize(
  policy: Policy,
  who: Principal | null,
  id: string = ID,
  field = 'Mcp-Session-Id',
): Promise<void> {
  const judged = await judge(policy, who, null, { body: legacyRequest('initialize') });
  judged.answer(200, ['Content-Type', 'application/json', field, id]);
}

/** Lets digests come in that nobody waits for. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

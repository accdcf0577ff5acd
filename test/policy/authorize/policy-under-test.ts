/**
 * An authorization policy from a section as people write it, and what it says of requests.
 *
 * @module
 */

import * as z from 'zod/mini';
import { authorizeSchema } from '../../../src/config/policy/authorize.ts';
import type { LearnedTool, PolicyDecision, Refusal, Verdict } from '../../../src/exchange/guard.ts';
import {
  type AuthorizePolicy,
  createAuthorizePolicy,
} from '../../../src/policy/authorize/authorize.ts';
import { loadExpressions } from '../../../src/policy/authorize/load-expressions.ts';
import type { AuthorizeSettings } from '../../../src/policy/authorize/settings.ts';
import { guardedExchange, type RequestSketch } from '../guarded-exchange.ts';

export interface PolicyWorld {
  tools?: readonly (Pick<LearnedTool, 'name'> & Partial<LearnedTool>)[];
  serverName?: string;
}

export function authorizeSettings(section: unknown): AuthorizeSettings {
  return z.parse(authorizeSchema, section);
}

export async function authorizePolicy(
  section: unknown,
  world: PolicyWorld = {},
): Promise<AuthorizePolicy> {
  const settings = authorizeSettings(section);
  const tools = new Map(
    (world.tools ?? []).map((tool) => [
      tool.name,
      { readOnly: null, destructive: null, inputSchema: undefined, revision: 1, ...tool },
    ]),
  );
  return createAuthorizePolicy(settings, {
    catalog: tools,
    serverName: world.serverName ?? null,
    expressions: await loadExpressions(settings),
  });
}

export interface Outcome {
  verdict: Verdict;
  notes: readonly PolicyDecision[];
}

/** Lets the policy judge a request. */
export async function judge(policy: AuthorizePolicy, sketch: RequestSketch): Promise<Outcome> {
  const exchange = guardedExchange(sketch);
  const verdict = (await policy.open(exchange)?.messages?.()) ?? null;
  return { verdict, notes: exchange.notes };
}

/** `allow <rule>`, or `deny <rule> <reason>`, of a request. */
export async function decide(policy: AuthorizePolicy, sketch: RequestSketch): Promise<string> {
  const { verdict, notes } = await judge(policy, sketch);
  if (verdict === null) return `allow ${notes.map(({ rule, reason }) => rule ?? reason).join(' ')}`;
  const { decision } = verdict as Refusal;
  return `deny ${decision.rule ?? '-'} ${decision.reason}`;
}

/** The refusal of a request. Fails when it is allowed. */
export async function refusal(policy: AuthorizePolicy, sketch: RequestSketch): Promise<Refusal> {
  const { verdict } = await judge(policy, sketch);
  if (verdict?.kind !== 'refuse') throw new Error('the request was not refused');
  return verdict;
}

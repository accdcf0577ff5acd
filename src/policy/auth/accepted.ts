/**
 * What a method says of a credential.
 *
 * @module
 */

import type { GuardedExchange, PolicyDecision, Principal } from '../../exchange/guard.ts';
import type { Presented } from './credentials.ts';
import type { AuthReason } from './reasons.ts';
import type { Grants } from './settings.ts';

/** The credential is good. */
export interface Accepted {
  readonly principal: Principal;
  /** What is written down of it. */
  readonly decision: PolicyDecision;
}

export type Outcome = Accepted | AuthReason;

/** One way to prove who is calling. */
export interface AuthMethod {
  /** Null where the request carries no credential of this kind. */
  authenticate(presented: Presented, exchange: GuardedExchange): Outcome | null | Promise<Outcome>;
  close?(): void;
}

/** @param rule what of the configuration accepted it, where that has a name */
export function accept(principal: Principal, rule: string | null): Accepted {
  return {
    principal,
    decision: { policy: 'auth', decision: 'allow', rule, reason: principal.kind },
  };
}

/** A caller that the configuration knows by name. */
export function knownPrincipal(
  kind: Principal['kind'],
  subject: string,
  { scopes, roles }: Grants,
): Principal {
  return {
    kind,
    subject,
    issuer: null,
    scopes: new Set(scopes),
    roles: new Set(roles),
    claims: NO_CLAIMS,
  };
}

const NO_CLAIMS: Readonly<Record<string, unknown>> = Object.freeze(
  Object.create(null) as Record<string, unknown>,
);

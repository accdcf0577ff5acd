/**
 * Who called, and what policies said of it: the part of a guard's work that the record keeps.
 *
 * @module
 */

/** The policies a proxy can have, in the order in which they judge. */
export type PolicyName = 'audit' | 'validate' | 'auth' | 'authorize' | 'limits' | 'breaker';

/** How a caller proved who it is. */
export type PrincipalKind = 'anonymous' | 'api_key' | 'basic' | 'jwt' | 'certificate';

/** Who is calling. Holds no secret: it may be logged where principals may be logged. */
export interface Principal {
  readonly kind: PrincipalKind;
  /** Unique within `kind`: the client a key belongs to, a user name, `sub`, a certificate's name. */
  readonly subject: string;
  /** Which issuer vouches for the subject, where there are several (`iss`); null otherwise. */
  readonly issuer: string | null;
  readonly scopes: ReadonlySet<string>;
  readonly roles: ReadonlySet<string>;
  /** Claims that rules and expressions may use. */
  readonly claims: Readonly<Record<string, unknown>>;
}

export type DecisionKind =
  | 'allow'
  /** Would have been refused, were the policy enforced. */
  | 'report'
  | 'deny'
  /** Refused for now: too much, too fast, or the upstream is resting. */
  | 'limit';

/** What a policy said of an exchange. */
export interface PolicyDecision {
  readonly policy: PolicyName;
  readonly decision: DecisionKind;
  /** Name of the rule or limit that decided, from the configuration; null for the policy itself. */
  readonly rule: string | null;
  /** Why, in one snake_case word or two. Low in cardinality: used as a label. */
  readonly reason: string;
}

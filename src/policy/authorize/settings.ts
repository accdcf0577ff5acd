/**
 * What authorization is told: a list of rules, of which the first that matches decides.
 *
 * @module
 */

import type { PrincipalKind } from '../../exchange/guard.ts';

export type Effect = 'allow' | 'deny';

export interface AuthorizeSettings {
  /** `report` writes down what would have been refused, and refuses nothing. */
  readonly mode: 'enforce' | 'report';
  /** What happens to a message that no rule matches, unless it is plumbing (`plumbing.ts`). */
  readonly default: Effect;
  readonly rules: readonly RuleSettings[];
}

/**
 * One rule. It matches when all that it states are met; null states nothing. `tools`, `prompts`
 * and `resources` belong together: a message is aimed at one thing, and the list of its kind must
 * have it.
 */
export interface RuleSettings {
  /** Unique. Shown in records and by `weir policy explain`, never to callers. */
  readonly name: string;
  readonly effect: Effect;
  /** Globs. Beside those of MCP: `http/get`, `http/delete`, `rpc/response`. */
  readonly methods: readonly string[] | null;
  /** Globs over names; `*` crosses everything. */
  readonly tools: readonly string[] | null;
  readonly prompts: readonly string[] | null;
  /** Globs over URIs; `*` stops at `/`, `**` does not. */
  readonly resources: readonly string[] | null;
  /** Globs over the principal's subject. */
  readonly principals: readonly string[] | null;
  /** How the principal proved who it is. Without a principal it is `anonymous`. */
  readonly kinds: readonly PrincipalKind[] | null;
  /** Globs over the principal's issuer. */
  readonly issuers: readonly string[] | null;
  readonly scopes: RightSettings | null;
  readonly roles: RightSettings | null;
  /** Globs over the name of the server behind. */
  readonly servers: readonly string[] | null;
  /**
   * `true`: tools that say they only read; `false`: all others. The server's own word, a hint: an
   * unknown tool has said nothing. Matches tools only.
   */
  readonly readOnly: boolean | null;
  /** `false`: tools that say they destroy nothing, or only read; `true`: all others. Tools only. */
  readonly destructive: boolean | null;
  /** Conditions on arguments, all of which must be met. Tools and prompts only. */
  readonly arguments: readonly ArgumentSettings[];
  /** A CEL expression that must be true. */
  readonly when: string | null;
}

/** Rights a principal must have: every one of `all`, and one of `any` unless that is empty. */
export interface RightSettings {
  readonly all: readonly string[];
  readonly any: readonly string[];
}

export type ArgumentScalar = string | number | boolean | null;

export interface ArgumentSettings {
  /** As in the configuration, for people. */
  readonly name: string;
  /** Member names from `arguments` inwards; an array is entered by a position in digits. */
  readonly path: readonly string[];
  readonly condition: ArgumentCondition;
}

export type ArgumentCondition =
  | { readonly kind: 'in'; readonly values: readonly ArgumentScalar[] }
  /**
   * Patterns with `://` are matched as resource URIs are; others with `/` as paths, in which `*`
   * stops at `/`; the rest as names.
   */
  | { readonly kind: 'glob'; readonly patterns: readonly string[] }
  /** Both ends belong to the range. */
  | { readonly kind: 'range'; readonly min: number | null; readonly max: number | null }
  | { readonly kind: 'present'; readonly present: boolean };

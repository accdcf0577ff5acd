/**
 * Expressions as rules see them: the language itself is loaded only where a rule has one.
 *
 * @module
 */

import type { ArgumentMap } from './subject.ts';

/** The variables of an expression, by name. */
export interface ExpressionInput {
  readonly principal: ExpressionPrincipal;
  readonly method: string;
  /** The name of the tool or prompt the message is aimed at; empty for none. */
  readonly tool: string;
  readonly prompt: string;
  /** The resource the message is aimed at, in its normal form; empty for none. */
  readonly resource: string;
  readonly args: ArgumentMap;
  /** The name of the server behind. */
  readonly server: string;
  /** The client's address; empty where it is not known. */
  readonly address: string;
  /** When the request came. */
  readonly now: Date;
}

/** Who is calling. Texts are empty where there is nobody, or nothing is known. */
export class ExpressionPrincipal {
  readonly kind: string;
  readonly subject: string;
  readonly issuer: string;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  readonly claims: Readonly<Record<string, unknown>>;

  constructor(
    parts: Omit<ExpressionPrincipal, 'scopes' | 'roles'> & {
      scopes: Iterable<string>;
      roles: Iterable<string>;
    },
  ) {
    this.kind = parts.kind;
    this.subject = parts.subject;
    this.issuer = parts.issuer;
    this.scopes = [...parts.scopes];
    this.roles = [...parts.roles];
    this.claims = parts.claims;
  }
}

export interface Expression {
  /** The names of the variables it reads. */
  readonly reads: ReadonlySet<string>;
  /** Null when it failed: a missing member, a wrong type, more work than allowed. */
  evaluate(input: ExpressionInput): boolean | null;
}

/** @throws ExpressionError */
export type ExpressionCompiler = (text: string) => Expression;

/** An expression that cannot be used. The message completes "this expression …", in one line. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
}

/**
 * What rules know of one exchange, worked out when first asked for.
 *
 * @module
 */

import type { GuardedExchange, Principal, ToolCatalog } from '../../exchange/guard.ts';
import { type ExpressionInput, ExpressionPrincipal } from './expression-port.ts';
import type { RuleContext } from './rule.ts';
import type { Subject, Unjudgeable } from './subject.ts';

export interface ContextPorts {
  readonly catalog: ToolCatalog;
  readonly serverName: string | null;
}

const NONE: Readonly<Record<string, unknown>> = Object.freeze(
  Object.create(null) as Record<string, unknown>,
);

export class ExchangeContext implements RuleContext {
  readonly exchange: GuardedExchange;
  readonly principal: Principal | null;
  readonly catalog: ToolCatalog;
  readonly #serverName: string | null;
  #principalInput: ExpressionPrincipal | null = null;

  constructor(exchange: GuardedExchange, ports: ContextPorts) {
    this.exchange = exchange;
    this.principal = exchange.principal;
    this.catalog = ports.catalog;
    this.#serverName = ports.serverName;
  }

  expressionInput(subject: Subject, reads: ReadonlySet<string>): ExpressionInput | Unjudgeable {
    const args = reads.has('args') ? subject.arguments() : NONE;
    if (typeof args === 'string') return args;
    const { target } = subject;
    const resource = resourceOf(subject);
    if (resource === null && reads.has('resource')) return 'ambiguous_resource';
    return {
      principal: this.#describePrincipal(),
      method: subject.method,
      tool: target?.kind === 'tool' ? target.name : '',
      prompt: target?.kind === 'prompt' ? target.name : '',
      resource: resource ?? '',
      args,
      server: this.#serverName ?? '',
      address: this.exchange.clientAddress ?? '',
      now: new Date(this.exchange.startedAt),
    };
  }

  #describePrincipal(): ExpressionPrincipal {
    const { principal } = this;
    this.#principalInput ??= new ExpressionPrincipal({
      kind: principal?.kind ?? 'anonymous',
      subject: principal?.subject ?? '',
      issuer: principal?.issuer ?? '',
      scopes: principal?.scopes ?? [],
      roles: principal?.roles ?? [],
      claims: principal?.claims ?? NONE,
    });
    return this.#principalInput;
  }
}

/** A template is no resource yet, and has no normal form. */
function resourceOf(subject: Subject): string | null {
  if (subject.target?.kind === 'resource') return subject.resource;
  return subject.target?.kind === 'resource_template' ? subject.target.name : '';
}

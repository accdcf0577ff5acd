/**
 * Which messages a limit is about, and under which key it counts each.
 *
 * @module
 */

import type { GuardedExchange, GuardedMessage } from '../../exchange/guard.ts';
import { GlobList } from '../glob.ts';
import { type AddressKeys, callerKey, isNamed } from './caller.ts';
import { foldName } from './names.ts';
import type { LimitScope } from './settings.ts';

/** What limits ask of one exchange, worked out once for all of them. */
export class ExchangeFacts {
  readonly exchange: GuardedExchange;
  readonly #keys: AddressKeys;
  #caller: string | null = null;
  #address: string | null = null;

  constructor(exchange: GuardedExchange, keys: AddressKeys) {
    this.exchange = exchange;
    this.#keys = keys;
  }

  get caller(): string {
    this.#caller ??= callerKey(this.exchange.principal, this);
    return this.#caller;
  }

  get address(): string {
    this.#address ??= this.#keys.of(this.exchange.clientAddress);
    return this.#address;
  }
}

/** What limits ask of one message. */
export interface MessageFacts {
  /** Folded. Of an answer `rpc/response`, of a request without messages `http/get` and so on. */
  readonly method: string;
  /** Folded; null where no tool is called. Empty when the call does not say which. */
  readonly tool: string | null;
}

export function bodilessFacts(httpMethod: string): MessageFacts {
  return { method: foldName(`http/${httpMethod}`), tool: null };
}

export function messageFacts({ envelope }: GuardedMessage): MessageFacts {
  if (envelope.kind === 'result' || envelope.kind === 'error') return ANSWER;
  const method = foldName(envelope.method ?? '');
  return { method, tool: method === 'tools/call' ? foldName(envelope.name ?? '') : null };
}

const ANSWER: MessageFacts = { method: 'rpc/response', tool: null };

export class Scope {
  /** The limit asks for the method or the tool of a message. */
  readonly readsMessages: boolean;
  readonly #byPrincipal: boolean;
  readonly #byAddress: boolean;
  readonly #byTool: boolean;
  readonly #byMethod: boolean;
  readonly #methods: GlobList | null;
  readonly #tools: GlobList | null;
  readonly #principals: GlobList | null;
  readonly #roles: readonly string[] | null;

  constructor({ per, methods, tools, principals, roles }: LimitScope) {
    this.#byPrincipal = per.includes('principal');
    this.#byAddress = per.includes('address');
    this.#byTool = per.includes('tool');
    this.#byMethod = per.includes('method');
    this.#methods = methods && new GlobList(methods.map(foldName));
    this.#tools = tools && new GlobList(tools.map(foldName));
    this.#principals = principals && new GlobList(principals);
    this.#roles = roles;
    this.readsMessages = methods !== null || tools !== null || this.#byTool || this.#byMethod;
  }

  /** Whether the limit is about this caller at all. */
  covers({ principal }: GuardedExchange): boolean {
    if (this.#principals !== null) {
      if (!isNamed(principal) || !this.#principals.matches(principal.subject)) return false;
    }
    return this.#roles === null || this.#roles.some((role) => principal?.roles.has(role) ?? false);
  }

  /** The key a message counts under; null when the limit is not about it. */
  keyOf(facts: ExchangeFacts, { method, tool }: MessageFacts): string | null {
    if (this.#tools !== null && (tool === null || !this.#tools.matches(tool))) return null;
    if (this.#methods !== null && !this.#methods.matches(method)) return null;
    if (this.#byTool && tool === null) return null;
    let key = this.#byPrincipal ? facts.caller : '';
    if (this.#byAddress) key += `\n${facts.address}`;
    if (this.#byTool) key += `\n${tool}`;
    if (this.#byMethod) key += `\n${method}`;
    return key;
  }
}
